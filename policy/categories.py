"""What a kind of entry is called, and how urgent it is.

A category carries one priority: 1 Immediate, 2 High, 3 Routine, 4 Note. There is no category for
immigration records: policy.prohibited says what is never held, and nothing here can say otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

from policy.mke import MkeTable


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
