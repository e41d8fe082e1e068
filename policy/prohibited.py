"""What bolo never holds, whoever asks: records of the NCIC Immigration Violator File.

Immigration enforcement is prohibited by every agency page in the policy notes (Pittsburg KS,
Hesston KS). The file is one of the thirteen in the FBI's extract for licence-plate readers. The
test needs no configuration, takes none that would loosen it, and comes before every table. A
record is of that file when any of these says so:

1. its message key in words, as NCIC answers print it, holds one of WORDS: the file's name and its
   three parts (deported felons, absconders, NSEERS: named by a DHS answer of 26 March 2004 under
   the Freedom of Information Act), and the heading of its civil warrants;
2. its message key is one of KEYS. The file's own code table is not public. These are the forms
   known to us from practice; dropping a record too many is the safe side here, and none of the
   other twelve files is known to use them. A source's configuration can add keys, never remove;
3. its ORI is that of ICE's Law Enforcement Support Center, which answers for the file
   (Nlets, Immigration Alien Transactions: VTICE0900).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from domain.errors import Prohibited

WORDS: tuple[str, ...] = (
    "IMMIGRATION",
    "DEPORTED",
    "ABSCONDER",
    "NSEERS",
    "ALIEN",
    "ADMINISTRATIVE WARRANT",
)
KEYS: tuple[str, ...] = ("EDF", "EAF", "ENF", "EIA", "EID", "EIV", "IVF")
ORIS: frozenset[str] = frozenset({"VTICE0900"})

_NOT_LETTERS = re.compile(r"[^A-Z0-9]+")


def why_prohibited(mke: str, ori: str = "", more_keys: Iterable[str] = ()) -> str:
    """Why a record with this message key and ORI is never held, or "" when it may be."""
    words = _NOT_LETTERS.sub(" ", mke.upper()).strip()
    key = words.replace(" ", "")  # "E D F" is "EDF"
    if any(word in words for word in WORDS):
        return f"message key {words} names the Immigration Violator File, which bolo never holds"
    if key.startswith((*KEYS, *(k.strip().upper() for k in more_keys if k.strip()))):
        return f"message key {key} is of the Immigration Violator File, which bolo never holds"
    if ori.strip().upper() in ORIS:
        return "the ORI is that of the immigration support center, whose records bolo never holds"
    return ""


def refuse(mke: str, ori: str = "", more_keys: Iterable[str] = ()) -> None:
    """Raises Prohibited when `why_prohibited` has a reason."""
    why = why_prohibited(mke, ori, more_keys)
    if why:
        raise Prohibited(why)
