"""What lists and cameras call the same vehicle: NCIC codes and camera words to common words.

`make_of`, `color_of`, `body_of` and `plate_type_of` turn a code (VMA, VCO, VST, LIT) or a camera's
word into one canonical word, "" when the table does not know it. Codes and words are from the
NCIC code tables; the camera words from the vendors' formats in the formats notes. What is near
(silver and gray, van and SUV) is said here and weighed in vehicle_tables.toml.
"""

from __future__ import annotations

import re
from functools import lru_cache

# VMA code, word, other words cameras and lists use.
_MAKES = """
ACUR Acura|ALFA Alfa Romeo|ASTO Aston Martin|AUDI Audi|BENT Bentley|BMW BMW|BUIC Buick
CADI Cadillac|CHEV Chevrolet,Chevy|CHRY Chrysler|DAEW Daewoo|DODG Dodge|DUCA Ducati|FERR Ferrari
FIAT Fiat|FORD Ford|FRHT Freightliner|GENS Genesis|GMC GMC|HD Harley-Davidson,Harley|HINO Hino
HOND Honda|HUMM Hummer|HYUN Hyundai|INDI Indian|INFI Infiniti|INTL International,Navistar
ISU Isuzu|JAGU Jaguar|JEEP Jeep|JEP Jeep|KAWK Kawasaki|KW Kenworth|KIA Kia|KTM KTM
LAMO Lamborghini|LNDR Land Rover,Range Rover|LEXS Lexus|LINC Lincoln|LOTU Lotus|LUCI Lucid
MACK Mack|MASE Maserati|MAYB Maybach|MAZD Mazda|MCLA McLaren|MERZ Mercedes-Benz,Mercedes
MERC Mercury|MNNI Mini,Mini Cooper|MITS Mitsubishi|NISS Nissan|OLDS Oldsmobile|PTRB Peterbilt
PLYM Plymouth|PLSR Polestar|PONT Pontiac|PORS Porsche|RAM Ram|RIVA Rivian|ROL Rolls-Royce
SAA Saab|STRN Saturn|SMRT Smart|SUBA Subaru|SUZI Suzuki|TESL Tesla|TOYT Toyota,Scion
TRUM Triumph|TRIU Triumph|VOLK Volkswagen,VW|VOLV Volvo|VCTY Victory|YAMA Yamaha
"""

NEAR_MAKES: tuple[frozenset[str], ...] = (
    frozenset({"Chevrolet", "GMC"}),  # the same trucks and SUVs with another badge
    frozenset({"Dodge", "Ram"}),  # Ram was a Dodge model until it became a make
    frozenset({"Dodge", "Chrysler", "Plymouth"}),  # the same vans
    frozenset({"Ford", "Mercury"}),
)

# VCO code, word, other words.
_COLORS = """
AME Amethyst|BGE Beige|BLK Black|BLU Blue|BRO Brown|BRZ Bronze|CAM Camouflage|COM Chrome
CPR Copper|CRM Cream,Ivory|DBL Dark blue|DGR Dark green|GLD Gold|GRN Green|GRY Gray,Grey
LAV Lavender|LBL Light blue|LGR Light green|MAR Maroon,Burgundy|MUL/COL Multicolored,Multi
MVE Mauve|ONG Orange|PLE Purple,Violet|PNK Pink|RED Red|SIL Silver,Aluminum|TAN Tan|TEA Teal
TPE Taupe|TRQ Turquoise|WHI White|YEL Yellow
"""

NEAR_COLORS: tuple[frozenset[str], ...] = (
    frozenset({"Silver", "Gray", "Chrome"}),
    frozenset({"Silver", "White"}),
    frozenset({"Gray", "Black"}),
    frozenset({"White", "Cream"}),
    frozenset({"Gold", "Tan", "Beige", "Cream", "Bronze", "Copper", "Taupe", "Brown"}),
    frozenset({"Gray", "Taupe"}),
    frozenset({"Red", "Maroon"}),
    frozenset({"Maroon", "Brown"}),
    frozenset({"Red", "Orange"}),
    frozenset({"Orange", "Copper"}),
    frozenset({"Yellow", "Gold"}),
    frozenset({"Blue", "Dark blue", "Light blue", "Teal", "Turquoise"}),
    frozenset({"Green", "Dark green", "Light green", "Teal", "Turquoise"}),
    frozenset({"Black", "Dark blue", "Dark green"}),
    frozenset({"Purple", "Lavender", "Mauve", "Amethyst"}),
    frozenset({"Pink", "Mauve"}),
)

ANY_COLOR = frozenset({"Multicolored", "Camouflage"})
"""Colors that a camera's one color can neither confirm nor contradict."""

# Word of a body class: VST codes, then camera words.
_BODIES = """
Motorcycle: MC MB MD MK MS MY MV motorcycle motorbike moped scooter motorscooter bike
Sedan: SD sedan sedancompact sedanstandard sedansports saloon car
Coupe: coupe
Convertible: CV convertible sedanconvertible
Hatchback: HB 3D hatchback
Wagon: SW wagon stationwagon sedanwagon estate
SUV: LL suv suvcrossover suvstandard suvwagon crossover suvmpv
Van: VN VC VT van vanfull vanmini minivan mpv
Pickup: PK PM pickup pickuptruck truckstandard
Truck: DS TR TT DP FB ST TN RF GG CM BR FT AR truck bigtruck tractortrailer semi lighttruck
Bus: BU bus largebus
Motor home: MH motorhome rv
Trailer: SE CT TE MT DT trailer
Limousine: LM limousine
Ambulance: AM ambulance
Four-door: 4D
Two-door: 2D
"""

NEAR_BODIES: tuple[frozenset[str], ...] = (
    frozenset({"Van", "SUV"}),
    frozenset({"SUV", "Wagon", "Hatchback"}),
    frozenset({"Sedan", "Wagon", "Hatchback", "Coupe", "Limousine"}),
    frozenset({"Coupe", "Convertible", "Hatchback"}),
    frozenset({"Sedan", "Convertible"}),
    frozenset({"Pickup", "Truck"}),
    frozenset({"Pickup", "SUV"}),
    frozenset({"Truck", "Van"}),
    frozenset({"Van", "Ambulance", "Motor home", "Bus"}),
    frozenset({"Truck", "Motor home", "Bus", "Trailer"}),
)

# VST 4D is "4 door sedan; truck/pick-up 4 door", and SUVs are entered as 4D as well.
SAME_BODIES: dict[str, frozenset[str]] = {
    "Four-door": frozenset({"Sedan", "Hatchback", "Wagon", "SUV", "Pickup"}),
    "Two-door": frozenset({"Coupe", "Sedan", "Convertible", "Hatchback", "Pickup"}),
}

# LIT code, word, other words. PC and PP are the ordinary plate.
_PLATE_TYPES = """
PC Passenger,Regular|PP Passenger|PE Personalized,Vanity|MC Motorcycle|TK Truck|TL Trailer
CO Commercial|DL Dealer|TM Temporary,Temp,Paper|IT In transit|AP Apportioned|TR Semitruck
DX Disabled person,Disabled,Handicapped|DV Disabled veteran|US U.S. Government|ST State-owned
FM Farm vehicle,Farm|TX Cab,Taxi|DP Diplomatic|BU Bus|NG National Guard|AQ Antique
"""

ORDINARY_PLATES = frozenset({"Passenger", "Personalized", "Truck", "Commercial", "Farm vehicle"})
"""Plate types that look alike to a camera: not held against each other."""

TABLES = (_MAKES, _COLORS, _BODIES, _PLATE_TYPES)
"""The tables above as they stand: every number of a word depends on them."""


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", text.lower())


def _table(text: str) -> tuple[dict[str, str], dict[str, str]]:
    """(code to word, plain word to word) of a table in the compact form above."""
    codes: dict[str, str] = {}
    words: dict[str, str] = {}
    for cell in text.strip().replace("\n", "|").split("|"):
        code, names = cell.split(" ", 1)
        word, *others = names.split(",")
        codes[code] = word
        words.update((_plain(w), word) for w in (word, *others))
    return codes, words


def _body_table(text: str) -> tuple[dict[str, str], dict[str, str]]:
    codes: dict[str, str] = {}
    words: dict[str, str] = {}
    for line in text.strip().splitlines():
        word, names = line.split(": ")
        words[_plain(word)] = word
        for name in names.split():
            (codes if name.isupper() else words)[name] = word
    return codes, words


def _body_names(text: str) -> list[str]:
    return [line.split(": ")[0] for line in text.strip().splitlines()]


_MAKE_CODES, _MAKE_WORDS = _table(_MAKES)
_COLOR_CODES, _COLOR_WORDS = _table(_COLORS)
_BODY_CODES, _BODY_WORDS = _body_table(_BODIES)
_TYPE_CODES, _TYPE_WORDS = _table(_PLATE_TYPES)


@lru_cache(maxsize=4096)
def make_of(text: str) -> str:
    """The make in words: "CHEV", "Chevy" and "chevrolet" are "Chevrolet"."""
    return _MAKE_CODES.get(text.strip().upper()) or _MAKE_WORDS.get(_plain(text), "")


@lru_cache(maxsize=4096)
def color_of(text: str) -> str:
    """The color in words; "blue-dark" forms of cameras fall back to their base color."""
    code = text.strip().upper()
    if code in {"MUL", "MULCOL"}:
        code = "MUL/COL"
    known = _COLOR_CODES.get(code) or _COLOR_WORDS.get(_plain(text))
    if known:
        return known
    parts = [_COLOR_WORDS[p] for p in re.split(r"[^a-z]+", text.lower()) if p in _COLOR_WORDS]
    return parts[0] if len(parts) == 1 else ""


def colors_of(text: str) -> tuple[str, ...]:
    """The colors of a VCO, which may be two ("BLK/WHI"); unknown parts are left out, and what a
    list writes beyond two."""
    # Not the whole first: of "RED/WHI" only "red" is a word, and it would be red alone.
    several = (text,) if text.strip().upper() in _COLOR_CODES else text.split("/")
    return tuple(known for known in map(color_of, several) if known)[:2]


@lru_cache(maxsize=4096)
def body_of(text: str) -> str:
    """The body class in words: "LL" is "SUV", "sedan-compact" is "Sedan"."""
    return _BODY_CODES.get(text.strip().upper()) or _BODY_WORDS.get(_plain(text), "")


@lru_cache(maxsize=4096)
def plate_type_of(text: str) -> str:
    """The plate type in words: "PC" is "Passenger"."""
    return _TYPE_CODES.get(text.strip().upper()) or _TYPE_WORDS.get(_plain(text), "")


PROPER = frozenset({*_MAKE_CODES.values(), "SUV", "U.S. Government"})
"""Words that keep their capital inside a sentence."""

MAKES = tuple(dict.fromkeys(_MAKE_CODES.values()))
COLORS = tuple(dict.fromkeys(_COLOR_CODES.values()))
BODIES = tuple(_body_names(_BODIES))
PLATE_TYPES = tuple(dict.fromkeys(_TYPE_CODES.values()))
"""Every canonical word once, in the order of the tables above."""


def near(groups: tuple[frozenset[str], ...], one: str, other: str) -> bool:
    """Whether two words share a group, that is, are often mixed up."""
    return any(one in group and other in group for group in groups)


def is_near(aspect: str, one: str, other: str) -> bool:
    """Whether two canonical words of "make", "color", "body" or "plate_type" are often mixed up; a
    class of bodies (four-door) is near what any of its members is near."""
    if aspect == "plate_type":
        return one in ORDINARY_PLATES and other in ORDINARY_PLATES
    if aspect == "body":
        mine, yours = (one, *SAME_BODIES.get(one, ())), (other, *SAME_BODIES.get(other, ()))
        return any(near(NEAR_BODIES, a, b) for a in mine for b in yours)
    return near(NEAR_MAKES if aspect == "make" else NEAR_COLORS, one, other)
