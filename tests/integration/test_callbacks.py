"""What Twilio posts to the console: only what is signed counts, once, and never backwards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest

from alerts import store as alerts
from alerts.transitions import Claim
from domain.clock import system_clock as now
from notifiers import inbound, recipients, store
from notifiers.fanout import fan_out
from simulator.gateway import FakeGateway
from simulator.gateway_model import sign
from storage.postgres import Database
from tests.integration.couriers import (
    OFFICER_PHONE,
    PLATE,
    Town,
    console_for,
    settle_town,
)

SID = "SM" + "a" * 32


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
        gateway._message_url = f"{url}/callbacks/twilio/message"
        yield url


async def told(town: Town) -> tuple[UUID, UUID]:
    """A verified alert whose deliveries wait, and the officer's delivery."""
    alert = await town.verified()
    async with town.db.connection() as conn:
        cursor = await conn.execute(
            "select body::text as b from events_out where alert = %s", [alert]
        )
        row = await cursor.fetchone()
    assert row is not None
    await fan_out(town.db, row["b"].encode(), now())
    return alert, next(d.id for d in await town.deliveries(alert) if d.name == "officer")


async def officer_state(town: Town, alert: UUID) -> str:
    return next(str(d.state) for d in await town.deliveries(alert) if d.name == "officer")


@pytest.mark.usefixtures("console")
@pytest.mark.parametrize(
    ("words", "state", "answer"),
    [
        ("ACK {code}", "acknowledged", "Alert {code} acknowledged"),
        ("{code}", "acknowledged", "Alert {code} acknowledged"),
        ("going {code}!", "acknowledged", "Alert {code}: on your way"),
        ("NOT {code}", "recalled", "Alert {code} recalled: not the vehicle"),
        ("NOT GOING {code}", "verified", "Answer ACK, GOING or NOT"),
        ("help", "verified", "Answer ACK, GOING or NOT"),
        ("ACK 9999999", "verified", "No alert 9999999 for you"),
    ],
)
async def test_an_officer_answers_by_sms(
    town: Town, gateway: FakeGateway, words: str, state: str, answer: str
) -> None:
    alert, _ = await told(town)
    code = await town.code(alert)
    said = await gateway.reply(OFFICER_PHONE, words.format(code=code))
    assert said.startswith(answer.format(code=code))
    assert PLATE not in said
    assert await town.state(alert) == state


@pytest.mark.usefixtures("console")
async def test_an_unknown_number_learns_nothing(town: Town, gateway: FakeGateway) -> None:
    alert, _ = await told(town)
    code = await town.code(alert)
    for words in (f"ACK {code}", f"NOT {code}", "ACK 9999999", "HELP", "hello"):
        assert await gateway.reply("+16205550000", words) == ""
    assert await town.state(alert) == "verified"


@pytest.mark.usefixtures("console")
async def test_an_unverified_alert_does_not_exist_for_a_phone(
    town: Town, gateway: FakeGateway
) -> None:
    alert = await town.raised()
    code = await town.code(alert)
    for words in (f"ACK {code}", f"NOT {code}", f"GOING {code}"):
        assert (await gateway.reply(OFFICER_PHONE, words)).startswith(f"No alert {code} for you")
    async with town.db.transaction() as conn:
        by = town.dispatcher.id
        await alerts.transition(conn, town.ori, alert, Claim(by), now(), actor=str(by))
    assert (await gateway.reply(OFFICER_PHONE, f"NOT {code}")).startswith("No alert")
    assert await town.state(alert) == "claimed"


@pytest.mark.usefixtures("console")
async def test_another_agencys_alert_does_not_exist_either(
    db: Database, town: Town, gateway: FakeGateway
) -> None:
    theirs = await settle_town(db, None, "KS0410000")
    alert = await theirs.verified()
    code = await theirs.code(alert)
    assert (await gateway.reply(OFFICER_PHONE, f"ACK {code}")).startswith("No alert")
    assert await theirs.state(alert) == "verified"
    assert town.ori != theirs.ori


@pytest.mark.usefixtures("console")
async def test_after_a_recall_every_answer_says_recalled(town: Town, gateway: FakeGateway) -> None:
    alert, _ = await told(town)
    code = await town.code(alert)
    await town.recall(alert)
    for words in (f"ACK {code}", f"GOING {code}", f"NOT {code}"):
        assert await gateway.reply(OFFICER_PHONE, words) == f"RECALLED: do not act on {code}."


@pytest.mark.usefixtures("console")
@pytest.mark.parametrize(("role", "state"), [("admin", "verified"), ("supervisor", "recalled")])
async def test_a_phone_may_answer_what_its_role_may_answer_on_the_web(
    town: Town, gateway: FakeGateway, role: str, state: str
) -> None:
    alert, _ = await told(town)
    code = await town.code(alert)
    async with town.db.transaction() as conn:
        await conn.execute("update people set role = %s where id = %s", (role, town.officer.id))
    said = await gateway.reply(OFFICER_PHONE, f"NOT {code}")
    assert await town.state(alert) == state
    if state == "verified":
        unknown = await gateway.reply(OFFICER_PHONE, "NOT 9999999")
        assert said == unknown.replace("9999999", code)


async def test_the_same_message_acts_once_and_is_answered_the_same(db: Database) -> None:
    town = await settle_town(db, None)
    alert, _ = await told(town)
    words = f"GOING {await town.code(alert)}"
    answers, lengths = set(), set()
    for _ in range(3):
        async with db.transaction() as conn:
            answers.add(await inbound.message(conn, SID, OFFICER_PHONE, words, now()))
            lengths.add(len(await alerts.history(conn, town.ori, alert)))
    assert len(answers) == 1
    assert len(lengths) == 1
    assert await town.state(alert) == "acknowledged"


@pytest.mark.usefixtures("console")
async def test_stop_switches_the_number_off_and_leaves_an_audit_row(
    db: Database, town: Town, gateway: FakeGateway
) -> None:
    assert await gateway.reply(OFFICER_PHONE, "STOP") == ""
    async with db.connection() as conn:
        off = [r.name for r in await recipients.listed(conn, town.ori) if not r.active]
    assert off == ["officer"]
    assert [a["reason"] for a in await town.acts("recipient.deactivated")] == [
        "the person sent STOP"
    ]
    assert (await gateway.reply(OFFICER_PHONE, "START")).startswith("Ask your agency's admin")


STATUSES = [
    (["queued", "sent", "delivered"], "delivered"),
    (["delivered", "sent", "queued"], "delivered"),
    (["sent", "undelivered"], "failed"),
    (["undelivered", "sent", "queued"], "failed"),
    (["delivered", "undelivered"], "delivered"),
    (["failed", "delivered"], "failed"),
    (["queued"], "waiting"),
    (["no such state", "READ"], "delivered"),
]


@pytest.mark.parametrize(("order", "state"), STATUSES)
async def test_callbacks_in_any_order_never_go_backwards(
    town: Town, gateway: FakeGateway, console: str, order: list[str], state: str
) -> None:
    alert, delivery = await told(town)
    for word in order:
        answer = await posted(console, gateway, delivery, word)
        assert answer.status_code == 204
    assert await officer_state(town, alert) == state
    failed = await town.acts("delivery.failed")
    assert len(failed) == (state == "failed")
    if state == "failed" and "undelivered" in order:
        assert "no longer in service (30005)" in str(failed[0]["reason"])


async def posted(
    console: str, gateway: FakeGateway, delivery: UUID | None, word: str, sid: str = SID
) -> httpx.Response:
    url = f"{console}/callbacks/twilio/status" + (f"?delivery={delivery}" if delivery else "")
    form = {"MessageSid": sid, "MessageStatus": word, "AccountSid": gateway.account}
    if word == "undelivered":
        form["ErrorCode"] = "30005"
    headers = {"X-Twilio-Signature": sign(gateway.token, url, form)}
    async with httpx.AsyncClient(trust_env=False) as http:
        return await http.post(url, data=form, headers=headers)


async def test_bad_news_of_an_earlier_attempt_does_not_end_a_later_one(
    db: Database, town: Town, gateway: FakeGateway, console: str
) -> None:
    alert, delivery = await told(town)
    async with db.transaction() as conn:
        await store.sent(conn, delivery, "SM2", now(), arrived=False)
    await posted(console, gateway, delivery, "undelivered", "SM1")
    assert await officer_state(town, alert) == "sent"
    await posted(console, gateway, None, "delivered", "SM2")
    assert await officer_state(town, alert) == "delivered"


async def test_a_callback_quicker_than_our_own_note_is_kept(
    db: Database, town: Town, gateway: FakeGateway, console: str
) -> None:
    alert, delivery = await told(town)
    await posted(console, gateway, delivery, "delivered")
    async with db.transaction() as conn:
        await store.sent(conn, delivery, SID, now(), arrived=False)
    assert await officer_state(town, alert) == "delivered"


async def test_what_is_not_signed_is_refused_whatever_it_says(
    town: Town, gateway: FakeGateway, console: str
) -> None:
    alert, _ = await told(town)
    code = await town.code(alert)
    url = f"{console}/callbacks/twilio/message"
    form = {"MessageSid": SID, "From": OFFICER_PHONE, "Body": f"ACK {code}"}
    good = sign(gateway.token, url, form)
    async with httpx.AsyncClient(trust_env=False) as http:
        for data, signature in (
            (form, ""),
            (form, sign("another token", url, form)),
            ({**form, "Body": f"NOT {code}"}, good),
            (form, good[:-2] + "é="),
            ({}, good),
        ):
            raw = {b"X-Twilio-Signature": signature.encode()}
            answer = await http.post(url, data=data, headers=raw)
            assert answer.status_code == 403, data
        # Signed for another path, and for what a forged Host header says.
        other = {"X-Twilio-Signature": sign(gateway.token, url + "?x=1", form)}
        assert (await http.post(url, data=form, headers=other)).status_code == 403
        forged = sign(gateway.token, "http://evil.example/callbacks/twilio/message", form)
        headers = {"Host": "evil.example", "X-Twilio-Signature": forged}
        assert (await http.post(url, data=form, headers=headers)).status_code == 403
        # The true one, under whatever Host, is taken.
        headers = {"Host": "evil.example", "X-Twilio-Signature": good}
        assert (await http.post(url, data=form, headers=headers)).status_code == 200
    assert await town.state(alert) == "acknowledged"


async def test_broken_bodies_are_refused_without_a_stumble(
    gateway: FakeGateway, console: str
) -> None:
    url = f"{console}/callbacks/twilio/message"
    async with httpx.AsyncClient(trust_env=False) as http:
        for body in (b"\xff\xfe=%ff", b"a=1&" * 500, b"", b"{}", b"%00" * 100):
            assert (await http.post(url, content=body)).status_code == 403
        assert (await http.post(url, content=b"x" * 40_000)).status_code == 413
        for form in ({"From": OFFICER_PHONE}, {"MessageSid": "", "Body": "ACK"}):
            headers = {"X-Twilio-Signature": sign(gateway.token, url, form)}
            assert (await http.post(url, data=form, headers=headers)).status_code == 400
        form = {"MessageSid": SID, "From": "+1\0", "Body": "a\0b"}
        headers = {"X-Twilio-Signature": sign(gateway.token, url, form)}
        assert (await http.post(url, data=form, headers=headers)).status_code == 200


async def test_a_status_of_an_unknown_message_changes_nothing(
    gateway: FakeGateway, console: str
) -> None:
    assert (await posted(console, gateway, None, "delivered")).status_code == 204
    assert (await posted(console, gateway, UUID(int=7), "failed")).status_code == 204
