"""What bolo never holds, whoever asks: records of the NCIC Immigration Violator File.

Immigration enforcement is prohibited by every agency page in the policy notes (Pittsburg KS,
Hesston KS). The file is one of the thirteen in the FBI's extract for licence-plate readers. The
test needs no configuration, takes none that would loosen it, and comes before every table. A
record is of that file when any of these says so:

1. its message key in words, as NCIC answers print it, holds one of STEMS: the file's name and its
   three parts (deported felons, absconders, NSEERS: named by a DHS answer of 26 March 2004 under
   the Freedom of Information Act), and its civil warrants and detainers, also those that name ICE
   or DHS alone;
2. its message key is one of KEYS. The file's own code table is not public. These are the forms
   known to us from practice; dropping a record too many is the safe side here, and none of the
   other twelve files is known to use them. A source's configuration can add keys, never remove;
3. its ORI is that of ICE's Law Enforcement Support Center, which answers for the file
   (Nlets, Immigration Alien Transactions: VTICE0900);
4. any other field says so in words that mean nothing else (`said_in`), wherever they stand: in
   remarks, or under the wrong heading. There one word is not enough: Deport is a town in Texas, a
   parolee absconds, and a police detainer is none of ICE's.

Everything is compared by what a person reads: full-width letters are letters, accents and invisible
characters are nothing, Cyrillic and Greek letters and small capitals are the Latin ones they look
like, what is written backwards for display is read forwards, and a blank or hyphen inside a word
does not hide it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from domain.errors import Prohibited
from policy.uses import use_in

STEMS: tuple[str, ...] = (
    "IMMIG", "DEPORT", "DETAINER", "ABSCONDER", "NSEERS", "ALIEN",
    "ADMINISTRATIVEWARRANT", "ADMINWARRANT", "WARRANTADMIN", "WARRANTOFREMOVAL", "ORDEROFREMOVAL",
)  # fmt: skip
"""Of a message key with everything but its letters taken out."""
KEYS: tuple[str, ...] = ("EDF", "EAF", "ENF", "EIA", "EID", "EIV", "IVF")
ORIS: tuple[str, ...] = ("VTICE09",)
"""First seven characters, the agency; the last two are its units."""

_CUTS = re.compile(r"[,;|:\t\"]")
_NOT_WORDS = re.compile(r"[^A-Z0-9]+")
_NOT_LETTERS = re.compile(r"[^A-Z]+")
_SERVICE = r"(?:ICE|DHS|USCIS)"
_IMM = r"(?:IMM|IMMIG[A-Z]*)"
_ADMIN = r"(?:ADMIN|ADMINISTRATIVE|CIVIL)"
_SERVICE_KEY = re.compile(
    rf"{_SERVICE}(?: FILE| RECORD)?"
    rf"|(?=.*\b{_SERVICE}\b).*\b(?:WARRANTS?|HOLD|REMOVAL|FUGITIVE|CIVIL|{_ADMIN})\b.*"
    r"|.*\bIMM\b.*"
)
"""Of a message key in words: the immigration service by itself, or with what it issues."""

_LETTERS_SAY = re.compile(
    r"IMMIG(?:R|RATION)?(?:LAW|FILE|STATUS)?VIOLAT"
    r"|IMMIG(?:RATION)?(?:CIVIL|ADMIN|ADMINISTRATIVE)?(?:DETAINER|WARRANT|ABSCONDER)"
    r"|(?:CIVIL|ADMIN|ADMINISTRATIVE)(?:ARREST)?IMMIG(?:RATION)?"
    r"|DEPORT(?:ED|EE)(?:CRIMINAL)?FELON|DEPORTATION(?:ORDER|WARRANT|FUGITIVE)"
    r"|(?:ORDER|WARRANT)OFDEPORTATION|WARRANTOFREMOVAL|FINALORDEROFREMOVAL"
    r"|ALIENABSCONDER|ABSCONDERALIEN|NATIONALSECURITYENTRYEXIT"
)
"""Of a row with everything but its letters taken out: too long to come about by chance."""
_WORDS_SAY = re.compile(
    rf"\b{_SERVICE} (?:{_IMM} )?(?:{_ADMIN} )?DETAINER"
    rf"|\b(?:{_SERVICE}|{_IMM}|REMOVAL) (?:CIVIL |ARREST )?{_ADMIN} (?:ARREST )?WARRANT"
    rf"|\b{_ADMIN} (?:ARREST )?WARRANT (?:OF |FOR |FROM |BY |ISSUED BY )?"
    rf"(?:{_SERVICE}|{_IMM}|REMOVAL|DEPORT[A-Z]*)\b"
    r"|\b(?:ICE|USCIS) WARRANT\b|\bICE (?:LESC|LAW ENFORCEMENT SUPPORT CENTER)\b"
    rf"|\b{_IMM} (?:FILE |CIVIL |ADMIN )?(?:VIOLAT|WARRANT|DETAINER)"
    rf"|\b(?:CIVIL|ADMIN|ADMINISTRATIVE) {_IMM}\b"
    r"|\bNSEERS\b"
)
"""Of one field in words; shorter, so the words must stand apart."""
MAYBE = ("IMM", "DEPORT", "OFREMOVAL", "NSEERS", "ABSCONDER", "DETAINER", "WARRANT", "VTICE",
          "ENTRYEXIT", "ICELESC", "SUPPORTCENTER")  # fmt: skip
"""Letters without one of which a row cannot say it: most rows cost this look alone."""

_ALIKE = str.maketrans(
    "\u0410\u0412\u0415\u0405\u0406\u0408\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0500\u050c\u051a\u051c\u0474"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03dc\u03f9"
    "\u1d00\u0299\u1d04\u1d05\u1d07\ua730\u0262\u029c\u026a\ua7ae\u1d0a\u1d0b\u029f\u1d0d\u0274\u1d0f\u1d18\u0280\ua7a6\ua731"
    "\u1d1b\u1d1c\u1d20\u1d21\u028f",
    "ABESIJKMHOPCTYXDGQWVABEZHIKMNOPTYXFCABCDEFGHIIJKLMNOPRRSTUVWY",
)
"""Capitals of Cyrillic and Greek, and small capitals, to the Latin letters that look the same."""
_BACKWARDS = re.compile("\u202e([^\u202c\n]*)\u202c?")
"""What a right-to-left override shows from its end to its beginning."""

_NO_LETTERS = bytes(c for c in range(256) if not chr(c).isascii() or not chr(c).isalpha())


def folded(text: str) -> str:
    """`text` in upper case as a person reads it: no full-width, accented or invisible letters."""
    if not text.isascii():
        forwards = _BACKWARDS.sub(lambda found: found[1][::-1], text)
        parts = unicodedata.normalize("NFKD", forwards)
        text = "".join(c for c in parts if unicodedata.category(c) not in ("Cf", "Mn", "Me"))
        return text.upper().translate(_ALIKE)
    return text.upper()


def words_of(text: str) -> str:
    """Letters and digits, one blank between words."""
    return _NOT_WORDS.sub(" ", folded(text)).strip()


def why_prohibited(mke: str, ori: str = "", more_keys: Iterable[str] = ()) -> str:
    """Why a record with this message key and ORI is never held, or "" when it may be."""
    words = words_of(mke)
    key = _bare(words)
    letters = _NOT_LETTERS.sub("", key)
    if any(stem in letters for stem in STEMS) or _SERVICE_KEY.fullmatch(words):
        return f"message key {words} names the Immigration Violator File, which bolo never holds"
    more = (words_of(k).replace(" ", "") for k in more_keys)
    if key.startswith((*KEYS, *(k for k in more if k))):
        return f"message key {key} is of the Immigration Violator File, which bolo never holds"
    if words_of(ori).replace(" ", "").startswith(ORIS):
        return "the ORI is that of the immigration support center, whose records bolo never holds"
    return ""


def said_in(row: str, cells: Sequence[str]) -> bool:
    """Whether a row says in any of its fields that it is of the Immigration Violator File.

    `row` is the whole line, `cells` its fields. For a row that cannot, one look at the line.
    """
    plain = folded(row)
    letters = plain.encode(errors="replace").translate(None, _NO_LETTERS).decode()
    if not any(stem in letters for stem in MAYBE):
        return False
    if _LETTERS_SAY.search(letters):
        return True
    for cell in cells:
        words = words_of(cell)
        if _WORDS_SAY.search(words) or any(ori in words.replace(" ", "") for ori in ORIS):
            return True
    return False


def is_key(cell: str) -> bool:
    """Whether a field holds one of KEYS and nothing else: a message key under a wrong heading."""
    return len(cell) <= 24 and _bare(words_of(cell.partition("-")[0])) in KEYS


def _bare(words: str) -> str:
    """A message key alone: "E D F" is EDF, and so is MKE/EDF, as NCIC answers write it."""
    return words.replace(" ", "").removeprefix("MKE")


def says_anywhere(line: str, more_keys: Iterable[str] = ()) -> bool:
    """Whether a line says it that nobody can take apart: in any piece of it, however it is cut.

    For lines of which no entry is made: a piece that names the file as a message key is enough.
    """
    pieces = {*_CUTS.split(line), *line.split()}
    if said_in(line, [line, *pieces]) or any(map(is_key, pieces)):
        return True
    more = tuple(more_keys)
    return any(why_prohibited(p, "", more) for p in pieces if not any(c.isdigit() for c in p))


def refuse(mke: str, ori: str = "", more_keys: Iterable[str] = ()) -> None:
    """Raises Prohibited when `why_prohibited` has a reason."""
    why = why_prohibited(mke, ori, more_keys)
    if why:
        raise Prohibited(why)


def why_prohibited_use(text: str, *, purpose: bool = False) -> str:
    """Why free text (a reason, a remark) says a use that bolo is never for, or "" when it does not.

    `purpose`: the text names what is done: a purpose, a category, what an agreement is for. A
    guard-rail by words, see policy.uses: what may be done is a policy's closed list of purposes.
    """
    if said_in(text, [text]) or is_key(text):
        return "it says immigration enforcement, which bolo is never used for"
    use, words = use_in(words_of(text.replace("'", "").replace("\u2019", "")), purpose=purpose)
    return f"\u201c{words.lower()}\u201d says {use}, which bolo is never used for" if use else ""
