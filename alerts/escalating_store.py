"""An alert for which no second person comes: escalated, and never dropped."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from alerts.needing import OVERDUE, OVERDUE_SECOND
from alerts.record import one, record_of
from alerts.store import history, note
from storage.postgres import Connection


async def escalate(conn: Connection, alert: UUID, now: datetime) -> bool:
    """Escalate the alert if it has waited too long for another person; once for each of them.

    From then on its history, the audit trail and every verifier's desk say so. False when there is
    nothing to escalate any more, or not yet.
    """
    row = await one(conn, "select * from alerts where id = %s for update", (alert,))
    record = None if row is None else record_of(row, "")
    if record is None or not record.alert.waits:
        return False
    last, so_far = record.alert.confirmations[-1], len(record.alert.confirmations)
    if now - last.at < OVERDUE:
        return False
    agency = record.alert.agency
    for past in await history(conn, agency, alert):
        if past.event == OVERDUE_SECOND and past.detail.get("verified") == so_far:
            return False
    detail = {"verified": so_far, "needed": record.alert.needed, "since": last.at.isoformat()}
    await note(conn, agency, alert, OVERDUE_SECOND, detail, now, actor="clock")
    return True
