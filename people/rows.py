"""A row of the table people, as a Person."""

from __future__ import annotations

from people.model import Person, Role
from storage.postgres import Row

FIELDS = "p.id, p.agency, p.login, p.name, p.badge, p.role, p.phone"
"""The columns of a Person, of the table under the name p."""


def person_from(row: Row) -> Person:
    """The person in a row that holds FIELDS, whatever else it holds."""
    return Person(**{f: row[f] for f in Person.__struct_fields__} | {"role": Role(row["role"])})
