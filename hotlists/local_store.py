"""Local entries in PostgreSQL: made by a person, approved by a second one where the category asks
for it, in force through the live changes, ended by a person or by their time.

    waiting -- approve --> in force -- withdraw --> withdrawn
       |                      |
       +-- refuse -> refused  +-- its time is over -> expired     (withdraw, expire: waiting, too)

Everything is one transaction with its audit row. A row is locked before it is decided about, so of
two who decide at once the second is told what the first did. Whether a person's role allows it is
the caller's question (people.roles); that the second person is another one is asked here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

import msgspec

from domain.errors import BadInput, NotAllowed, NotFound
from hotlists import live_store, local, store
from hotlists.configuring import ensure_source
from hotlists.local import Asked, Checked
from hotlists.model import HotlistSource
from policy.model import Policy
from storage.audit import Act, append
from storage.postgres import Connection, Database, Row
from storage.texts import storable, storable_json

State = Literal["waiting", "in force", "refused", "withdrawn", "expired"]
OPEN: tuple[State, ...] = ("waiting", "in force")
AT_ONCE = 500
"""How many entries a minute's look ends at most; the next look goes on."""


class Extension(msgspec.Struct, frozen=True, kw_only=True):
    """A later end that somebody asked for and nobody has approved yet."""

    until: datetime
    by: UUID
    at: datetime
    reason: str


class LocalEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One local entry. `entry` is its id in lists, matches and alerts (domain.ids.entry_id); who
    decided last and why is in `decided_by`, `decided_at`, `decision`."""

    id: UUID
    agency: str
    state: State
    made: Checked
    entry: UUID
    category: str
    case_number: str
    reason: str
    made_by: UUID
    made_at: datetime
    expires_at: datetime
    decided_by: UUID | None = None
    decided_at: datetime | None = None
    decision: str = ""
    extension: Extension | None = None


async def make(
    conn: Connection, agency: str, asked: Asked, policy: Policy, *, by: UUID, now: datetime
) -> LocalEntry:
    """Take an entry: in force at once, or waiting for a second person where the category asks for
    one. Raises BadInput with the field, Prohibited, NotAllowed."""
    await _person(conn, agency, by)
    made = local.checked(asked, policy, now)
    source = await _source(conn, agency, by, now)
    which = uuid4()
    entry = local.entry_of(made, which, agency, source.id, policy)
    waits = policy.categories[made.category].approval
    await conn.execute(
        "insert into local_entries (id, agency, state, body, category, case_number, reason,"
        " made_by, made_at, expires_at) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            which,
            agency,
            "waiting" if waits else "in force",
            storable_json({"made": made, "entry": entry.entry_id}),
            made.category,
            storable(made.case_number),
            storable(made.reason),
            by,
            now,
            made.expires_at,
        ),
    )
    one = await load(conn, agency, which)
    await _audit(conn, one, "made", by, now, made.reason)
    if not waits:
        await live_store.add(conn, source, entry, by=str(by), reason=made.reason, now=now)
    return one


async def approve(
    conn: Connection,
    agency: str,
    which: UUID,
    policy: Policy,
    *,
    by: UUID,
    now: datetime,
    note: str = "",
) -> LocalEntry:
    """A second person puts the entry in force, or agrees to the later end that was asked for.

    Raises NotFound, NotAllowed (one's own, another agency's person), BadInput (decided already,
    its time is over, the policy no longer allows it) and Prohibited.
    """
    await _person(conn, agency, by)
    one = await load(conn, agency, which, lock=True)
    if one.state == "in force" and one.extension is not None:
        return await _approve_extension(conn, one, policy, by, now, note)
    _must_be(one, "waiting")
    _second(one.made_by, by)
    if one.expires_at <= now:
        raise BadInput("expires_at", "its time was over before it was approved; enter it again")
    # What was asked under an older policy is asked anew of this one.
    local.check_allowed(one.made, policy)
    ends = local.check_end(one.expires_at, one.category, policy, now, begun=one.made_at)
    assert ends == one.expires_at
    said = _note(note)
    why = said or one.reason
    after = await _decided(conn, one, "in force", by, now, said)
    await _audit(conn, after, "approved", by, now, why)
    await _into_force(conn, after, policy, by, now, why)
    return after


async def refuse(
    conn: Connection, agency: str, which: UUID, *, by: UUID, reason: str, now: datetime
) -> LocalEntry:
    """A second person says no: to the entry, or to the later end that was asked for.

    Raises NotFound, NotAllowed, BadInput, Prohibited.
    """
    await _person(conn, agency, by)
    why = local.check_reason(reason, "refusing")
    one = await load(conn, agency, which, lock=True)
    if one.state == "in force" and one.extension is not None:
        _second(one.extension.by, by)
        after = await _keep(conn, one, extension=None)
        await _audit(conn, after, "extension-refused", by, now, why)
        return after
    _must_be(one, "waiting")
    _second(one.made_by, by)
    after = await _decided(conn, one, "refused", by, now, why)
    await _audit(conn, after, "refused", by, now, why)
    return after


async def change_end(
    conn: Connection,
    agency: str,
    which: UUID,
    until: datetime,
    policy: Policy,
    *,
    by: UUID,
    reason: str,
    now: datetime,
) -> LocalEntry:
    """Another end for an entry in force, within the category's longest life from when it was made.

    An earlier end holds at once; a later one waits for a second person where the category asks for
    one, and until then the end stays as it was. Raises NotFound, NotAllowed, BadInput, Prohibited.
    """
    await _person(conn, agency, by)
    why = local.check_reason(reason, "another end")
    one = await load(conn, agency, which, lock=True)
    _must_be(one, "in force")
    local.check_allowed(one.made, policy)
    if one.expires_at <= now:
        raise BadInput("expires_at", "its time is over; enter it again")
    ends = local.check_end(until, one.category, policy, now, begun=one.made_at)
    if one.made.since is not None and ends <= one.made.since:
        raise BadInput("expires_at", "must come after the beginning of its time window")
    if ends > one.expires_at and policy.categories[one.category].approval:
        after = await _keep(conn, one, extension=Extension(until=ends, by=by, at=now, reason=why))
        await _audit(conn, after, "extension-asked", by, now, why, until=ends)
        return after
    return await _set_end(conn, one, ends, policy, by, now, why)


async def withdraw(
    conn: Connection, agency: str, which: UUID, *, by: UUID | str, reason: str, now: datetime
) -> LocalEntry:
    """Take an entry out of force, or a waiting one back. Alerts that rest on nothing else are
    recalled. `by` is a person's id, or who is at the command line (``cli:NAME``).

    Raises NotFound, NotAllowed, BadInput (it is not open any longer), Prohibited.
    """
    if isinstance(by, UUID):
        await _person(conn, agency, by)
    why = local.check_reason(reason, "a withdrawal")
    one = await load(conn, agency, which, lock=True)
    _must_be(one, *OPEN)
    person = by if isinstance(by, UUID) else None
    after = await _decided(conn, one, "withdrawn", person, now, why)
    await _audit(conn, after, "withdrawn", by, now, why)
    if one.state == "in force":
        await _out_of_force(conn, one, str(by), why, now)
    return after


async def expire(db: Database, now: datetime) -> int:
    """End what is past its end, each in a transaction of its own. How many. Workers stop matching
    at the very moment; this is the record of it, and what looks at the alerts."""
    async with db.connection() as conn:
        cursor = await conn.execute(
            "select id, agency from local_entries where state = any(%s) and expires_at <= %s"
            " order by expires_at limit %s",
            (list(OPEN), now, AT_ONCE),
        )
        over = await cursor.fetchall()
    ended = 0
    for row in over:
        async with db.transaction() as conn:
            one = await load(conn, row["agency"], row["id"], lock=True)
            if one.state not in OPEN or one.expires_at > now:
                continue  # decided meanwhile
            after = await _decided(conn, one, "expired", None, now, "its time is over")
            await _audit(conn, after, "expired", "clock", now, after.decision)
            if one.state == "in force":
                await _out_of_force(conn, one, "clock", after.decision, now)
            ended += 1
    return ended


async def load(conn: Connection, agency: str, which: UUID, *, lock: bool = False) -> LocalEntry:
    """One local entry. Raises NotFound, also for another agency's."""
    cursor = await conn.execute(
        "select * from local_entries where id = %s and agency = %s"
        + (" for update" if lock else ""),
        (which, agency),
    )
    row = await cursor.fetchone()
    if row is None:
        what = f"local entry {which}"
        raise NotFound(what)
    return _local(row)


async def entries(
    conn: Connection, agency: str, *, states: Sequence[State] = OPEN, limit: int = 200
) -> list[LocalEntry]:
    """The agency's local entries: what waits first (also for a later end), then the newest."""
    cursor = await conn.execute(
        "select * from local_entries where agency = %s and state = any(%s)"
        " order by state = 'waiting' or (state = 'in force' and body ? 'extension') desc,"
        " made_at desc, id limit %s",
        (agency, list(states), limit),
    )
    return [_local(row) for row in await cursor.fetchall()]


async def of_entry(conn: Connection, agency: str, entry: UUID) -> LocalEntry:
    """The local entry behind an entry of a match or an alert. Raises NotFound."""
    cursor = await conn.execute(
        "select * from local_entries where agency = %s and body->>'entry' = %s",
        (agency, str(entry)),
    )
    row = await cursor.fetchone()
    if row is None:
        what = f"local entry of {entry}"
        raise NotFound(what)
    return _local(row)


async def _approve_extension(
    conn: Connection, one: LocalEntry, policy: Policy, by: UUID, now: datetime, note: str
) -> LocalEntry:
    asked = one.extension
    assert asked is not None
    _second(asked.by, by)
    if one.expires_at <= now:
        raise BadInput("expires_at", "its time was over before that was approved; enter it again")
    local.check_allowed(one.made, policy)
    ends = local.check_end(asked.until, one.category, policy, now, begun=one.made_at)
    why = _note(note) or asked.reason
    return await _set_end(conn, one, ends, policy, by, now, why)


async def _set_end(
    conn: Connection,
    one: LocalEntry,
    ends: datetime,
    policy: Policy,
    by: UUID,
    now: datetime,
    why: str,
) -> LocalEntry:
    made = msgspec.structs.replace(one.made, expires_at=ends)
    after = await _keep(conn, one, made=made, extension=None)
    await _audit(conn, after, "end-changed", by, now, why, before=one.expires_at)
    await _into_force(conn, after, policy, by, now, why)
    return after


async def _into_force(
    conn: Connection, one: LocalEntry, policy: Policy, by: UUID, now: datetime, why: str
) -> None:
    source = await _source(conn, one.agency, by, now)
    entry = local.entry_of(one.made, one.id, one.agency, source.id, policy)
    await live_store.add(conn, source, entry, by=str(by), reason=why, now=now)


async def _out_of_force(
    conn: Connection, one: LocalEntry, by: str, why: str, now: datetime
) -> None:
    last = await live_store.last_word(conn, one.agency, one.entry)
    if last is not None and last.op == "add":
        source = await store.source_named(conn, one.agency, local.NAME)
        await live_store.end(conn, source, last.entry, by=by, reason=why, now=now)


async def _source(conn: Connection, agency: str, by: UUID, now: datetime) -> HotlistSource:
    """The agency's own list, made with its first entry."""
    try:
        return await store.source_named(conn, agency, local.NAME)
    except NotFound:
        return await ensure_source(conn, agency, local.NAME, local.KIND, by=str(by), now=now)


async def _person(conn: Connection, agency: str, by: UUID) -> None:
    cursor = await conn.execute(
        "select 1 from people where id = %s and agency = %s and active", (by, agency)
    )
    if await cursor.fetchone() is None:
        msg = "only a person of this agency may do this"
        raise NotAllowed(msg)


def _second(first: UUID, by: UUID) -> None:
    if first == by:
        msg = "you asked for this yourself: a second person must decide about it"
        raise NotAllowed(msg)


def _note(note: str) -> str:
    """What the second person adds, if anything. Raises BadInput and Prohibited."""
    return local.check_reason(note, "a note") if note.strip() else ""


def _must_be(one: LocalEntry, *states: State) -> None:
    if one.state not in states:
        raise BadInput("", f"this entry is {one.state} already")


async def _decided(
    conn: Connection, one: LocalEntry, state: State, by: UUID | None, now: datetime, why: str
) -> LocalEntry:
    after = msgspec.structs.replace(
        one, state=state, decided_by=by, decided_at=now, decision=why, extension=None
    )
    await conn.execute(
        "update local_entries set state = %s, decided_by = %s, decided_at = %s, decision = %s,"
        " body = body - 'extension' where id = %s",
        (state, by, now, storable(why), one.id),
    )
    return after


async def _keep(
    conn: Connection, one: LocalEntry, *, extension: Extension | None, made: Checked | None = None
) -> LocalEntry:
    made = made or one.made
    body: dict[str, Any] = {"made": made, "entry": one.entry}
    if extension is not None:
        body["extension"] = extension
    await conn.execute(
        "update local_entries set body = %s, expires_at = %s where id = %s",
        (storable_json(body), made.expires_at, one.id),
    )
    return msgspec.structs.replace(one, made=made, expires_at=made.expires_at, extension=extension)


async def _audit(
    conn: Connection,
    one: LocalEntry,
    what: str,
    by: UUID | str,
    now: datetime,
    reason: str,
    **moments: datetime,
) -> None:
    detail: dict[str, Any] = {
        "entry": str(one.entry),
        "category": one.category,
        "case": one.case_number,
        "expires": one.expires_at.isoformat(),
        **{name: moment.isoformat() for name, moment in moments.items()},
    }
    subject = f"local-entry:{one.id}"
    await append(conn, now, [Act(one.agency, str(by), f"entry.{what}", subject, reason, detail)])


def _local(row: Row) -> LocalEntry:
    body = row.pop("body")
    return msgspec.convert({**row, **body}, LocalEntry, strict=False)
