"""Two generations of a list side by side: counts, and the first entries of each kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from console import list_store
from console.auth import Viewer
from console.list_models import DiffLine, DiffShown
from console.list_words import category_name, vehicle_said, wanted
from console.services import Services
from console.words import state_name
from domain.plate import shown
from hotlists.columns import entry_from
from hotlists.comparing import compare
from people.roles import may, require
from policy.model import Policy

FIRST = 20
"""How many entries of each kind are shown."""

_FIELDS = {
    "state": "state", "plate": "plate", "pattern": "pattern", "plate_year": "plate year",
    "plate_type": "plate type", "oca": "case", "nic": "record", "ori": "agency", "mke": "key",
    "expires_on": "last day", "expires_at": "end", "since": "beginning", "plate_raw": "as written",
}  # fmt: skip


async def compared(s: Services, viewer: Viewer, which: UUID, before: int, after: int) -> DiffShown:
    """From generation `before` to `after`. Raises NotAllowed, NotFound, and BadInput for a
    generation whose entries are no longer kept. Entries are for who may search the lists."""
    require(viewer.person, "see the lists")
    async with s.db.connection() as conn:
        source = await list_store.source_of(conn, viewer.person.agency, which)
    rows = FIRST if may(viewer.person, "search the lists") else 0
    by = str(viewer.person.id)
    found = await compare(s.db, source, before, after, by=by, now=s.clock(), rows=rows)
    return DiffShown(
        before=before,
        after=after,
        added=found.added,
        removed=found.removed,
        changed=found.changed,
        same=found.unchanged,
        first=tuple(_line(row, s.means.policy) for row in found.rows),
        hidden=not rows,
    )


def _line(row: Mapping[str, Any], policy: Policy) -> DiffLine:
    if row["what"] == "changed":
        plate = row.get("plate", "")
        said = _changes(row["before"], row["after"])
        return DiffLine(what="changed", plate=shown(plate) if plate else "no plate", said=said)
    cells = row["after"] if row["what"] == "added" else row["before"]
    entry = entry_from(cells, UUID(row["entry"]), "", "", {})
    said = ", ".join(part for part in (
        state_name(entry.state), category_name(entry.category, policy), vehicle_said(entry),
    ) if part)  # fmt: skip
    return DiffLine(what=row["what"], plate=wanted(entry), said=said)


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    said = [
        f"{_FIELDS.get(name, name)}: {before[name] or 'not given'}, now {now or 'not given'}"
        for name, now in after.items()
    ]
    return "; ".join(said)
