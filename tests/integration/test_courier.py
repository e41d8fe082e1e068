"""From a verified alert to a delivered message: the courier over PostgreSQL and a real gateway."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import msgspec
import pytest

from alerts import store as alerts
from alerts.changes import CHANGED
from alerts.events import CloudEvent
from alerts.model import Reply
from alerts.transitions import Claim
from domain.clock import system_clock as now
from domain.errors import BadInput
from notifiers import recipients, store
from notifiers.channels.twilio_codes import CODES
from notifiers.courier import Courier
from notifiers.fanout import fan_out
from notifiers.model import SILENCE
from simulator.gateway import FakeGateway
from simulator.gateway_model import Behaviour
from storage.postgres import Database
from tests.integration.couriers import (
    DISPATCH_PHONE,
    OFFICER_PHONE,
    PLATE,
    SOON,
    Topic,
    Town,
    channels,
    console_for,
    quick,
    settle_town,
    until,
    working,
)

DELIVERED = {"officer verified", "dispatch verified", "system verified"}


@pytest.fixture
async def gateway() -> AsyncIterator[FakeGateway]:
    async with FakeGateway() as one:
        yield one


@pytest.fixture
async def town(db: Database, gateway: FakeGateway) -> Town:
    return await settle_town(db, gateway)


@pytest.fixture
async def console(db: Database, gateway: FakeGateway) -> AsyncIterator[str]:
    async with console_for(db, gateway) as url:
        yield url


@pytest.fixture
def topic(db: Database) -> Topic:
    return Topic(db)


@pytest.fixture
async def courier(
    db: Database, topic: Topic, gateway: FakeGateway, console: str
) -> AsyncIterator[Courier]:
    async with working(db, topic, channels(gateway, console), quick(console)) as one:
        yield one


async def all_end(town: Town, alert: object, state: str = "delivered") -> bool:
    states = await town.states(alert)  # type: ignore[arg-type]
    return bool(states) and set(states.values()) == {state}


@pytest.mark.usefixtures("courier")
async def test_a_verified_alert_reaches_officer_dispatch_and_system(
    town: Town, gateway: FakeGateway
) -> None:
    alert = await town.verified()
    await until(lambda: all_end(town, alert))
    assert set(await town.states(alert)) == DELIVERED
    code = await town.code(alert)
    assert [t.number for t in gateway.texts()] != []
    for text in gateway.texts():
        assert PLATE not in text.body
        assert "KS" not in text.body
        assert code in text.body
    event = gateway.events()[0].event
    assert event["type"] == "bolo.alert.verified"
    assert event["data"]["plate"] == PLATE
    assert gateway.memory.refused == 0
    told = await town.acts("alert.told")
    assert len(told) == 1


@pytest.mark.usefixtures("courier")
async def test_nobody_hears_of_an_alert_that_is_not_verified(
    town: Town, gateway: FakeGateway, db: Database
) -> None:
    alert = await town.raised()
    async with db.transaction() as conn:
        by = town.dispatcher.id
        await alerts.transition(conn, town.ori, alert, Claim(by), now(), actor=str(by))
    other = await town.verified()
    await until(lambda: all_end(town, other))
    assert await town.states(alert) == {}
    code = await town.code(alert)
    assert not [t for t in gateway.texts() if code in t.body]


@pytest.mark.usefixtures("courier")
async def test_a_late_alert_is_told_to_dispatch_and_systems_only(town: Town) -> None:
    alert = await town.verified(late=True)
    await until(lambda: all_end(town, alert))
    assert set(await town.states(alert)) == {"dispatch verified", "system verified"}


@pytest.mark.usefixtures("courier")
async def test_a_recall_reaches_everyone_who_was_told(
    town: Town, gateway: FakeGateway, db: Database
) -> None:
    alert = await town.verified()
    await until(lambda: all_end(town, alert))
    async with db.transaction() as conn:  # switched off in between, and a newcomer
        await recipients.deactivate(
            conn, town.ori, town.told["officer"].id, now(), by="test", reason="left"
        )
        await recipients.add(
            conn, town.ori, "new", "officer", "sms", "+16205550199", now(), by="test"
        )
    await town.recall(alert)
    await until(town.quiet)
    states = await town.states(alert)
    assert set(states.values()) == {"delivered"}
    assert {k for k in states if k.endswith("recalled")} == {
        "officer recalled",
        "dispatch recalled",
        "system recalled",
    }
    for number in (OFFICER_PHONE, DISPATCH_PHONE):
        assert "RECALLED: do not act on" in gateway.texts(number)[-1].body
    assert gateway.texts("+16205550199") == []
    assert [e.event["type"] for e in gateway.events()] == [
        "bolo.alert.verified",
        "bolo.alert.recalled",
    ]


async def test_a_verified_sms_still_waiting_is_not_sent_after_the_recall(
    db: Database, town: Town, topic: Topic, gateway: FakeGateway, console: str
) -> None:
    alert = await town.verified()
    topic.hold = True
    async with working(db, topic, channels(gateway, console), quick(console)):
        await until(lambda: len(topic.values) == 1)
    assert await fan_out(db, topic.values[0], now()) == 3
    await town.recall(alert)
    topic.hold = False
    async with working(db, topic, channels(gateway, console), quick(console)):
        await until(lambda: _recalled_to_all(town, alert))
    states = await town.states(alert)
    assert {states[k] for k in DELIVERED} == {"superseded"}
    assert all("RECALLED" in t.body for t in gateway.texts())


async def _recalled_to_all(town: Town, alert: object) -> bool:
    states = await town.states(alert)  # type: ignore[arg-type]
    return [v for k, v in states.items() if k.endswith("recalled")] == ["delivered"] * 3


@pytest.mark.usefixtures("courier")
async def test_the_recall_is_told_even_though_the_alert_was_not_delivered(
    town: Town, gateway: FakeGateway
) -> None:
    gateway.behaviour = Behaviour(lose={OFFICER_PHONE: 30005})
    alert = await town.verified()
    await until(lambda: _is(town, alert, "officer verified", "failed"))
    gateway.behaviour = Behaviour()
    await town.recall(alert)
    await until(lambda: _is(town, alert, "officer recalled", "delivered"))


async def _is(town: Town, alert: object, who: str, state: str) -> bool:
    return (await town.states(alert)).get(who) == state  # type: ignore[arg-type]


async def _texts_are_sent(town: Town, alert: object) -> bool:
    states = list((await town.states(alert)).values())  # type: ignore[arg-type]
    return states.count("sent") == 2


@pytest.mark.usefixtures("courier")
async def test_no_phone_reads_the_recall_before_the_hit(town: Town, gateway: FakeGateway) -> None:
    gateway.behaviour = Behaviour(delay=0.6)  # the first messages are under way for a while
    taken = [await town.verified() for _ in range(3)]
    await until(lambda: len(gateway.texts()) >= 2)
    for alert in taken:
        await town.recall(alert)
    await until(town.quiet, 20)
    for alert in taken:
        code = await town.code(alert)
        for number in (OFFICER_PHONE, DISPATCH_PHONE):
            said = ["RECALLED" in t.body for t in gateway.texts(number) if code in t.body]
            assert said == sorted(said), "a hit came after its recall"
            assert not said or said[-1], "a hit stayed without its recall"


async def test_a_verify_event_that_arrives_after_the_recall_tells_nobody(
    db: Database, town: Town, topic: Topic, gateway: FakeGateway, console: str
) -> None:
    topic.hold = True
    alert = await town.verified()

    def published(kind: bytes) -> list[bytes]:
        return [v for v in topic.values if b"bolo.alert." + kind in v]

    async with working(db, topic, channels(gateway, console), quick(console)):
        await until(lambda: bool(published(b"verified")))
        await town.recall(alert)
        await until(lambda: bool(published(b"recalled")))
    for kind in (b"recalled", b"verified"):  # the recall first
        assert await fan_out(db, published(kind)[0], now()) == 0
    assert await town.states(alert) == {}
    reasons = [a["reason"] for a in await town.acts("alert.told")]
    assert "nobody: recalled meanwhile" in reasons


async def test_fan_out_is_the_same_however_often_and_however_many_at_once(
    db: Database, town: Town, topic: Topic, gateway: FakeGateway, console: str
) -> None:
    topic.hold = True
    alert = await town.verified()
    async with working(db, topic, channels(gateway, console), quick(console)):
        await until(lambda: len(topic.values) == 1)
    counts = await asyncio.gather(*(fan_out(db, topic.values[0], now()) for _ in range(6)))
    assert sorted(counts) == [0, 0, 0, 0, 0, 3]
    assert len(await town.states(alert)) == 3
    assert len(await town.acts("alert.told")) == 1


@pytest.mark.parametrize(
    "value",
    [b"", b"{}", b"\xff\xfe", b"[" * 100_000, b'{"id":"x"}', b"null"],
    ids=["empty", "object", "bytes", "deep", "bad id", "null"],
)
async def test_a_record_that_is_no_event_is_bad_input(db: Database, value: bytes) -> None:
    with pytest.raises(BadInput):
        await fan_out(db, value, now())


async def test_a_forged_event_tells_nobody(db: Database, town: Town) -> None:
    """Whoever can write to the topic cannot make bolo tell anything."""
    alert = await town.raised()
    forged = CloudEvent(
        id=str(uuid4()),
        source=f"/agencies/{town.ori}",
        type="bolo.alert.verified",
        subject=str(alert),
        time=now(),
        data={},
    )
    with pytest.raises(BadInput, match="outbox"):
        await fan_out(db, msgspec.json.encode(forged), now())
    assert await town.states(alert) == {}


@pytest.mark.usefixtures("courier")
async def test_another_agency_hears_nothing(db: Database, town: Town, gateway: FakeGateway) -> None:
    theirs = await settle_town(db, None, "KS0410000")
    alert = await town.verified()
    await until(lambda: all_end(town, alert))
    for recipient in theirs.told.values():
        assert gateway.texts(recipient.address) == []
    async with db.connection() as conn:
        assert await store.deliveries_of(conn, theirs.ori, alert) == []


@pytest.mark.usefixtures("courier")
async def test_a_gateway_that_is_down_and_comes_back_is_tried_until_it_takes_the_message(
    town: Town, gateway: FakeGateway
) -> None:
    await gateway.stop()
    alert = await town.verified()
    await until(lambda: _tried(town, alert, 3))
    await gateway.start()
    await until(lambda: all_end(town, alert))
    assert len(gateway.texts()) == 2
    assert [e.times for e in gateway.events()] == [1]


async def _tried(town: Town, alert: object, times: int) -> bool:
    found = await town.deliveries(alert)  # type: ignore[arg-type]
    return bool(found) and all(d.attempts >= times for d in found)


@pytest.mark.usefixtures("courier")
@pytest.mark.parametrize("bad", [Behaviour(down=True), Behaviour(fail=500), Behaviour(fail=302)])
async def test_a_gateway_that_answers_nonsense_is_tried_again(
    town: Town, gateway: FakeGateway, bad: Behaviour
) -> None:
    gateway.behaviour = bad
    alert = await town.verified()
    await until(lambda: _tried(town, alert, 2))
    assert {d.state for d in await town.deliveries(alert)} == {"waiting"}
    gateway.behaviour = Behaviour()
    await until(lambda: all_end(town, alert))


async def test_after_the_limit_a_person_is_told(
    db: Database, town: Town, topic: Topic, gateway: FakeGateway, console: str
) -> None:
    limits = {"sms": timedelta(seconds=0.5), "webhook": timedelta(seconds=0.5)}
    backoff = type(SOON)(first=SOON.first, longest=SOON.longest, limits=limits)
    gateway.behaviour = Behaviour(fail=500)
    listener = await db.connect_alone()
    try:
        await listener.execute(f"listen {CHANGED}")
        async with working(db, topic, channels(gateway, console), quick(console, backoff)):
            alert = await town.verified()
            await until(lambda: all_end(town, alert, "failed"))
        heard = [n.payload async for n in listener.notifies(timeout=0.2)]
    finally:
        await listener.close()
    assert heard.count(f"{town.ori} {alert} delivery") == 3
    async with db.connection() as conn:
        failed = await store.failed_deliveries(conn, town.ori)
        assert await store.failed_deliveries(conn, town.ori, since=now()) == []
    assert {d.name for d in failed} == {"officer", "dispatch", "system"}
    assert all("gave up after" in d.problem and d.attempts > 1 for d in failed)
    assert len(await town.acts("delivery.failed")) == 3


@pytest.mark.usefixtures("courier")
async def test_every_documented_error_code_ends_as_the_table_says(
    db: Database, town: Town, gateway: FakeGateway
) -> None:
    numbers = {}
    async with db.transaction() as conn:
        for n, code in enumerate(sorted(CODES)):
            number = f"+1620555{2000 + n}"
            numbers[str(code)] = number
            await recipients.add(
                conn, town.ori, str(code), "officer", "sms", number, now(), by="test"
            )
    gateway.behaviour = Behaviour(refuse={n: int(code) for code, n in numbers.items()})
    alert = await town.verified()
    refused = {c: "waiting" if CODES[int(c)].again else "failed" for c in numbers}
    await until(lambda: _as_the_table_says(town, alert, refused))
    by_name = {d.name: d for d in await town.deliveries(alert)}
    for name in numbers:
        assert CODES[int(name)].meaning in by_name[name].problem
    async with db.connection() as conn:
        off = [r.name for r in await recipients.listed(conn, town.ori) if not r.active]
    assert off == ["21610"]
    assert len(await town.acts("recipient.deactivated")) == 1


async def _as_the_table_says(town: Town, alert: object, expected: dict[str, str]) -> bool:
    found = {d.name: d for d in await town.deliveries(alert)}  # type: ignore[arg-type]
    return all(
        n in found and found[n].attempts and found[n].state == s and found[n].problem
        for n, s in expected.items()
    )


@pytest.mark.usefixtures("courier")
async def test_a_wrong_token_fails_at_once_and_says_what_to_check(
    town: Town, gateway: FakeGateway
) -> None:
    gateway.token = "another"
    await gateway.stop()
    await gateway.start()
    alert = await town.verified()
    await until(lambda: _is(town, alert, "officer verified", "failed"))
    problem = next(d.problem for d in await town.deliveries(alert) if d.name == "officer")
    assert "check the SMS settings" in problem


@pytest.mark.usefixtures("courier")
async def test_a_slow_gateway_costs_a_duplicate_sms_but_no_duplicate_webhook(
    town: Town, gateway: FakeGateway
) -> None:
    """It took the message and answered too late: an SMS has no id of ours, a webhook has."""
    gateway.behaviour = Behaviour(delay=1.3)
    alert = await town.verified()
    await until(lambda: len(gateway.texts(OFFICER_PHONE)) == 1)
    await asyncio.sleep(0.3)
    gateway.behaviour = Behaviour()
    await until(lambda: all_end(town, alert))
    assert len(gateway.texts(OFFICER_PHONE)) <= 2
    assert len(gateway.events()) == 1


async def test_kafka_away_holds_the_event_until_it_is_back(
    db: Database, town: Town, topic: Topic, gateway: FakeGateway, console: str
) -> None:
    topic.away = True
    async with working(db, topic, channels(gateway, console), quick(console)):
        alert = await town.verified()
        await asyncio.sleep(0.5)
        assert await town.states(alert) == {}
        topic.away = False
        await until(lambda: all_end(town, alert))


async def test_the_repair_finds_what_lost_its_job(
    db: Database, town: Town, topic: Topic, gateway: FakeGateway, console: str
) -> None:
    alert = await town.verified()
    claimed = await town.raised(plate="911XYZ")
    async with db.transaction() as conn:
        by = town.dispatcher.id
        past = now() - timedelta(minutes=10)
        await alerts.transition(conn, town.ori, claimed, Claim(by), past, actor=str(by))
        await conn.execute("delete from pgqueuer")  # every job is gone
    async with working(db, topic, channels(gateway, console), quick(console)) as courier:
        await courier.repair()
        await until(lambda: all_end(town, alert))
        assert await town.state(claimed) == "raised"
        topic.hold = True
        other = await town.verified()
        await until(lambda: len(topic.values) == 2)
        await fan_out(db, topic.values[1], now())
        await until(lambda: all_end(town, other))
        await courier.repair()
        await courier.repair()
        await asyncio.sleep(0.3)
    assert len(gateway.texts()) == 4


async def test_what_the_gateway_never_confirms_goes_to_a_person_and_a_late_word_corrects_it(
    db: Database, town: Town, topic: Topic, gateway: FakeGateway, console: str
) -> None:
    from notifiers import inbound

    gateway.behaviour = Behaviour(callbacks=False)
    config = quick(console)
    async with working(db, topic, channels(gateway, console), config) as courier:
        alert = await town.verified()
        await until(lambda: _texts_are_sent(town, alert))
        await courier.repair()
        assert await _texts_are_sent(town, alert)
        async with db.transaction() as conn:
            assert await store.give_up_silent(conn, now(), timedelta(0)) == 2
    found = next(d for d in await town.deliveries(alert) if d.name == "officer")
    assert (found.state, found.problem) == ("failed", SILENCE)
    sid = gateway.texts(OFFICER_PHONE)[0].sid
    async with db.transaction() as conn:
        assert await inbound.status(conn, sid, "delivered", None, now())
    assert await _is(town, alert, "officer verified", "delivered")


@pytest.mark.usefixtures("courier")
async def test_an_acknowledgement_is_told_to_systems(
    db: Database, town: Town, gateway: FakeGateway
) -> None:
    alert = await town.verified()
    await until(lambda: all_end(town, alert))
    async with db.transaction() as conn:
        await alerts.reply(conn, town.ori, alert, town.officer.id, Reply.GOING, now())
    await until(lambda: len(gateway.events()) == 2)
    assert gateway.events()[1].event["type"] == "bolo.alert.acknowledged"
    assert len(gateway.texts()) == 2


async def test_when_recall_and_verify_race_whoever_was_told_is_told_of_the_recall(
    db: Database, town: Town
) -> None:
    topic = Topic(db, hold=True)
    courier = Courier(db, topic, {}, now, quick("https://b.example.org"))
    for n in range(12):
        alert = await town.verified()
        await courier.publish(await _event_of(db, alert, "verified"))

        async def recall(which: object = alert, wait: float = n * 0.002) -> None:
            await asyncio.sleep(wait)
            await town.recall(which)  # type: ignore[arg-type]
            await courier.publish(await _event_of(db, which, "recalled"))
            await fan_out(db, topic.values[-1], now())

        await asyncio.gather(fan_out(db, topic.values[-1], now()), recall())
        told = {d.name for d in await town.deliveries(alert) if d.event.endswith("verified")}
        recalled = {d.name for d in await town.deliveries(alert) if d.event.endswith("recalled")}
        assert told == recalled
        assert len(told) in (0, 3)


async def _event_of(db: Database, alert: object, kind: str) -> UUID:
    async with db.connection() as conn:
        cursor = await conn.execute(
            "select id from events_out where alert = %s and type = %s",
            (alert, f"bolo.alert.{kind}"),
        )
        row = await cursor.fetchone()
    assert row is not None
    return UUID(str(row["id"]))
