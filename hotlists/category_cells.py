"""Which category a row is of, and whether it may be held at all. Pure, and cached.

The order: what is prohibited, before anything else; an AMBER code (MNP); the message key (MKE); the
source's own words (a CATEGORY column), by its template, then by the tables here and in policy.mke.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from domain.errors import BadInput
from hotlists.templates import Template
from policy.categories import CATEGORIES, known_category
from policy.mke import MkeTable, plain
from policy.model import Policy
from policy.prohibited import (
    ORIS,
    folded,
    is_key,
    refuse,
    said_in,
    why_prohibited,
    why_prohibited_use,
)

PROHIBITED = "prohibited"
"""Instead of a category's code: the row is counted and dropped, and nothing of it is shown."""

LIST_WORDS: dict[str, str] = {
    "STOLEN PLATE": "stolen-plate", "STOLEN LICENSE": "stolen-plate", "STOLEN TAG": "stolen-plate",
    "LOST PLATE": "stolen-plate", "LOST OR STOLEN PLATE": "stolen-plate",
    "STOLEN": "stolen-vehicle", "SVS": "stolen-vehicle", "CARJACK": "stolen-vehicle",
    "FELONY": "felony-vehicle",
    "AMBER": "amber", "ABDUCT": "amber", "CHILD ABDUCTION": "amber",
    "SILVER ALERT": "missing-person", "ENDANGERED": "missing-person", "RUNAWAY": "missing-person",
    "WARRANT": "wanted-person", "FUGITIVE": "wanted-person", "PERSON WANTED": "wanted-person",
    "RESTRAINING ORDER": "protection-order", "ERPO": "protection-order",
    "VIOLENT": "violent-person", "SEXUAL OFFENDER": "sex-offender",
    "REGISTERED SEX OFFENDER": "sex-offender", "NSOR": "sex-offender",
    "PROBATION": "supervised-release", "PAROLE": "supervised-release",
    "TERROR": "threat", "KNOWN OR SUSPECTED TERROR": "threat",
}  # fmt: skip
"""Words of agencies' own lists, in plain English; matched from the start. SVS is California's
Stolen Vehicle System. A word that could mean two things (ALERT, SUSPECT, BOLO) is not here."""

_CODE_MAX = 4
"""Letters of a message key that is a code; in longer texts a prefix must end with a word, so
that EVADING is no EV (stolen vehicle)."""
_CACHE_MAX = 50_000
_UNLIKE_WORDS = re.compile(r"[^A-Z0-9]+")


class CategoryRules:
    """A template's and a policy's rules together. Make one for a file, ask it for each row.

    `more` are a source's own message keys to category codes, `dropped` further ones to drop. Raises
    Prohibited when any of them would let in what is prohibited, and BadInput for a category
    that does not exist.
    """

    def __init__(
        self,
        template: Template | None = None,
        policy: Policy | None = None,
        *,
        more: Mapping[str, str] | None = None,
        dropped: Collection[str] = (),
    ) -> None:
        codes = self.known = frozenset(policy.categories if policy else CATEGORIES)
        keys = {**(policy.message_keys if policy else {}), **(more or {})}
        self._table = MkeTable.standard(codes).extended(keys, dropped)
        self._prefixes = {**LIST_WORDS, **self._table.prefixes}
        self._words: dict[str, str] = {}
        for word, code in (template.categories if template else {}).items():
            refuse(word, more_keys=dropped)
            if code not in codes:
                field, known = f"categories.{word}", ", ".join(sorted(codes))
                problem = f"no category {code!r}; there are: {known}"
                raise BadInput(field, problem)
            self._words[_flat(word)] = code
        self._codes: dict[tuple[str, str, str], str] = {}
        self._origins: dict[str, bool] = {}

    def code(self, mke: str = "", mnp: str = "", ori: str = "", words: str = "") -> str:
        """The category's code, "" when nothing tells it, or PROHIBITED (also for a use that is, and
        for a category that the policy does not have)."""
        if ori and self.prohibited_origin(ori):
            return PROHIBITED
        asked = (mke, mnp, words)
        code = self._codes.get(asked)
        if code is None:
            if len(self._codes) >= _CACHE_MAX:
                self._codes.clear()
            code = self._codes[asked] = self._look_up(mke, mnp, words)
        return code

    def prohibited_origin(self, ori: str) -> bool:
        """Whether a record of this originating agency is never held."""
        known = self._origins.get(ori)
        if known is None:
            if len(self._origins) >= _CACHE_MAX:
                self._origins.clear()
            known = self._origins[ori] = _prohibited_origin(ori)
        return known

    def _look_up(self, mke: str, mnp: str, words: str) -> str:
        dropped = self._table.dropped
        if why_prohibited(mke, "", dropped) or why_prohibited(words, "", dropped):
            return PROHIBITED
        if words and why_prohibited_use(words, purpose=True):
            return PROHIBITED
        if amber := known_category("", mnp):
            return self._allowed(amber.code)
        code = self._prefixed(mke) or self._words.get(_flat(words), "") or self._prefixed(words)
        return self._allowed(code)

    def _allowed(self, code: str) -> str:
        """A record of a category that the policy does not have is not held at all: moved to another
        category it would be held for another reason."""
        return code if not code or code in self.known else PROHIBITED

    def _prefixed(self, text: str) -> str:
        """By the longest prefix that the tables know; see _CODE_MAX."""
        return self._longest(plain(text)) or self._longest(_flat(text))

    def _longest(self, key: str) -> str:
        for end in range(len(key), 0, -1):
            code = self._prefixes.get(key[:end])
            whole = len(key) <= _CODE_MAX or end > _CODE_MAX or not key[end : end + 1].isalpha()
            if code and whole:
                return code
        return ""


def _prohibited_origin(ori: str) -> bool:
    if ori.isascii() and ori.isalnum():  # as all but damaged ones: nothing in it to look through
        return ori.upper().startswith(ORIS)
    return bool(why_prohibited("", ori))


def _flat(words: str) -> str:
    """Words for comparison: upper case, one blank between them, no punctuation."""
    return _UNLIKE_WORDS.sub(" ", folded(words)).strip()


def row_prohibited(
    line: str, fields: Sequence[str], plate_columns: Collection[int], category: str
) -> bool:
    """Whether a row must be dropped: by its category, by its words, or by a key out of place.

    `plate_columns` are the positions of LIC, where a key's letters may be a plate; `category` is
    what CategoryRules said. A key out of place counts only where nothing told the category.
    """
    if category == PROHIBITED or said_in(line, fields):
        return True
    if category:
        return False
    return any(is_key(field) for n, field in enumerate(fields) if n not in plate_columns)
