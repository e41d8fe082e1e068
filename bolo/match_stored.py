"""The pair that `bolo match explain` is asked about, when some of it is in the database."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from bolo.match_pairs import Pair, entry_of_file, is_file, read_of_file, scales_of
from domain.clock import system_clock
from domain.entry import Entry
from domain.errors import BadInput, NotFound
from domain.ids import target_of
from domain.read import Read
from matchers.background_tables import state_number
from matchers.evidence import Evidence
from matchers.judging import explain as judged
from matchers.lasting import in_time
from matchers.misreads import held_back
from matchers.scales import Scales
from matchers.state_words import state_code
from matchers.watch import Match

_NOTHING: tuple[str, ...] = ()


async def stored_pair(
    conn: Any,
    agency: str,
    which: Read | str,
    wanted: Entry | str,
    *,
    state: str,
    policy: Any,
    by: str,
    reason: str,
) -> Pair:
    """The pair with what is stored: READ an alert's number or id, a read's id, or a file; ENTRY a
    file, an entry's id or a plate on a list in force; "" for the entry of the alert. Either may be
    one that is not stored.

    To look is a search: it needs a reason and leaves an audit row. Raises BadInput and NotFound.
    """
    from alerts.holders import zone_of
    from hotlists.local import check_reason
    from storage.audit import Act, append

    now = system_clock()
    why = check_reason(reason, "a look at what is stored")
    read, shown, own, notes = await _stored_read(conn, agency, which)
    entry, held = own, _NOTHING
    if wanted:
        entry, held = await _stored_entry(conn, agency, wanted, state, policy, by, why)
        shown = None
    if entry is None:
        raise BadInput("ENTRY", "say which entry: a file, its id, or a plate on a list")
    scales = await _scales(conn, agency, now)
    zone = str(await zone_of(conn, agency))
    if wanted and not in_time(entry, read.seen_at, zone):
        held = (*held, "The entry did not hold when the read was seen")
    detail = {"read": str(read.read_id), "entry": str(entry.entry_id)}
    act = Act(agency, by, "match.explained", f"agency:{agency}", why, detail)
    await append(conn, now, [act])
    marked = _marked(read, entry, scales, now)
    if shown is not None:  # the alert stands, whatever was said of its text since
        return Pair(read, entry, scales, shown, held, (*notes, *marked))
    return Pair(read, entry, scales, None, (*held, *marked), notes)


async def _stored_read(
    conn: Any, agency: str, which: Read | str
) -> tuple[Read, Evidence | None, Entry | None, tuple[str, ...]]:
    """(read, what its alert shows, the alert's entry, notes)."""
    from alerts.naming import named
    from records.store import read_body

    if isinstance(which, Read):
        return which, None, None, ()
    if is_file(which):
        read, notes = read_of_file(which, agency)
        return read, None, None, notes
    try:
        body = await read_body(conn, agency, UUID(which))
        if body is not None:
            return msgspec.json.decode(body, type=Read), None, None, ()
    except ValueError:
        pass
    try:
        alert = await named(conn, agency, which)
    except NotFound:
        what = f"alert or read {which} of {agency} (no file of that name either)"
        raise NotFound(what) from None
    match = alert.match
    return match.read, match.evidence, match.entry, (f"alert {alert.number}",)


async def _stored_entry(
    conn: Any, agency: str, wanted: Entry | str, state: str, policy: Any, by: str, why: str
) -> tuple[Entry, tuple[str, ...]]:
    """(entry, what holds it back)."""
    from hotlists import finding

    if isinstance(wanted, Entry):
        return wanted, ()
    if is_file(wanted):
        return entry_of_file(wanted, agency), ()
    try:
        found = [await finding.held(conn, agency, UUID(wanted), policy)]
    except ValueError:
        now = system_clock()
        found = await finding.find(
            conn, agency, plate=wanted, state=state, policy=policy, by=by, reason=why, now=now
        )
    if not found:
        what = f"entry for {wanted} on any list in force"
        raise NotFound(what)
    if len(found) > 1:
        which = "; ".join(
            f"{one.entry.entry_id} ({one.source_name}, {one.entry.state or 'no state'})"
            for one in found
        )
        raise BadInput("ENTRY", f"several entries want it, say one by its id: {which}")
    (one,) = found
    return one.entry, ("The entry is withdrawn",) if one.withdrawn else ()


async def _scales(conn: Any, agency: str, now: Any) -> Scales:
    """What a worker weighs the agency's reads with right now."""
    from hotlists import live_store, store, threshold_store
    from hotlists.counting import states_listed
    from hotlists.remembering import Memories

    states: Counter[str] = Counter()
    for source in await store.sources(conn, agency):
        active = await store.active(conn, source.id)
        if active is not None:
            states += await states_listed(conn, active.id)
    live = await live_store.standing(conn, agency, limit=50_000)
    states += Counter(one.entry.state for one in live if one.op == "add")
    by_state = [0] * 256
    for state, count in states.items():
        by_state[state_number(state_code(state))] += count
    memories = Memories()
    await memories.look(conn, now, within=float("inf"))  # there is no second look
    thresholds = (await threshold_store.in_force(conn)).get(agency)
    scales = replace(
        scales_of(agency, states.total()), by_state=by_state, memory=memories.of(agency)
    )
    return replace(scales, thresholds=thresholds) if thresholds else scales


def _marked(read: Read, entry: Entry, scales: Scales, now: datetime) -> tuple[str, ...]:
    """Whether a person has said of the text that matches, or of the camera's first, that it is
    another plate: as matchers.misreads holds it back."""
    evidence = judged(read, entry, scales)
    if evidence is None:
        return ()
    target = target_of(entry)
    found = Match(
        read=read, entry=entry, evidence=evidence, generation=0, source_name="",
        list_refreshed_at=now, matched_at=now, target=target,
    )  # fmt: skip
    if not held_back(found, scales.memory.misreads, now):
        return ()
    known = (scales.memory.misreads.get((target, text)) for text in (evidence.reading, read.plate))
    until = max(one for one in known if one is not None)
    return (f"A person rejected this text as a misread, remembered until {until:%Y-%m-%d}",)
