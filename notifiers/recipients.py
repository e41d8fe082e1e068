"""Who can be told: an agency's recipients in PostgreSQL, each change with its audit row.

Every function takes a connection that is inside a transaction. Nothing is ever deleted: a recall
must still reach somebody who was switched off.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, get_args
from uuid import UUID, uuid4

from domain.errors import BadInput, NotFound
from notifiers import addresses
from notifiers.routing import Kind, Recipient
from storage.audit import Act, append
from storage.postgres import Connection

NAME_MAX = 100
ADDRESS_MAX = 2000

_COLUMNS = "id, agency, name, kind, channel, address, secret, person, active"


async def add(
    conn: Connection,
    agency: str,
    name: str,
    kind: str,
    channel: str,
    address: str,
    now: datetime,
    *,
    by: str,
    secret: str = "",
    person: UUID | None = None,
    allow_private: bool = False,
) -> Recipient:
    """Add a recipient, or switch one on again whose address is known.

    A webhook without a secret gets a new one: show it once, the receiver needs it to check
    signatures. Raises BadInput, naming the field. `by` is a person's id or the part that acts.
    """
    if not name.strip() or len(name) > NAME_MAX:
        raise BadInput("name", f"1 to {NAME_MAX} characters that say who this is")
    if kind not in get_args(Kind):
        raise BadInput("kind", f"one of {', '.join(get_args(Kind))}")
    if len(address) > ADDRESS_MAX:
        raise BadInput("address", f"at most {ADDRESS_MAX} characters")
    if channel == "sms":
        address, secret = addresses.phone(address), ""
    elif channel == "webhook":
        address = addresses.webhook(address, allow_private=allow_private)
        secret = addresses.secret(secret) if secret else addresses.new_secret()
    else:
        raise BadInput("channel", "one of sms, webhook")
    cursor = await conn.execute(
        "insert into recipients (id, agency, name, kind, channel, address, secret, person,"
        " created_at) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " on conflict (agency, channel, address) do update set name = excluded.name,"
        " kind = excluded.kind, secret = excluded.secret, person = excluded.person, active = true"
        f" returning {_COLUMNS}",
        (uuid4(), agency, name.strip(), kind, channel, address, secret, person, now),
    )
    row = await cursor.fetchone()
    assert row is not None
    recipient = recipient_of(row)
    facts = {"name": recipient.name, "kind": kind, "channel": channel}
    what = f"recipient:{recipient.id}"
    await append(conn, now, [Act(agency, by, "recipient.added", what, detail=facts)])
    return recipient


async def listed(conn: Connection, agency: str) -> list[Recipient]:
    """Every recipient of the agency, also those switched off, by kind and name."""
    cursor = await conn.execute(
        f"select {_COLUMNS} from recipients where agency = %s order by kind, name, id", (agency,)
    )
    return [recipient_of(row) for row in await cursor.fetchall()]


async def deactivate(
    conn: Connection, agency: str, recipient: UUID, now: datetime, *, by: str, reason: str
) -> bool:
    """Switch a recipient off. False when they were off. Raises NotFound, BadInput."""
    if not reason.strip():
        raise BadInput("reason", "say why they are to hear nothing any more")
    cursor = await conn.execute(
        "select 1 from recipients where id = %s and agency = %s", (recipient, agency)
    )
    if await cursor.fetchone() is None:
        what = f"recipient {recipient}"
        raise NotFound(what)
    if not await off(conn, recipient):
        return False
    act = Act(agency, by, "recipient.deactivated", f"recipient:{recipient}", reason.strip())
    await append(conn, now, [act])
    return True


async def off(conn: Connection, recipient: UUID) -> bool:
    """Switch off without an audit row: the caller writes it. False when they were off."""
    cursor = await conn.execute(
        "update recipients set active = false where id = %s and active", (recipient,)
    )
    return cursor.rowcount == 1


async def by_phone(conn: Connection, number: str) -> list[Recipient]:
    """The active SMS recipients with this number, of whatever agency."""
    cursor = await conn.execute(
        f"select {_COLUMNS} from recipients where channel = 'sms' and address = %s and active",
        (number,),
    )
    return [recipient_of(row) for row in await cursor.fetchall()]


def recipient_of(row: dict[str, Any]) -> Recipient:
    """A row of recipients (or its JSON) as the word that rules use."""
    person = row["person"]
    return Recipient(
        id=UUID(str(row["id"])),
        agency=row["agency"],
        name=row["name"],
        kind=row["kind"],
        channel=row["channel"],
        address=row["address"],
        secret=row["secret"],
        person=UUID(str(person)) if person else None,
        active=row["active"],
    )
