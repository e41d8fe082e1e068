"""Lists as a person sees them: all of them, and one with its life."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from console import list_store
from console.auth import Viewer
from console.list_looking import looked, looked_live
from console.list_models import (
    ChangeShown,
    Counted,
    FindingShown,
    GenerationShown,
    ListShown,
    ListsShown,
    OneList,
    RunningShown,
)
from console.list_words import (
    category_name,
    comes_from,
    settings_said,
    template_said,
    vehicle_said,
    wanted,
)
from console.reading import Looks
from console.services import Services
from domain.errors import NotFound
from hotlists import live_store, store
from hotlists.live_store import LiveEntry
from hotlists.model import twins_said
from hotlists.staleness import spoken_hours
from hotlists.standing_store import Standing, standings
from people.roles import may, require
from policy.model import Policy
from storage.postgres import Connection

GENERATIONS = 30
CHANGES = 200
"""How many a page shows at most; it says that there are more."""


async def lists(s: Services, viewer: Viewer, looks: Looks, *, live: bool = False) -> ListsShown:
    """All lists of the viewer's agency. Raises NotAllowed."""
    require(viewer.person, "see the lists")
    now, subject = s.clock(), f"agency:{viewer.person.agency}"
    wrote = False
    async with s.db.transaction() as conn:
        found = await _all(conn, s, viewer, now)
        if live:
            wrote = await looked_live(conn, viewer, looks, now, "hotlists.viewed", subject)
        else:
            await looked(conn, viewer, now, "hotlists.viewed", subject)
    if wrote or not live:
        looks.written(viewer.token, subject, now)
    found.sort(key=_urgency)
    return ListsShown(now=now, lists=tuple(found))


def _urgency(one: ListShown) -> tuple[bool, bool, int, str]:
    """Who needs a person first: the oldest of what is too old, then the others by name."""
    age = one.age_seconds or 0
    return (not one.needs_a_person, not one.stale, -age if one.stale else 0, one.name.casefold())


async def one(
    s: Services, viewer: Viewer, looks: Looks, which: UUID, *, live: bool = False
) -> OneList:
    """One list. Raises NotAllowed and NotFound; the plates of its changes are for who searches."""
    require(viewer.person, "see the lists")
    now, policy, subject = s.clock(), s.means.policy, f"hotlist:{which}"
    wrote = False
    async with s.db.transaction() as conn:
        source = await list_store.source_of(conn, viewer.person.agency, which)
        known = {one.id: one for one in await _all(conn, s, viewer, now)}
        if which not in known:  # the list that people make by hand has pages of its own
            raise NotFound(str(which))
        generations = [g for g in await store.generations(conn, which, GENERATIONS + 1) if g.sha256]
        held = await list_store.kept(conn, [g.id for g in generations])
        changes = [
            c for c in await live_store.standing(conn, viewer.person.agency) if c.source == which
        ]
        names = await list_store.names_of(
            conn,
            [*(by for g in generations for by in (g.requested_by, g.accepted_by)),
             *(c.by for c in changes)],
        )  # fmt: skip
        if live:
            wrote = await looked_live(conn, viewer, looks, now, "hotlist.viewed", subject)
        else:
            await looked(conn, viewer, now, "hotlist.viewed", subject)
    if wrote or not live:
        looks.written(viewer.token, subject, now)
    searches = may(viewer.person, "search the lists")
    return OneList(
        now=now,
        list=known[which],
        settings=settings_said(source, policy),
        template=template_said(source),
        generations=tuple(generation(g, names, g.id in held) for g in generations[:GENERATIONS]),
        changes=tuple(_change(c, names, policy) for c in changes[:CHANGES]) if searches else (),
        changes_count=len(changes),
        older=len(generations) > GENERATIONS,
    )


def generation(g: store.StoredGeneration, names: list_store.Names, held: bool) -> GenerationShown:
    """One generation."""
    return GenerationShown(
        number=g.number,
        state=g.state,  # type: ignore[arg-type]
        at=g.refreshed_at,
        rows=g.rows,
        entries=g.entries,
        rejected=_counted(g.rejected),
        rejected_rows=sum(g.rejected.values()),
        prohibited=g.prohibited,
        unknown=_counted(g.unknown),
        waiting=g.waiting,
        twins=tuple(twins_said(g.twins)),
        newest=g.newest,
        findings=tuple(
            FindingShown(guard=f.guard, sentence=f.sentence, final=f.final) for f in g.reasons
        ),
        asked_by=names.of(g.requested_by),
        accepted_by=names.of(g.accepted_by),
        accepted_because=g.accepted_because,
        kept=held,
    )


async def _all(conn: Connection, s: Services, viewer: Viewer, now: datetime) -> list[ListShown]:
    agency = viewer.person.agency
    found = await standings(conn, now, s.means.policy, agency)
    waiting = await list_store.waiting_of(conn, agency)
    names = await list_store.names_of(conn, [one.arrival.running_by for one in found])
    return [_shown(one, names, waiting.get(one.source.id, 0)) for one in found]


def _shown(one: Standing, names: list_store.Names, waiting: int) -> ListShown:
    arrival, age = one.arrival, one.staleness.age
    running = None
    if arrival.running_since is not None:
        running = RunningShown(
            since=arrival.running_since, by=names.of(arrival.running_by), rows=arrival.rows
        )
    return ListShown(
        id=one.source.id,
        name=one.source.name,
        kind=one.source.kind,
        comes=comes_from(one.source),
        fetched=bool(one.source.location),
        generation=one.generation,
        entries=one.entries,
        refreshed_at=one.refreshed_at,
        age_seconds=None if age is None else max(0, int(age.total_seconds())),
        limit_seconds=int(one.staleness.limit.total_seconds()),
        grade=one.staleness.grade,
        stale=one.staleness.stale,
        age="" if age is None else spoken_hours(age),
        limit=spoken_hours(one.staleness.limit),
        checked_at=arrival.checked_at,
        next_look=one.next_look,
        scheduled=one.schedule is not None,
        problem=arrival.problem,
        running=running,
        quarantined=one.quarantined,
        refused=len(one.quarantined),
        waiting=waiting,
    )


def _counted(rows: Mapping[str, int]) -> tuple[Counted, ...]:
    most_first = sorted(rows.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Counted(what=what, rows=n) for what, n in most_first)


def _change(c: LiveEntry, names: list_store.Names, policy: Policy) -> ChangeShown:
    return ChangeShown(
        entry=c.entry.entry_id,
        added=c.op == "add",
        plate=wanted(c.entry),
        state=c.entry.state,
        category=category_name(c.entry.category, policy),
        vehicle=vehicle_said(c.entry),
        at=c.at,
        by=names.of(c.by),
        reason=c.reason,
        until=c.until,
        held_by=c.held_by,
    )
