"""Every look at a list, an entry or a record is an audit row; live pages write it once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from console.auth import Viewer
from console.reading import Looks
from storage.audit import Act, append
from storage.postgres import Connection


async def looked(
    conn: Connection,
    viewer: Viewer,
    now: datetime,
    action: str,
    subject: str,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write down that the viewer looked; inside the transaction that reads."""
    act = Act(
        viewer.person.agency, str(viewer.person.id), action, subject, detail=dict(detail or {})
    )
    await append(conn, now, [act])


async def looked_live(
    conn: Connection, viewer: Viewer, looks: Looks, now: datetime, action: str, subject: str
) -> bool:
    """The same of a page that fetches itself again: only where this session has no row of the last
    minutes. Whether it was written; then tell `looks` after the commit."""
    if looks.lately(viewer.token, subject, now):
        return False
    await looked(conn, viewer, now, action, subject)
    return True
