"""Words that describe a vehicle: makes, colors, bodies, in English and Spanish.

The tables of matchers.vehicle_words say what a word means. Here stands what alert texts use beside
them, each with the word that the matcher knows.
"""

from __future__ import annotations

from functools import lru_cache

from hotlists.cap.tokens import word_set
from matchers.vehicle_words import body_of, color_of, make_of

COLOR_WORDS = {
    "wht": "White", "brn": "Brown", "pur": "Purple", "org": "Orange", "slv": "Silver",
    "sil": "Silver", "rojo": "Red", "roja": "Red", "azul": "Blue", "negro": "Black",
    "negra": "Black", "blanco": "White", "blanca": "White", "gris": "Gray",
    "plateado": "Silver", "plateada": "Silver", "plata": "Silver", "verde": "Green",
    "amarillo": "Yellow", "amarilla": "Yellow", "cafe": "Brown", "marron": "Brown",
    "dorado": "Gold", "dorada": "Gold", "anaranjado": "Orange", "anaranjada": "Orange",
    "naranja": "Orange", "morado": "Purple", "morada": "Purple", "rosa": "Pink",
    "guinda": "Maroon", "vino": "Maroon", "champagne": "Beige", "charcoal": "Gray",
}  # fmt: skip
"""Folded words that the matcher's table lacks."""
COLOR_CODES = word_set(
    """
    BLK BLU WHI SIL GRY GRN BRO MAR GLD BGE YEL ONG PLE DBL LBL DGR LGR TAN RED
    """
)

BODY_WORDS = {
    "4 door": "4D", "4 dr": "4D", "4dr": "4D", "4d": "4D", "four door": "4D",
    "4 puertas": "4D", "cuatro puertas": "4D", "4 doors": "4D", "2 door": "2D", "2 dr": "2D",
    "2dr": "2D", "2d": "2D", "two door": "2D", "2 puertas": "2D", "dos puertas": "2D",
    "pick up": "pickup", "pick up truck": "pickup truck", "sport utility vehicle": "SUV",
    "sport utility": "SUV", "box truck": "truck", "flatbed truck": "truck",
    "dump truck": "truck", "tow truck": "truck", "semi truck": "semi", "18 wheeler": "semi",
    "mini van": "minivan", "cargo van": "van", "passenger van": "van", "work van": "van",
    "motor home": "motorhome", "camper": "motorhome", "furgoneta": "van", "furgon": "van",
    "remolque": "trailer", "motocicleta": "motorcycle", "moto": "motorcycle", "autobus": "bus",
    "camion": "truck", "automovil": "car", "auto": "car", "carro": "car", "coche": "car",
    "vehiculo": "", "vehicle": "", "camioneta": "camioneta", "troca": "pickup",
    "utility trailer": "trailer", "dr": "", "door": "",
}  # fmt: skip
"""Folded words (a blank for a hyphen) to what the matcher knows; "" says nothing of the body."""

WEAK_MAKES = word_set(
    """
    ford lincoln dodge ram indian victory international smart mini mercury genesis triumph
    saturn mack kia bentley mercedes harley lotus lucid royce jaguar scion suzuki maybach
    plymouth pontiac buick cadillac austin merc indi rol intl navistar
    """
)
"""Also names of persons and places: they need a color, a year, a body or "driving" beside them."""
_NO_MAKES = word_set("hd kw ktm isu jep gmc. smrt dual lndr saa ind")


@lru_cache(maxsize=4096)
def color_in(raw: str, word: str) -> str:
    """The color as the matcher knows it; "" when the word is none. `word` is `raw` folded."""
    if word in COLOR_WORDS:
        return COLOR_WORDS[word]
    if len(raw) <= 3 and raw.upper() not in COLOR_CODES:
        return ""
    known = color_of(raw)
    if not known or (known in ("Copper", "Camouflage") and raw.upper() in ("COM", "CAM")):
        return ""
    return raw


@lru_cache(maxsize=4096)
def body_in(words: str) -> str:
    """The body as the matcher knows it, of folded words apart by blanks; "" for none."""
    if words in BODY_WORDS:
        return BODY_WORDS[words]
    if len(words) <= 2 and words not in ("rv",):
        return ""
    plain = words.replace(" ", "")
    known = body_of(plain) if len(plain) > 3 or plain in ("suv", "van", "bus", "mpv", "car") else ""
    return plain if known and not known.endswith("door") else ("rv" if words == "rv" else "")


@lru_cache(maxsize=4096)
def make_in(words: str) -> str:
    """The make in the matcher's word, of one folded word or two; "" for none."""
    plain = words.strip()
    if (len(plain) < 3 and plain not in ("vw",)) or plain in _NO_MAKES:
        return ""
    if plain in ("range rover", "land rover"):
        return "Land Rover"
    return make_of(plain)


def is_vehicle_word(word: str) -> bool:
    """Whether a folded word is a make, a color or a body."""
    return bool(make_in(word) or color_in(word, word) or body_in(word))


CONNECTORS = word_set(
    """
    color colored colour de with a an style body vehicle vehiculo model modelo ano year make
    marca del tipo type the in un una compact full size older newer late early small large mid
    midsize crew cab extended quad metallic lifted four wheel drive 4x4 awd
    """
)
"""Words that may stand within a description."""

PERSONS = word_set(
    """
    male female man men woman women boy girl hair eyes eye eyed haired shirt tshirt pants jeans
    shorts hoodie jacket dress shoes hat cap coat sweatshirt sweater socks boots skirt top
    leggings backpack pajamas sweatpants tank sneakers sandals beard skin tattoo adult juvenile
    suspect hispanic race hombre mujer cabello ojos pelo camisa camiseta pantalon pantalones
    zapatos chamarra sudadera vestido falda gorra blusa playera tenis botas hispano hispana hill
    river rock springs creek lake mountain lobster cross alert alerta bluff oak haven hawk
    forest
    """
)
"""After a color: then it is not a vehicle's."""

PLACES = word_set(
    """
    dealership dealer center stadium plant park field arena street st road rd avenue ave city
    county blvd boulevard lane ln elementary school middle high hospital nebraska ne highway hwy
    parkway police department university college theater court heights county's township drive
    dr
    """
)
"""After a make: then it is not a vehicle's."""

DRIVING = word_set(
    """
    driving drives drove driven a the vehicle car auto make marca vehiculo in his her their
    conduciendo conduce manejando maneja un una
    """
)

NOT_MODELS = word_set(
    """
    model modelo color colored year vehicle vehiculo with bearing displaying having and or in on
    last seen headed driven traveling travelling license licence lic plate plates tag tags
    possibly unknown no unk was is the a con de del placa placas matricula ano y o en que marca
    make style body heading going fleeing leaving near at from to by towing pulling please call
    possible partial temporary temp paper missing damaged tinted window windows occupied stolen
    registered reg registration visto vista fue rumbo hacia matriculas tablilla may might has
    had who suspect
    """
)
MODEL_STARTS = word_set(
    """
    grand santa town crown monte el park trans model super land gran le san rav series f e c x
    range silverado sierra ram transit country tahoe express
    """
)
"""First words of a model's name that a second one completes."""
LONG_MODELS = word_set("4runner silverado1500 ram1500 f150xlt c1500 k1500 promaster")

STATE_MODELS = frozenset({"yukon", "colorado", "montana"})
"""Models that are named like a state."""
