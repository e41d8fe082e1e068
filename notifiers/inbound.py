"""What comes back from phones: answers, and what became of our own messages.

Both functions take a connection that is inside a transaction, and both may be called twice with
the same thing: Twilio repeats what it is not sure that we got.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from alerts.model import State
from alerts.record import AlertRecord
from alerts.store import by_code, reply
from domain.errors import IllegalTransition, NotFound
from notifiers import metrics, recipients, store, texts
from notifiers.channels.twilio_codes import meaning as error_meaning
from notifiers.model import SILENCE
from notifiers.replies import LENGTH_MAX, Said, meaning
from people.model import Person
from people.roles import may
from people.store import by_phone
from storage.audit import Act, append
from storage.postgres import Connection, Row

RANK = {
    "accepted": 1,
    "scheduled": 1,
    "queued": 1,
    "sending": 2,
    "sent": 3,
    "delivered": 4,
    "read": 4,
    "undelivered": 4,
    "failed": 4,
    "canceled": 4,
}
"""Twilio's message states in the order of a message's life; callbacks come in any order."""

_ARRIVED = frozenset({"delivered", "read"})
_LOST = frozenset({"undelivered", "failed", "canceled"})


async def message(conn: Connection, provider_id: str, sender: str, body: str, now: datetime) -> str:
    """Act on an inbound SMS and return the answer, "" for none. The same id acts once.

    An unknown number learns nothing, not even that a code exists; nor does a known person of
    an alert that is not verified, or of another agency's, nor one whose role may not answer.
    """
    person = await by_phone(conn, sender)
    cursor = await conn.execute(
        "insert into messages_in (provider_id, sender, body, received_at, person)"
        " values (%s, %s, %s, %s, %s) on conflict do nothing",
        (provider_id, sender, body[:LENGTH_MAX], now, person.id if person else None),
    )
    said = meaning(body)
    code = said.code if isinstance(said, Said) else ""
    if cursor.rowcount == 0:
        return texts.answer(await _understood(conn, provider_id), code)
    alert: UUID | None = None
    if said == "stop":
        await _stopped(conn, sender, now)
        understood = "stop"
    elif person is None:
        understood = "unknown sender"
    elif isinstance(said, Said):
        understood, alert = await _answered(conn, person, said, now)
    else:
        understood = said
    await conn.execute(
        "update messages_in set understood = %s, alert = %s where provider_id = %s",
        (understood, alert, provider_id),
    )
    metrics.INBOUND.labels(understood).inc()
    return texts.answer(understood, code)


async def status(
    conn: Connection,
    provider_id: str,
    status: str,
    error: int | None,
    now: datetime,
    *,
    delivery: UUID | None = None,
) -> bool:
    """What became of a message we sent. False when it changed nothing.

    `delivery` comes from our own callback address, so that a callback quicker than our note of
    the gateway's answer still finds its delivery. Nothing goes backwards: a state is
    believed only when its RANK is above what we know. Good news counts from any attempt; bad news
    only about the message that we hold. Unknown states are ignored.
    """
    if status not in RANK:
        return False
    row = await _delivery(conn, provider_id, delivery)
    if row is None:
        return False
    if row["provider_id"] not in ("", provider_id) and status not in _ARRIVED:
        return False
    known = {"waiting": 0, "sent": RANK["sent"]}.get(row["state"], RANK["delivered"])
    late_word = row["state"] == "failed" and row["problem"] == SILENCE and status in _ARRIVED
    if RANK[status] <= known and not late_word:
        return False
    if status in _LOST:
        await conn.execute(
            "update deliveries set provider_id = %s where id = %s", (provider_id, row["id"])
        )
        reason = f"not delivered: {error_meaning(error)}"
        return await store.fail(conn, row["id"], reason, now, actor="gateway")
    if status in _ARRIVED:
        await conn.execute(
            "update deliveries set state = 'delivered', delivered_at = %s, problem = '',"
            " sent_at = coalesce(sent_at, %s), failed_at = null, provider_id = %s where id = %s",
            (now, now, provider_id, row["id"]),
        )
        if late_word:
            await store.tell_desk(conn, row["agency"], row["alert"])
        return True
    # Still on its way: the courier's own note of the gateway's answer says as much.
    return False


async def _understood(conn: Connection, provider_id: str) -> str:
    cursor = await conn.execute(
        "select understood from messages_in where provider_id = %s", (provider_id,)
    )
    row = await cursor.fetchone()
    return row["understood"] if row and row["understood"] else "unknown sender"


async def _answered(
    conn: Connection, person: Person, said: Said, now: datetime
) -> tuple[str, UUID | None]:
    """Apply an answer; what it came to, and the alert it is about."""
    if not may(person, "answer"):
        return "no such alert", None  # the phone is no way round what the web refuses
    try:
        record = await by_code(conn, person.agency, said.code)
    except NotFound:
        return "no such alert", None
    if record.alert.verified_at is None:
        return "no such alert", None  # exists, but only its verifiers may know
    alert = record.alert.id
    try:
        async with conn.transaction():
            await reply(conn, person.agency, alert, person.id, said.reply, now)
    except IllegalTransition:
        return _ended(await by_code(conn, person.agency, said.code)), alert
    return str(said.reply), alert


def _ended(record: AlertRecord) -> str:
    return "recalled" if record.alert.state is State.RECALLED else "closed"


async def _stopped(conn: Connection, sender: str, now: datetime) -> None:
    """STOP: Twilio blocks the number from now on, so whoever it was cannot be reached by SMS."""
    reason = "the person sent STOP"
    acts: list[Act] = []
    for recipient in await recipients.by_phone(conn, sender):
        if await recipients.off(conn, recipient.id):
            what = f"recipient:{recipient.id}"
            acts.append(Act(recipient.agency, "gateway", "recipient.deactivated", what, reason))
    await append(conn, now, acts)


async def _delivery(conn: Connection, provider_id: str, delivery: UUID | None) -> Row | None:
    query: tuple[str, Any] = (
        ("id = %s and channel = 'sms'", delivery)
        if delivery is not None
        else ("provider_id = %s and provider_id <> ''", provider_id)
    )
    cursor = await conn.execute(
        "select id, agency, alert, state, problem, provider_id from deliveries"
        f" where {query[0]} limit 1 for update",
        (query[1],),
    )
    return await cursor.fetchone()
