"""Finding an alert by what people call it."""

from __future__ import annotations

from uuid import UUID

from alerts import store
from alerts.record import AlertRecord, one, record_of
from storage.postgres import Connection
from storage.texts import storable


async def named(conn: Connection, agency: str, text: str) -> AlertRecord:
    """The agency's alert of this number ("26-20417"), code or id. Raises NotFound."""
    what = text.strip()
    try:
        return await store.load(conn, agency, UUID(what))
    except ValueError:
        pass
    row = await one(
        conn,
        "select * from alerts where agency = %(agency)s"
        " and (number = %(what)s or code = upper(%(what)s)) order by number = %(what)s desc",
        {"agency": agency, "what": storable(what)},
    )
    return record_of(row, f"alert {what}")
