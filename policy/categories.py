"""What a kind of entry is called, and how urgent it is.

A category carries one priority: 1 Immediate, 2 High, 3 Routine, 4 Note. There is no category for
immigration records: policy.prohibited says what is never held, and nothing here can say otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from domain.errors import Prohibited
from policy.mke import STANDARD as BUILT_IN
from policy.mke import MkeTable
from policy.model import Policy
from policy.prohibited import refuse


@dataclass(frozen=True)
class Category:
    """A kind of entry as a person reads it."""

    code: str
    name: str
    priority: int


CATEGORIES: dict[str, Category] = {
    c.code: c
    for c in (
        Category("amber", "Missing child, AMBER", 1),
        Category("violent-person", "Violent person", 1),
        Category("wanted-person", "Wanted person", 2),
        Category("missing-person", "Missing person", 2),
        Category("protection-order", "Protection order", 2),
        Category("stolen-vehicle", "Stolen vehicle", 2),
        Category("felony-vehicle", "Felony vehicle", 2),
        Category("stolen-plate", "Stolen plate", 3),
        Category("supervised-release", "Supervised release", 3),
        Category("sex-offender", "Sex offender registry", 4),
        Category("gang", "Gang file", 4),
        Category("threat", "Threat screening", 4),
        Category("protective-interest", "Protective interest", 4),
        Category("local", "Local entry", 3),
    )
}

STANDARD = MkeTable.standard(CATEGORIES)
"""The message keys known without any configuration."""


def known_category(
    mke: str, mnp: str = "", *, ori: str = "", table: MkeTable = STANDARD
) -> Category | None:
    """The category of a record by its message key (MKE) and missing-person code (MNP).

    None for a key that the table does not know. Raises Prohibited for a record that bolo never
    holds, whatever `table` says.
    """
    code = table.code_of(mke, ori)
    if mnp.strip().upper() in {"AA", "CA"}:  # AMBER ALERT, CHILD ABDUCTION (MNP code table)
        return CATEGORIES["amber"]
    return CATEGORIES[code] if code else None


def category_of(mke: str, mnp: str = "", default: str = "local") -> Category:
    """`known_category`, or the default one. Raises Prohibited, whatever the default says."""
    return known_category(mke, mnp) or CATEGORIES[default]


ALERTED = frozenset({"AA", "CA"})
"""AMBER ALERT and CHILD ABDUCTION, of NCIC's missing-person codes (MNP)."""
_SOURCES = {prefix: source for prefix, _, source in BUILT_IN}


def category_for(
    policy: Policy, mke: str, mnp: str = "", ori: str = "", words: str = ""
) -> tuple[str, str]:
    """A record's category by the policy, and the rule that gave it, in words.

    `words` is the category as the source itself calls it: an id or name of the policy's, or the
    words of an NCIC file. ("", why) for a record that no rule knows: the source's default is for
    those. Raises Prohibited for what bolo never holds, and for a category that the policy does not
    have: such a record is dropped, not moved to another category.
    """
    refuse(words)
    table = _table(tuple(policy.message_keys.items()), tuple(policy.categories))
    prefix, code = table.rule_of(mke, ori)
    if mnp.strip().upper() in ALERTED:
        code, why = "amber", f"missing-person code {mnp.strip().upper()} (MNP, built in)"
    elif code:
        why = f"message key {mke.strip()} begins with {prefix} ({_said(policy, prefix)})"
    else:
        code, why = _by_words(policy, table, words)
    if code and code not in policy.categories:
        where = policy.origin("without_categories")
        msg = f"{why} is {code}, a category that this policy does not have ({where})"
        raise Prohibited(msg)
    return code, why or f"no rule knows message key {mke.strip() or '(none)'}"


def _by_words(policy: Policy, table: MkeTable, words: str) -> tuple[str, str]:
    said = words.strip().casefold()
    for code, rule in policy.categories.items():
        if said and said in (code, rule.name.casefold()):
            return (
                code,
                f"the source calls it {words.strip()} ({policy.origin('categories', code)})",
            )
    prefix, code = table.rule_of(words) if said else ("", "")
    why = f"the source calls it {words.strip()}, as {prefix} ({_said(policy, prefix)})"
    return code, why if code else ""


def _said(policy: Policy, prefix: str) -> str:
    if prefix in policy.message_keys:
        return f"the agency's own key, {policy.origin('message_keys', prefix)}"
    return f"built in: {_SOURCES.get(prefix, 'policy/mke.py')}"


@lru_cache(maxsize=16)
def _table(keys: tuple[tuple[str, str], ...], categories: tuple[str, ...]) -> MkeTable:
    return MkeTable.standard({*CATEGORIES, *categories}).extended(dict(keys))
