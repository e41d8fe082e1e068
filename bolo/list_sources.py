"""`bolo hotlists add | list | generations`: sources as configured, and how they stand."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from bolo.admin import operator
from bolo.previews import template_named
from bolo.settings import load
from bolo.wiring import policy
from domain.clock import system_clock
from domain.errors import BadInput, NotFound
from hotlists import store
from hotlists.arrivals import files, scheme_of
from hotlists.configuring import ensure_source
from hotlists.cron import cron
from hotlists.model import HotlistSource, twins_said
from hotlists.standing_store import Standing, standings
from hotlists.watching import followed
from storage.postgres import Connection, Database


async def known_source(conn: Connection, agency: str, name: str) -> HotlistSource | None:
    """The agency's list of that name, if there is one."""
    try:
        return await store.source_named(conn, agency, name.strip())
    except NotFound:
        return None


def template_settings(name: str) -> dict[str, Any]:
    """A template by name or file, as a source keeps it. Raises BadInput."""
    made: dict[str, Any] = msgspec.to_builtins(template_named(name))
    return made


def given_settings(pairs: list[str]) -> dict[str, Any]:
    """`--set key=json`; what is no JSON is a text. Raises BadInput."""
    made: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals or not key:
            raise BadInput("--set", f"{pair!r} is not key=value")
        try:
            made[key] = msgspec.json.decode(text)
        except msgspec.DecodeError:
            made[key] = text
    return made


async def add(agency: str, name: str, kind: str, location: str, changes: dict[str, Any]) -> None:
    """Make the list, or change what `changes` and the rest name of it; None takes a setting out."""
    settings = load()
    rules = policy(settings)
    if location and scheme_of(location) in files.SCHEMES and "://" not in location:
        location = str(files.absolute(location))
    async with Database(settings.database_url, size=2) as db:
        async with db.transaction() as conn:
            before = await known_source(conn, agency, name)
            merged = {**(before.settings if before else {}), **changes}
            source = await ensure_source(
                conn,
                agency,
                name,
                kind or (before.kind if before else "table"),
                location,
                {key: value for key, value in merged.items() if value is not None},
                by=operator(),
                now=system_clock(),
                policy=rules,
            )
        async with db.connection() as conn:
            zone = (await store.zones(conn))[agency]
    print(f"{source.name} of {agency} is {'changed' if before else 'made'}.")
    for sentence in _how_it_comes(source, zone):
        print(sentence)


def _how_it_comes(source: HotlistSource, zone: str) -> list[str]:
    secret = source.settings.get("secret")
    said = [f"The courier needs BOLO_SECRET_{secret} in its environment."] if secret else []
    if not source.location:
        return [f"It has no location: bolo hotlists import FILE --name {source.name!r} ..."]
    if followed(source):
        return [*said, f"The courier takes {source.location} whenever it changes."]
    schedule = source.settings.get("schedule")
    if not schedule:
        return [
            *said,
            "It has no schedule: it is looked for only by bolo hotlists refresh. Give it one with"
            ' --schedule "15 4,16 * * *".',
        ]
    at = cron(schedule, zone).after(system_clock())
    return [*said, f"The courier looks for it next {local(at, zone)}, as soon as it runs now."]


async def show(agency: str, *, as_json: bool) -> bool:
    """Print every list of the agency. Whether all are fresh."""
    settings = load()
    rules = policy(settings)
    now = system_clock()
    async with Database(settings.database_url, size=2) as db, db.connection() as conn:
        lists = await standings(conn, now, rules, agency)
        known = agency in await store.zones(conn)
    if not known:
        raise BadInput("agency", f"no agency has the ORI {agency}")
    if as_json:
        said = [as_json_of(one) for one in lists]
        print(msgspec.json.format(msgspec.json.encode(said), indent=2).decode())
    else:
        for one in lists:
            for sentence in _sentences(one):
                print(sentence)
        if not lists:
            print("No list yet: bolo hotlists add, or bolo hotlists import.")
    return not any(one.staleness.stale for one in lists)


def as_json_of(one: Standing) -> dict[str, Any]:
    """A list for scripts; moments are ISO 8601 in UTC, ages in seconds."""
    age, arrival = one.staleness.age, one.arrival
    return {
        "name": one.source.name,
        "agency": one.source.agency,
        "kind": one.source.kind,
        "location": one.source.location,
        "generation": one.generation,
        "entries": one.entries,
        "refreshed_at": one.refreshed_at,
        "age_seconds": None if age is None else max(0, int(age.total_seconds())),
        "limit_seconds": int(one.staleness.limit.total_seconds()),
        "stale": one.staleness.stale,
        "twins": dict(one.twins),
        "quarantined": list(one.quarantined),
        "schedule": one.source.settings.get("schedule"),
        "checked_at": arrival.checked_at,
        "next_look": one.next_look,
        "problem": arrival.problem,
        "running_since": arrival.running_since,
        "running_rows": arrival.rows if arrival.running_since else None,
    }


def _sentences(one: Standing) -> list[str]:
    force = "nothing in force"
    if one.generation is not None:
        force = f"generation {one.generation}, {one.entries:,} entries"
    mark = "STALE  " if one.staleness.stale else "fresh  "
    said = [f"{mark}{one.source.name}: {force}; {one.staleness.words}"]
    said += [f"       {sentence}" for sentence in twins_said(one.twins)]
    if one.quarantined:
        numbers = ", ".join(map(str, one.quarantined[:5]))
        said.append(f"       in quarantine since: {numbers} (bolo hotlists accept, or a good file)")
    if one.arrival.running_since:
        said.append(f"       a refresh is running: {one.arrival.rows:,} rows so far")
    if one.next_look:
        said.append(f"       next look {local(one.next_look, one.timezone)}")
    elif one.schedule and one.source.location:
        said.append("       never looked for yet; the courier does so within a minute")
    if one.arrival.problem:
        said.append(f"       the last look failed: {one.arrival.problem}")
    return said


def local(moment: datetime, zone: str) -> str:
    """ "2026-11-22 04:15 CST"."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M %Z")


async def generations(agency: str, name: str, *, limit: int, as_json: bool) -> None:
    """Print a list's generations, newest first."""
    async with Database(load().database_url, size=2) as db, db.connection() as conn:
        source = await store.source_named(conn, agency, name)
        found = await store.generations(conn, source.id, limit)
        zone = (await store.zones(conn))[agency]
    if as_json:
        said = [
            {
                **{k: getattr(g, k) for k in _SHOWN},
                "sha256": g.sha256.hex(),
                "findings": msgspec.to_builtins(g.reasons),
            }
            for g in found
        ]
        print(msgspec.json.format(msgspec.json.encode(said), indent=2).decode())
        return
    for g in found:
        state = "IN FORCE" if g.state == "active" else g.state
        print(
            f"{g.number:>5} {state:<12} {local(g.refreshed_at, zone)}  {g.entries:,} entries of"
            f" {g.rows:,} rows, by {g.requested_by}"
        )
        for sentence in twins_said(g.twins):
            print(f"      {sentence}")
        for finding in g.reasons:
            print(f"      {finding.guard}: {finding.sentence}")
        if g.accepted_by:
            print(f"      put in force by {g.accepted_by}: {g.accepted_because}")
    if not found:
        print("No generation yet.")


_SHOWN = (
    "number", "state", "entries", "rows", "rejected", "prohibited", "waiting", "unknown", "twins",
    "refreshed_at", "requested_by", "newest", "original_bytes", "accepted_by", "accepted_because",
)  # fmt: skip
