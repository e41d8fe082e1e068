"""Taking an entry back: nobody is alerted any more, and whoever was told is told.

Toledo OH, 2024: dispatch said that there was no match, and the stop went on. A sheriff's own
directive: a car was cleared two hours before, and the list is daily.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from alerts.resting import recheck_expired, recheck_source
from domain.clock import system_clock as now
from domain.errors import BadInput, BoloError, NotFound, Prohibited
from hotlists import finding, live_store, local_store, store
from hotlists.local import Asked
from notifiers.courier import Courier
from policy.loading import parse, standard
from simulator.gateway import FakeGateway
from storage.postgres import Database
from tests.integration.couriers import ORI, console_for, settle_town, until
from tests.integration.listed import WHY, Listed, caring

AT_ONCE = parse('name = "A"\n[categories.felony-vehicle]\napproval = false\n')


@pytest.fixture
async def gateway() -> AsyncIterator[FakeGateway]:
    async with FakeGateway() as one:
        yield one


@pytest.fixture
async def listed(db: Database, gateway: FakeGateway) -> Listed:
    return Listed(await settle_town(db, gateway), db)


@pytest.fixture
async def courier(db: Database, gateway: FakeGateway) -> AsyncIterator[Courier]:
    async with console_for(db, gateway) as url, caring(db, gateway, url) as one:
        yield one


async def is_now(listed: Listed, alert: UUID, state: str, seconds: float = 10.0) -> None:
    async def so() -> bool:
        return await listed.state(alert) == state

    await until(so, seconds)


async def settled(listed: Listed) -> bool:
    """Whether the courier has done what is due: the looks of later are still waiting."""
    async with listed.db.connection() as conn:
        cursor = await conn.execute(
            "select count(*) as n from pgqueuer where execute_after <= now()"
        )
        row = await cursor.fetchone()
    return row is not None and row["n"] == 0 and await listed.town.quiet()


@pytest.mark.usefixtures("courier")
async def test_whoever_was_told_is_told_that_the_entry_was_withdrawn(
    listed: Listed, gateway: FakeGateway
) -> None:
    await listed.list_of("NCIC", "482KTB:KS")
    made = await listed.matched("482KTB")
    alert = await listed.alert(made, verified=True)
    await until(listed.town.quiet)
    assert set((await listed.town.states(alert)).values()) == {"delivered"}
    await listed.withdraw(made.entry)
    await is_now(listed, alert, "recalled")
    await until(listed.town.quiet)
    states = await listed.town.states(alert)
    assert set(states) == {
        f"{who} {what}" for who in ("officer", "dispatch", "system")
        for what in ("verified", "recalled")
    }  # fmt: skip
    assert set(states.values()) == {"delivered"}
    code = await listed.town.code(alert)
    recalls = [t.body for t in gateway.texts() if "RECALLED" in t.body]
    assert len(recalls) == 2
    assert all(code in body and "482KTB" not in body for body in recalls)
    (event,) = [e.event for e in gateway.events() if e.event["type"].endswith("recalled")]
    assert event["data"]["reason"] == f"NCIC: withdrawn ({WHY})"
    assert event["data"]["sources"] == ["NCIC"]
    assert await listed.matches("482KTB") == []


@pytest.mark.usefixtures("courier")
async def test_a_possible_hit_is_recalled_and_nobody_hears_of_it(
    listed: Listed, gateway: FakeGateway
) -> None:
    await listed.list_of("NCIC", "482KTB:KS")
    made = await listed.matched("482KTB")
    alert = await listed.alert(made)
    await listed.withdraw(made.entry)
    await is_now(listed, alert, "recalled")
    await until(lambda: settled(listed))
    assert await listed.town.states(alert) == {}
    assert list(gateway.texts()) == []
    assert list(gateway.events()) == []


@pytest.mark.usefixtures("courier")
async def test_an_alert_that_another_list_holds_stays_until_that_lets_go_too(
    listed: Listed, gateway: FakeGateway
) -> None:
    await listed.list_of("NCIC", "482KTB:KS")
    await listed.list_of("State", "482KTB:KS")
    made = await listed.matched("482KTB")
    first, second = made.entry, made.also[0].entry
    alert = await listed.alert(made, verified=True)
    await until(listed.town.quiet)
    await listed.withdraw(first)

    async def let_go() -> bool:
        return [h.event for h in await listed.history(alert)][-1] == "list-let-go"

    await until(let_go)
    await until(lambda: settled(listed))
    assert await listed.state(alert) == "verified"
    assert not [t for t in gateway.texts() if "RECALLED" in t.body]
    last = (await listed.history(alert))[-1]
    assert last.detail["reason"] == f"NCIC: withdrawn ({WHY})"
    assert [m.source_name for m in await listed.matches("482KTB")] == ["State"]
    await listed.withdraw(second)
    await is_now(listed, alert, "recalled")
    await until(listed.town.quiet)
    assert len([t for t in gateway.texts() if "RECALLED" in t.body]) == 2


@pytest.mark.usefixtures("courier")
async def test_a_refresh_that_drops_the_entry_recalls(listed: Listed, gateway: FakeGateway) -> None:
    await listed.list_of("NCIC", "482KTB:KS", "7GHT219:KS")
    gone = await listed.alert(await listed.matched("482KTB"), verified=True)
    stays = await listed.alert(await listed.matched("7GHT219"), verified=True)
    await until(listed.town.quiet)
    await listed.list_of("NCIC", "7GHT219:KS")
    await is_now(listed, gone, "recalled")
    await until(lambda: settled(listed))
    assert await listed.ended_because(gone) == "NCIC: the list no longer holds the entry"
    assert await listed.state(stays) == "verified"
    code = await listed.town.code(gone)
    assert [code in t.body for t in gateway.texts() if "RECALLED" in t.body] == [True, True]


async def test_an_entry_that_expires_recalls(listed: Listed) -> None:
    today = now().date().isoformat()
    await listed.list_of("NCIC", f"482KTB:KS:EV:{today}", "7GHT219:KS")
    over = await listed.alert(await listed.matched("482KTB"))
    stays = await listed.alert(await listed.matched("7GHT219"))
    assert await recheck_expired(listed.db, now()) == 0
    assert await recheck_expired(listed.db, now() + timedelta(days=2)) == 1
    assert await listed.ended_because(over) == "NCIC: the entry has expired"
    assert await listed.state(stays) == "raised"


async def local(listed: Listed, plate: str = "482KTB", days: float = 2) -> local_store.LocalEntry:
    """A local entry in force."""
    asked = Asked(
        plate=plate, state="KS", reason="Armed robbery at the bank", case_number="26-114",
        category="felony-vehicle", expires_at=now() + timedelta(days=days),
    )  # fmt: skip
    async with listed.db.transaction() as conn:
        return await local_store.make(
            conn, ORI, asked, AT_ONCE, by=listed.town.officer.id, now=now()
        )


async def test_an_entry_that_was_given_a_later_end_holds_its_alert_until_then(
    listed: Listed,
) -> None:
    one = await local(listed)
    alert = await listed.alert(await listed.matched("482KTB"))
    async with listed.db.transaction() as conn:
        await local_store.change_end(
            conn, ORI, one.id, now() + timedelta(days=9), AT_ONCE,
            by=listed.town.officer.id, reason="still at large", now=now(),
        )  # fmt: skip
    assert await recheck_expired(listed.db, now() + timedelta(days=3)) == 0
    assert await listed.state(alert) == "raised"
    assert await recheck_expired(listed.db, now() + timedelta(days=10)) == 1
    assert await listed.ended_because(alert) == "Local entries: the entry has expired"


@pytest.mark.usefixtures("courier")
async def test_a_local_entry_that_is_withdrawn_or_expires_recalls(listed: Listed) -> None:
    for plate in ("482KTB", "7GHT219"):
        await local(listed, plate)
    first = await listed.alert(await listed.matched("482KTB"), verified=True)
    second = await listed.alert(await listed.matched("7GHT219"), verified=True)
    await listed.withdraw((await listed.matched("482KTB")).entry, "he turned himself in")
    await is_now(listed, first, "recalled")
    assert await listed.ended_because(first) == "Local entries: ended (he turned himself in)"
    assert await listed.state(second) == "verified"
    assert await local_store.expire(listed.db, now() + timedelta(days=3)) == 1
    await is_now(listed, second, "recalled")
    assert await listed.ended_because(second) == "Local entries: ended (its time is over)"


async def test_a_match_on_its_way_when_its_entry_is_withdrawn_raises_nothing(
    listed: Listed,
) -> None:
    await listed.list_of("NCIC", "482KTB:KS")
    await local(listed, "7GHT219")
    for plate in ("482KTB", "7GHT219"):
        under_way = await listed.matched(plate)
        await listed.withdraw(under_way.entry)
        raised = await listed.raised(under_way)
        assert (raised.alert, raised.new_alert, raised.new_sighting) == (None, False, False)
        again = await listed.raised(under_way)
        assert again.alert is None
    acts = await listed.town.acts("alert.withdrawn-before")
    assert len(acts) == 4


async def test_a_match_on_its_way_rests_on_the_list_that_still_holds(listed: Listed) -> None:
    await listed.list_of("NCIC", "482KTB:KS")
    await listed.list_of("State", "482KTB:KS")
    under_way = await listed.matched("482KTB")
    await listed.withdraw(under_way.entry)
    alert = await listed.alert(under_way)
    assert await recheck_source(listed.db, listed.sources["NCIC"].id, now()) == 0
    await listed.withdraw(under_way.also[0].entry)
    assert await recheck_source(listed.db, listed.sources["State"].id, now()) == 1
    assert await listed.state(alert) == "recalled"


@pytest.mark.usefixtures("courier")
async def test_a_match_on_its_way_when_a_refresh_drops_its_entry_is_recalled_soon(
    listed: Listed,
) -> None:
    await listed.list_of("NCIC", "482KTB:KS")
    under_way = await listed.matched("482KTB")
    await listed.list_of("NCIC", "7GHT219:KS")
    await until(lambda: settled(listed))  # the look right after the refresh is over
    alert = await listed.alert(under_way)
    assert await listed.state(alert) == "raised"
    await is_now(listed, alert, "recalled", seconds=30)


async def test_a_replay_brings_nothing_back(listed: Listed) -> None:
    await listed.list_of("NCIC", "482KTB:KS")
    made = await listed.matched("482KTB")
    alert = await listed.alert(made)
    await listed.withdraw(made.entry)
    assert await recheck_source(listed.db, listed.sources["NCIC"].id, now()) == 1
    replayed = await listed.raised(made)
    assert (replayed.alert, replayed.new_alert, replayed.new_sighting) == (alert, False, False)
    assert await recheck_source(listed.db, listed.sources["NCIC"].id, now()) == 0
    assert await listed.state(alert) == "recalled"


async def test_what_is_withdrawn_and_then_wanted_again_opens_a_new_alert(listed: Listed) -> None:
    await listed.list_of("NCIC", "482KTB:KS")
    made = await listed.matched("482KTB")
    first = await listed.alert(made)
    await listed.withdraw(made.entry)
    assert await recheck_source(listed.db, listed.sources["NCIC"].id, now()) == 1
    await listed.lift(made.entry)
    second = await listed.alert(await listed.matched("482KTB"))
    assert second != first
    assert await recheck_source(listed.db, listed.sources["NCIC"].id, now()) == 0
    assert (await listed.state(first), await listed.state(second)) == ("recalled", "raised")


async def test_a_withdrawal_stands_against_the_file_and_ends_when_the_file_agrees(
    listed: Listed,
) -> None:
    await listed.list_of("NCIC", "482KTB:KS")
    entry = (await listed.matched("482KTB")).entry
    await listed.withdraw(entry)
    await listed.list_of("NCIC", "482KTB:KS", "NEW7777:KS")
    assert await listed.matches("482KTB") == []
    async with listed.db.connection() as conn:
        (one,) = await live_store.standing(conn, ORI)
    assert one.held_by == 2
    assert one.until is not None
    assert timedelta(hours=71) < one.until - now() <= timedelta(hours=72)
    await listed.list_of("NCIC", "NEW7777:KS")
    async with listed.db.connection() as conn:
        assert await live_store.standing(conn, ORI) == []
    await listed.list_of("NCIC", "482KTB:KS")
    assert len(await listed.matches("482KTB")) == 1, "stolen again: it counts again"


async def test_a_withdrawal_whose_time_is_over_lets_the_list_speak_again(listed: Listed) -> None:
    await listed.list_of("NCIC", "482KTB:KS")
    await listed.withdraw((await listed.matched("482KTB")).entry)
    async with listed.db.transaction() as conn:
        assert await live_store.lapse_withdrawals(conn, now() + timedelta(hours=71)) == 0
        assert await live_store.lapse_withdrawals(conn, now() + timedelta(hours=73)) == 1
    assert len(await listed.matches("482KTB")) == 1


async def test_a_withdrawal_needs_a_reason_and_happens_once(listed: Listed) -> None:
    await listed.list_of("NCIC", "482KTB:KS")
    entry = (await listed.matched("482KTB")).entry
    for reason, wrong in (("", BadInput), ("a favor for a friend of mine", Prohibited)):
        with pytest.raises(wrong):
            await listed.withdraw(entry, reason)
    await listed.withdraw(entry)
    with pytest.raises(BadInput, match="withdrawn already"):
        await listed.withdraw(entry)
    await listed.lift(entry)
    with pytest.raises(NotFound):
        await listed.lift(entry)
    with pytest.raises(NotFound):
        await listed.withdraw(UUID(int=7))
    assert [a["reason"] for a in await listed.town.acts("hotlist.withdraw")] == [WHY]
    assert len(await listed.town.acts("hotlist.gone")) == 1


async def test_another_agency_s_entry_cannot_be_withdrawn(listed: Listed) -> None:
    await listed.list_of("NCIC", "482KTB:KS")
    entry = (await listed.matched("482KTB")).entry
    other = await settle_town(listed.db, None, "MO0500100")
    async with listed.db.transaction() as conn:
        for work in (finding.withdraw, finding.lift):
            policy: tuple[Any, ...] = (standard(),) if work is finding.withdraw else ()
            with pytest.raises(NotFound):
                await work(
                    conn, other.ori, entry.entry_id, *policy,
                    by=other.dispatcher.id, reason=WHY, now=now(),
                )  # fmt: skip
    assert len(await listed.matches("482KTB")) == 1


async def test_withdrawals_and_refreshes_at_once_do_not_lock_each_other_out(
    listed: Listed,
) -> None:
    plates = [f"TST{n:04d}" for n in range(8)]
    await listed.list_of("NCIC", *(f"{p}:KS" for p in plates))
    entries = [(await listed.matched(p)).entry for p in plates]

    said: list[str] = []

    async def taken(n: int) -> None:
        for _ in range(3):
            try:
                await listed.withdraw(entries[n])
                await listed.lift(entries[n])
            except BoloError as refused:
                said.append(str(refused))

    async def refreshed() -> None:
        for n in range(4):
            await listed.list_of("NCIC", *(f"{p}:KS" for p in plates), f"MORE{n:03d}:KS")

    await asyncio.gather(*(taken(n) for n in range(8)), *(taken(n) for n in range(8)), refreshed())
    assert all("already" in words or "withdrawal of" in words for words in said)
    for one in entries:
        assert len(await listed.matches(one.plate)) == 1


async def test_a_live_change_does_not_wait_for_a_refresh_that_decides(listed: Listed) -> None:
    """Nor the refresh for it: each would hold what the other asks for."""
    await listed.list_of("NCIC", "482KTB:KS")
    entry = (await listed.matched("482KTB")).entry
    async with listed.db.transaction() as refreshing:
        await store.lock_source(refreshing, listed.sources["NCIC"].id)
        await asyncio.wait_for(listed.withdraw(entry), 5)
    assert await listed.matches("482KTB") == []


async def test_two_changes_take_their_locks_in_the_same_order(listed: Listed) -> None:
    """A refresh holds the withdrawals of its list and then asks for the agency's next number."""
    await listed.list_of("NCIC", "482KTB:KS", "7GHT219:KS")
    one, other = [(await listed.matched(plate)).entry for plate in ("482KTB", "7GHT219")]
    await listed.withdraw(one)
    source = listed.sources["NCIC"]

    async def ended() -> None:
        async with listed.db.transaction() as conn:
            await live_store.end(conn, source, one, by="test", reason="test", now=now())

    async with listed.db.transaction() as settling:
        assert await live_store.last_word(settling, ORI, one.entry_id, lock=True) is not None
        waiting = asyncio.create_task(ended())
        await asyncio.sleep(0.3)
        assert not waiting.done()
        until_then = now() + timedelta(hours=1)
        async with asyncio.timeout(5):
            await live_store.withdraw(
                settling, source, other, by="test", reason="test", now=now(), until=until_then
            )
    await asyncio.wait_for(waiting, 5)
    assert len(await listed.matches("482KTB")) == 1
    assert await listed.matches("7GHT219") == []
