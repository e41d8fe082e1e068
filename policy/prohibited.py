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
characters are nothing, and a blank or hyphen inside a word does not hide it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from domain.errors import Prohibited

STEMS: tuple[str, ...] = (
    "IMMIG", "DEPORT", "DETAINER", "ABSCONDER", "NSEERS", "ALIEN",
    "ADMINISTRATIVEWARRANT", "ADMINWARRANT", "WARRANTADMIN", "WARRANTOFREMOVAL", "ORDEROFREMOVAL",
)  # fmt: skip
"""Of a message key with everything but its letters taken out."""
KEYS: tuple[str, ...] = ("EDF", "EAF", "ENF", "EIA", "EID", "EIV", "IVF")
ORIS: tuple[str, ...] = ("VTICE09",)
"""First seven characters, the agency; the last two are its units."""

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
_MAYBE = ("IMM", "DEPORT", "OFREMOVAL", "NSEERS", "ABSCONDER", "DETAINER", "WARRANT", "VTICE",
          "ENTRYEXIT", "ICELESC", "SUPPORTCENTER")  # fmt: skip
"""Letters without one of which a row cannot say it: most rows cost this look alone."""

_NO_LETTERS = bytes(c for c in range(256) if not chr(c).isascii() or not chr(c).isalpha())


def folded(text: str) -> str:
    """`text` in upper case as a person reads it: no full-width, accented or invisible letters."""
    if not text.isascii():
        parts = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in parts if unicodedata.category(c) not in ("Cf", "Mn", "Me"))
    return text.upper()


def words_of(text: str) -> str:
    """Letters and digits, one blank between words."""
    return _NOT_WORDS.sub(" ", folded(text)).strip()


def why_prohibited(mke: str, ori: str = "", more_keys: Iterable[str] = ()) -> str:
    """Why a record with this message key and ORI is never held, or "" when it may be."""
    words = words_of(mke)
    key = words.replace(" ", "")  # "E D F" is "EDF"
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
    if not any(stem in letters for stem in _MAYBE):
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
    return len(cell) <= 24 and words_of(cell.partition("-")[0]).replace(" ", "") in KEYS


def refuse(mke: str, ori: str = "", more_keys: Iterable[str] = ()) -> None:
    """Raises Prohibited when `why_prohibited` has a reason."""
    why = why_prohibited(mke, ori, more_keys)
    if why:
        raise Prohibited(why)
