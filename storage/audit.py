"""Appending to the audit trail: hash chains that no transaction waits for.

There are LANES chains. A transaction takes any lane that no other transaction holds right now
(`for update skip locked` on its head), appends its rows there, and holds the lane until it commits:
so within a lane the order is the commit order, each row carries the hash of the one before,
and up to LANES transactions append at the same time without waiting for each other.
The head of each lane (its length and last hash) is a row of its own, so that rows cut
from the end are missed too. records.audit verifies.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from psycopg.pq import TransactionStatus

from storage.postgres import Connection
from storage.texts import storable

LANES = 64
GENESIS = b"\0" * 32


@dataclass(frozen=True)
class Act:
    """Who did what to which thing, and why. `actor` is a person's id or the name of a part.

    `subject` is ``kind:id``, for example ``alert:6f1c...``. `detail` must be JSON.
    """

    agency: str
    actor: str
    action: str
    subject: str
    reason: str = ""
    detail: dict[str, Any] = field(default_factory=dict)


def row_hash(
    previous: bytes,
    lane: int,
    seq: int,
    at: datetime,
    agency: str,
    actor: str,
    action: str,
    subject: str,
    reason: str,
    detail: str,
) -> bytes:
    """SHA-256 over the hash before and every column of the row; `detail` as its stored text.

    `at` is any aware datetime: its moment counts, not the offset it is told in.
    """
    moment = at.astimezone(UTC).isoformat()
    body = json.dumps(
        [lane, seq, moment, agency, actor, action, subject, reason, detail],
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return hashlib.sha256(previous + body.encode()).digest()


async def append(conn: Connection, at: datetime, acts: Sequence[Act]) -> None:
    """Append `acts` in this transaction. `at` must be aware; microseconds are kept.

    What PostgreSQL's text cannot hold is replaced (storage.texts): no input keeps an act from
    being recorded. Raises RuntimeError outside a transaction, where the lane would not be held.
    """
    if not acts:
        return
    if conn.info.transaction_status is TransactionStatus.IDLE:
        msg = "audit rows are appended inside a transaction, with what they tell of"
        raise RuntimeError(msg)
    if at.tzinfo is None:
        msg = "the time of an act needs its offset"
        raise ValueError(msg)
    cursor = await conn.execute(
        "select lane, seq, hash from audit_heads order by lane limit 1 for update skip locked"
    )
    head = await cursor.fetchone()
    if head is None:  # all lanes held: wait for one, chosen by what varies between writers
        lane = conn.info.backend_pid % LANES
        cursor = await conn.execute(
            "select lane, seq, hash from audit_heads where lane = %s for update", (lane,)
        )
        head = await cursor.fetchone()
    assert head is not None, "audit_heads is filled by the migration"
    lane, seq, last = head["lane"], head["seq"], bytes(head["hash"])
    rows = []
    for act in acts:
        seq += 1
        texts = [
            storable(text)
            for text in (
                act.agency,
                act.actor,
                act.action,
                act.subject,
                act.reason,
                json.dumps(act.detail, ensure_ascii=False, separators=(",", ":"), default=str),
            )
        ]
        previous, last = last, row_hash(last, lane, seq, at, *texts)
        rows.append((seq, *texts, previous, last))
    await conn.execute(
        "insert into audit (lane, seq, at, agency, actor, action, subject, reason, detail,"
        " previous, hash) select %s, seq, %s, agency, actor, action, subject, reason, detail,"
        " previous, hash from unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[],"
        " %s::text[], %s::text[], %s::bytea[], %s::bytea[]) as given(seq, agency, actor, action,"
        " subject, reason, detail, previous, hash)",
        (lane, at, *(list(column) for column in zip(*rows, strict=True))),
    )
    await conn.execute(
        "update audit_heads set seq = %s, hash = %s where lane = %s", (seq, last, lane)
    )
