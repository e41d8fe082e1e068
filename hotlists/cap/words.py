"""The words around a plate: states, labels, fillers, and what looks like a plate and is none.

English and Spanish, and the French of Canada's alerts for labels. Everything is compared in lower
case without accents (hotlists.cap.tokens.folded). Written down from how alerts are worded; none of
these lists can be complete, so whatever is not in them goes to a person, never into a plate.
"""

from __future__ import annotations

from hotlists.cap.tokens import word_set
from matchers.state_words import STATES, state_code

POSTAL = {"QC": "PQ", "SK": "SN", "NU": "XN"}
"""Postal codes of Canada that differ from the NCIC codes."""
NOT_POSTAL = frozenset(
    {"MX", "GM", "AM", "MK", "NK", "NF", "PQ", "SN", "XN", "BA", "CH", "CU", "SO", "TA"}
)
"""NCIC codes that alert texts do not use, and that are words or something else there."""
WORDY = frozenset(
    {
        "IN",
        "OR",
        "ME",
        "ON",
        "HI",
        "OK",
        "OH",
        "LA",
        "DE",
        "AL",
        "AS",
        "PA",
        "MA",
        "CO",
        "AM",
        "MI",
        "SO",
        "ID",
    }
)
"""Codes that are also English or Spanish words: taken only where nothing else can be meant."""

_MORE_NAMES = """
tejas TX|nuevo mexico NM|luisiana LA|carolina del norte NC|carolina del sur SC
dakota del norte ND|dakota del sur SD|virginia occidental WV|misisipi MS|misuri MO
nueva york NY|nueva jersey NJ|nuevo hampshire NH|pensilvania PA|hawai HI|florida FL
washington dc DC|washington d c DC|d c DC|estado de mexico MX|newfoundland NF|tex TX|okla OK
kan KS|kans KS|neb NB|nebr NB|ark AR|ariz AZ|calif CA|colo CO|fla FL|ill IL|mass MA|mich MI
minn MN|miss MS|tenn TN|wis WI|wisc WI|penn PA|nev NV|mont MT|conn CT|ala AL|mex MX
"""


def _names() -> dict[tuple[str, ...], str]:
    names = {tuple(name.lower().split()): code for code, name in STATES.items()}
    for cell in _MORE_NAMES.strip().replace("\n", "|").split("|"):
        *words, code = cell.split()
        names[tuple(words)] = code
    return names


STATE_NAMES = _names()
"""Folded words of a state's name to its NCIC code."""
LONGEST_STATE = max(len(name) for name in STATE_NAMES)


def postal_state(text: str) -> str:
    """The NCIC code of a code in capitals as alert texts use it; "" for anything else."""
    if len(text) != 2 or text != text.upper() or text in NOT_POSTAL:
        return ""
    code = POSTAL.get(text, state_code(text))
    return code if code in STATES else ""


NOT_A_PLATES_STATE = word_set(
    """
    city county highway department dps patrol bureau police state rangers street st ave avenue
    road rd university turnpike troopers authorities sheriff residents border line
    """
)
"""After a state's name these make it something else."""

LABEL = (
    r"(?:licen[cs]e|lic|lp|reg|registration|vehicle)\.?[\s/-]{0,3}(?:plates?|plts?|tags?)\b\.?"
    r"|licen[cs]e[\s-]{1,3}(?:number|numbers|no|num|nbr)\b\.?"
    r"|lic\b\.?[\s-]{0,3}(?:no|num|number)?\b\.?"
    r"|licen[cs]e\b"
    r"|(?:registration|reg)\b\.?[\s-]{0,3}(?:no|num|number)?\b\.?"
    r"|temp(?:orary)?\b\.?\s(?:permits?|registration)\b"
    r"|plates?\b|plts?\b\.?|tags?\b|lpn?\b|l/p\b"
    r"|placas?\b|matriculas?\b|tablillas?\b|chapas?\b|patentes?\b"
    r"|plaques?(?:\s(?:d.)?immatriculation)?\b|immatriculation\b"
)
"""What announces a plate, on folded text."""

NOT_LABEL_BEFORE = word_set(
    """
    drivers driver driver's driver’s operators operator hunting business marriage name dog price
    id toll home dinner conducir conductor permis gift medical
    """
)
"""Before "license", "tag" or "plate" these make it something else."""

FILLERS = word_set(
    """
    number numbers no num nbr numero numeros is was are of with reading reads bearing displaying
    display displays showing the a an es era son con de del el la los las estado state temporary
    temp paper dealer vanity personalized specialty handicap handicapped disabled veteran plate
    plates tag tags license licence lic matricula placa placas as from out possible possibly
    probable probably maybe unconfirmed believed partial parcial full complete completa may be
    posible posiblemente plaque un una vehicle vehiculo temporal temporales permiso commercial
    farm trailer truck reg registration registered listed known to provisional que ya dice ser read
    circulacion lis st issued
    """
)
ADJECTIVES = word_set(
    """
    temporary temp paper dealer vanity personalized specialty handicap handicapped disabled
    veteran farm commercial trailer truck vehicle registered issued partial possible license
    licence
    """
)
"""Between a state's name and the label."""
DOUBT = word_set(
    """
    possible possibly probable probably maybe unconfirmed may might believed posible
    posiblemente probablemente quiza quizas tal similar like approximately resembling
    """
)
PARTIAL = word_set(
    """
    partial partially parcial parciales parcialmente incomplete incompleta
    """
)
STARTS = word_set(
    """
    begins beginning begin starts starting start empieza empiezan comienza comienzan inicia
    first primeros primeras
    """
)
ENDS = word_set(
    "ends ending end termina terminan terminada terminadas terminacion last ultimos ultimas"
)
HOLDS = word_set(
    """
    contains containing contain includes including contiene contienen incluye
    """
)
COUNTS = word_set(
    """
    two three four five dos tres cuatro cinco digits digit characters character letters letter
    digitos caracteres letras numbers numeros in with en con por by and y are is son los las the
    2 3 4 5
    """
)
"""Between STARTS, ENDS or HOLDS and the characters."""
OR_ELSE = word_set("or o ou alternately")
AND_ALSO = word_set("and y et e")

DENIED = (
    r"\b(?:not|no longer|wrong|incorrect|disregard|previous(?:ly)?|formerly|corrected|"
    r"correction|instead|replaced|removed|switched|stolen plate|recovered|located|"
    r"found|abandoned|ya no|"
    r"incorrect[ao]s?|anterior(?:es)?|correccion|encontrad[ao]s?|localizad[ao]s?|"
    r"recuperad[ao]s?|abandonad[ao]s?|"
    r"does not belong|doesn.t belong|isn.t)\b"
)
"""Near a plate, on folded text: the text says something about it that a person must read."""
OVER = (
    r"\b(?:cancel(?:s|ed|led|ling|lation)|cancelad[ao]|cancelacion|found safe|located safe|"
    r"recovered safe|safely (?:located|recovered|found)|"
    r"(?:has|have|was|were) been (?:found|located|recovered)|"
    r"no longer (?:active|in effect)|sana? y salv[ao]|alert (?:is|has been) (?:lifted|deactivated)|"
    r"(?:ha|han|fue|fueron) (?:sido )?(?:encontrad|localizad)[ao]s?)\b"
)
"""On folded text: the alert may be over although no Cancel came."""

STOP = word_set(
    """
    the and on in or of a an is he she his her was were are be for not all with may call last
    seen suv van car red tan blu blk whi sil gry grn bro mar gld dr to at by as it its has had
    who why any can see now new old out off via per two one six ten age dob poss temp full info
    info. unk unknown none no if when where then than from this that stop please check media
    local tv el la los las de del con por en un una es si su que y o al fue ver rojo azul gris
    verde dos sur mal tel ext fax pm am hrs hr mph feet foot inch lbs lb years year yrs yr yo mo
    mos days dark light door doors four also both near into onto left east west north south road
    city state believed driven driving headed bound toward towards suspect vehicle make model
    color style reader readers hit hits camera cameras number plate plates tag tags license
    truck pickup sedan coupe trailer bus male female white black child girl boy baby amber alert
    ford jeep kia gmc bmw ram fiat mini audi acura dodge honda mazda volvo lexus buick saab
    tesla isuzu chev chevy toyota nissan chevrolet
    """
)
"""Words that are never a part of a plate, however they are written."""

UNITS = word_set(
    """
    door doors dr drs puertas puerta years year yrs yr yo old pounds pound lbs lb feet foot ft
    inches inch in cm kg miles mile mi mph hours hour hrs hr minutes minute min days day months
    month am pm anos ano libras pies pulgadas millas horas children child kids people occupants
    wheel cylinder
    """
)
"""After a number these make it a measure."""
