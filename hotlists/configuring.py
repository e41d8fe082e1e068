"""Making and changing a list: a change of configuration, and so a row of the audit trail."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid5

from domain.clock import system_clock
from domain.errors import BadInput
from domain.ids import ENTRIES
from hotlists import arrival_store, local
from hotlists.arrivals import check_location
from hotlists.model import HotlistSource
from hotlists.settings import check_settings
from policy.model import Policy
from storage.audit import Act, append
from storage.postgres import Connection, Row

_SOURCE = "id, agency, name, kind, location, settings"


async def ensure_source(
    conn: Connection,
    agency: str,
    name: str,
    kind: str = "table",
    location: str = "",
    settings: Mapping[str, Any] | None = None,
    *,
    by: str = "system",
    now: datetime | None = None,
    policy: Policy | None = None,
) -> HotlistSource:
    """The agency's source of that name, made or brought up to date; audited when that is a change.

    `settings` of None leaves a known source's settings as they are, and "" its location. Its id
    follows from agency and name, so entries keep their ids when a database is set up again.
    `by` and `now` are who changes it and when (None: the system clock's now), for the audit row;
    `policy` is whose categories there are (None: the standard one).
    Raises BadInput (also for an agency that does not exist) and Prohibited.
    """
    if not name.strip():
        raise BadInput("name", "a hotlist needs a name, for example NCIC")
    if (kind == local.KIND) != (name.strip() == local.NAME):
        raise BadInput("name", f"{local.NAME} is the list that people make by hand, and no other")
    if kind != local.KIND:  # which has neither a file nor settings
        check_settings(kind, settings or {}, policy)
    cursor = await conn.execute("select 1 from agencies where ori = %s", (agency,))
    if await cursor.fetchone() is None:
        problem = f"no agency has the ORI {agency}; set it up first"
        raise BadInput("agency", problem)
    wanted = {
        "id": uuid5(ENTRIES, f"{agency}|source|{name.strip()}"),
        "agency": agency,
        "name": name.strip(),
        "kind": kind,
        "location": location,
        "new": json.dumps(dict(settings or {})),
        "settings": None if settings is None else json.dumps(dict(settings)),
    }
    before: dict[str, Any] = {}
    cursor = await conn.execute(
        "insert into hotlist_sources (id, agency, name, kind, location, settings)"
        " values (%(id)s, %(agency)s, %(name)s, %(kind)s, %(location)s, %(new)s::jsonb)"
        f" on conflict (agency, name) do nothing returning {_SOURCE}",
        wanted,
    )
    row = await cursor.fetchone()
    if row is None:
        here = "agency = %(agency)s and name = %(name)s"
        cursor = await conn.execute(
            f"select {_SOURCE} from hotlist_sources where {here} for no key update", wanted
        )
        before = _configured(await cursor.fetchone())
        cursor = await conn.execute(
            "update hotlist_sources set kind = %(kind)s,"
            " location = coalesce(nullif(%(location)s, ''), location),"
            f" settings = coalesce(%(settings)s::jsonb, settings) where {here} returning {_SOURCE}",
            wanted,
        )
        row = await cursor.fetchone()
    after = _configured(row)
    assert row is not None
    source = HotlistSource(**row)
    check_location(source.location, source.settings)
    if after != before:
        action = "hotlist.source-changed" if before else "hotlist.source-added"
        detail = {"name": source.name, **after, **({"before": before} if before else {})}
        act = Act(agency, by, action, f"hotlist:{source.id}", detail=detail)
        await append(conn, now or system_clock(), [act])
        # What came under the old settings may mean something else now: it is fetched anew.
        await arrival_store.forget(conn, source.id)
    return source


def _configured(row: Row | None) -> dict[str, Any]:
    """What a person configures of a source."""
    assert row is not None, "sources are never deleted"
    return {name: row[name] for name in ("kind", "location", "settings")}
