"""From matches to alerts and sightings, many in one transaction.

There are as many statements for one match as for fifty. Each alert is saved together with its
history row, its sighting, what it rests on and its audit row, or not at all. Two matches of the
same target are one after the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from alerts import raising_store as store
from alerts.changes import notify
from alerts.episodes import LATE_AFTER, Raised, is_late, open_alert
from alerts.holders import note_holders
from alerts.model import UNVERIFIED, State
from alerts.needing import contradicts, needed_for
from alerts.raising_store import Case, Key, facts_of, key_of
from alerts.store import note
from hotlists.live_store import withdrawn
from hotlists.rechecking import recheck_overtaken
from matchers.watch import Holder, Match
from policy.loading import standard
from policy.model import Policy
from storage.audit import Act, append
from storage.postgres import Connection
from storage.texts import storable_json


async def raise_alert(
    conn: Connection,
    match: Match,
    now: datetime,
    *,
    late_after: timedelta = LATE_AFTER,
    policy: Policy | None = None,
) -> Raised:
    """One alert or one sighting for a match, see raise_alerts. Waits for who has its target."""
    (raised,) = await raise_alerts(conn, [match], now, late_after=late_after, policy=policy)
    assert raised is not None
    return raised


async def raise_alerts(
    conn: Connection,
    matches: Sequence[Match],
    now: datetime,
    *,
    late_after: timedelta = LATE_AFTER,
    policy: Policy | None = None,
    wait: bool = True,
) -> list[Raised | None]:
    """One alert or one sighting for each match, whatever is replayed. Notifies the desks.

    In the order of `matches`. `policy` (None: the standard one) says how many people must verify
    each. No alert comes of a match whose entries were all withdrawn since it was made. Unless it
    is to `wait`, a match whose target another transaction has right now is left undone: None.
    """
    had = await store.lock(conn, {match.wanted for match in matches}, wait=wait)
    raised: list[Raised | None] = [None] * len(matches)
    for places in _one_a_target(matches, had):
        chosen = [matches[place] for place in places]
        done = await _raise(conn, chosen, now, late_after, policy or standard())
        for place, one in zip(places, done, strict=True):
            raised[place] = one
    # Once, after all rounds: it takes keys that others wait for, and takes them in order.
    new = [m for m, one in zip(matches, raised, strict=True) if one and one.new_sighting]
    await recheck_overtaken(conn, ((h.entry.source, h.generation) for h in _holders(new)))
    return raised


def _one_a_target(matches: Sequence[Match], targets: set[UUID]) -> list[list[int]]:
    """The places of the matches of those targets, in rounds: in each at most one of a target, the
    earlier ones first."""
    seen: Counter[UUID] = Counter()
    rounds: list[list[int]] = []
    for place, match in enumerate(matches):
        target = match.wanted
        if target not in targets:
            continue
        if seen[target] == len(rounds):
            rounds.append([])
        rounds[seen[target]].append(place)
        seen[target] += 1
    return rounds


async def _raise(
    conn: Connection, matches: Sequence[Match], now: datetime, late_after: timedelta, policy: Policy
) -> list[Raised]:
    """As raise_alerts, for matches of different targets that are ours."""
    known = await store.known(conn, matches)
    new = [match for match in matches if key_of(match) not in known]
    gone = await withdrawn(conn, [h.entry.entry_id for h in _holders(new)])
    held = [m for m in new if any(h.entry.entry_id not in gone for h in m.holders)]
    open_before = await store.open_now(conn, held)
    cases: dict[Key, Case] = {}
    for match in held:
        row = open_before.get((match.wanted, match.entry.agency))
        cases[key_of(match)] = Case(
            match=match,
            body=msgspec.Raw(storable_json(match).encode()),
            late=is_late(match, now, late_after),
            needed=needed_for(match, policy),
            alert=row["id"] if row else open_alert(match, now).id,
            state=State(row["state"]) if row else None,
        )
    every = list(cases.values())
    seen_again = [case for case in every if not case.opens]
    await store.sight_again(conn, seen_again)
    for case in seen_again:
        before = open_before[case.match.wanted, case.agency]["needed"]
        if case.state in UNVERIFIED and case.needed > before:
            await _needs_more(conn, case, now)
    await store.open_alerts(conn, [case for case in every if case.opens], now)
    await store.note_sightings(conn, every)
    await note_holders(conn, [(case.alert, case.match) for case in every], now, gone=gone)
    acts = [_late_act(match) for match in new if key_of(match) not in cases]
    await append(conn, now, acts + [_act(case) for case in every])
    became = {True: State.RAISED, False: "sighting"}
    await notify(conn, [(case.agency, case.alert, became[case.opens]) for case in every])
    return [_outcome(known, cases, key_of(match)) for match in matches]


def _holders(matches: Sequence[Match]) -> list[Holder]:
    return [holder for match in matches for holder in match.holders]


def _outcome(known: dict[Key, UUID], cases: dict[Key, Case], key: Key) -> Raised:
    if key in known:
        return Raised(known[key], new_alert=False, new_sighting=False)
    if key not in cases:
        return Raised(None, new_alert=False, new_sighting=False)
    return Raised(cases[key].alert, new_alert=cases[key].opens, new_sighting=True)


async def _needs_more(conn: Connection, case: Case, now: datetime) -> None:
    """A sighting asks for more people than the open alert did."""
    await conn.execute("update alerts set needed = %s where id = %s", (case.needed, case.alert))
    detail = {
        "needed": case.needed,
        "read": str(case.match.read.read_id),
        "conflict": contradicts(case.match.evidence),
    }
    await note(conn, case.agency, case.alert, "needs-more", detail, now, actor="matcher")


def _act(case: Case) -> Act:
    match = case.match
    detail = facts_of(case) | {
        "holders": [str(h.entry.entry_id) for h in match.holders],
        "generation": match.generation,
        "change": match.change,
        "score": match.evidence.score,
        "threshold": match.evidence.threshold,
    }
    act = "alert.raised" if case.opens else "alert.sighting"
    return Act(case.agency, "matcher", act, f"alert:{case.alert}", detail=detail)


def _late_act(match: Match) -> Act:
    """Of a match whose entries were all withdrawn while it was on its way."""
    detail = {
        "read": str(match.read.read_id),
        "generation": match.generation,
        "change": match.change,
    }
    subject = f"entry:{match.entry.entry_id}"
    return Act(match.entry.agency, "matcher", "alert.withdrawn-before", subject, detail=detail)
