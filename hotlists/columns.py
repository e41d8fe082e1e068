"""Entries as columns: what a source hands over, and how a row at rest becomes an `Entry` again.

A source works on whole columns, so that no object is made for each of a million rows. At rest a row
is a line of tab-separated texts; an Entry is made of it only when a read comes near it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from uuid import UUID

import msgspec

from domain.entry import Area, Entry
from matchers.folding import column

TEXTS: tuple[str, ...] = (
    "plate", "pattern", "plate_raw", "state", "plate_year", "plate_type", "vin", "year", "make",
    "model", "style", "color", "ori", "nic", "oca", "mke", "caution", "entered", "reason",
)  # fmt: skip
"""Fields of Entry that are kept as they are."""

COLUMNS: tuple[str, ...] = ("category", *TEXTS, "expires_on", "expires_at", "since", "area")
"""What a row can hold. Dates and moments are ISO 8601 texts, an area is JSON, "" is not given."""


@dataclass(frozen=True)
class Rows:
    """Accepted rows as columns. `keys` says of each what makes it the same record from one
    generation to the next; a column that is missing is "" in every row."""

    keys: Sequence[str]
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, cells in self.columns.items():
            if name not in COLUMNS or len(cells) != len(self.keys):
                msg = f"column {name} has {len(cells)} cells for {len(self.keys)} rows"
                raise ValueError(msg)

    @cached_property
    def plates(self) -> bytes:
        """The plates as one column (matchers.folding.column)."""
        return column(self.columns.get("plate") or [""] * len(self.keys))


def rows_of(records: Sequence[Mapping[str, str]]) -> Rows:
    """Rows of a source that has few and makes them one by one; each record has its "key"."""
    names = [name for name in COLUMNS if any(name in record for record in records)]
    columns = {name: [record.get(name, "") for record in records] for name in names}
    return Rows([record["key"] for record in records], columns)


def entry_from(
    cells: Mapping[str, str],
    entry_id: UUID,
    agency: str,
    source: str,
    priorities: Mapping[str, int],
) -> Entry:
    """A row at rest as an entry. `priorities` is the policy's, by category; an unknown one is 3."""
    known = {name: text for name in TEXTS if (text := cells.get(name))}
    category = cells.get("category") or "local"
    return Entry(
        entry_id=entry_id,
        agency=agency,
        source=source,
        category=category,
        priority=priorities.get(category, 3),
        expires_on=date.fromisoformat(cells["expires_on"]) if cells.get("expires_on") else None,
        expires_at=_moment(cells.get("expires_at", "")),
        since=_moment(cells.get("since", "")),
        area=msgspec.json.decode(cells["area"], type=Area) if cells.get("area") else None,
        **known,
    )


def cells_from(entry: Entry) -> dict[str, str]:
    """An entry as a row's cells: what `entry_from` takes."""
    cells = {name: getattr(entry, name) for name in TEXTS if getattr(entry, name)}
    cells["category"] = entry.category
    for name in ("expires_on", "expires_at", "since"):
        if (value := getattr(entry, name)) is not None:
            cells[name] = value.isoformat()
    if entry.area is not None:
        cells["area"] = msgspec.json.encode(entry.area).decode()
    return cells


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
