"""People and their agencies in PostgreSQL; sessions and log-in stand in people.sessions.

Functions that take a connection write their audit row in its transaction: give them one that
is inside a transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid4

from domain.clock import system_clock
from domain.errors import BadInput, NotFound
from people.fields import (
    is_phone,
    login_of,
    ori_of,
    phone_of,
    role_of,
    text_of,
    timezone_of,
)
from people.model import Person, Role
from people.rows import FIELDS, person_from
from people.sessions import log_in, log_out, person_of
from storage.audit import Act, append
from storage.postgres import Connection, Row

__all__ = [
    "by_id",
    "by_phone",
    "change_password",
    "create_agency",
    "create_person",
    "deactivate",
    "log_in",
    "log_out",
    "names",
    "person_of",
]


async def create_agency(
    conn: Connection,
    ori: str,
    name: str,
    timezone: str,
    *,
    by: str = "setup",
    now: datetime | None = None,
) -> bool:
    """Add an agency. False, and nothing changed, when its ORI is there already."""
    ori, name, timezone = ori_of(ori), text_of("name", name), timezone_of(timezone)
    cursor = await conn.execute(
        "insert into agencies (ori, name, timezone) values (%s, %s, %s)"
        " on conflict do nothing returning ori",
        (ori, name, timezone),
    )
    if await cursor.fetchone() is None:
        return False
    detail = {"name": name, "timezone": timezone}
    act = Act(ori, by, "agency.created", f"agency:{ori}", detail=detail)
    await append(conn, now or system_clock(), [act])
    return True


async def create_person(
    conn: Connection,
    agency: str,
    login: str,
    name: str,
    role: Role,
    password_hash: str,
    *,
    badge: str = "",
    phone: str = "",
    by: str,
    now: datetime,
) -> Person:
    """Add a person. Raises BadInput, naming the field, for what cannot be taken."""
    person = Person(
        id=uuid4(),
        agency=agency,
        login=login_of(login),
        name=text_of("name", name),
        badge=text_of("badge", badge) if badge.strip() else "",
        role=role_of(role),
        phone=phone_of(phone),
    )
    if not await _found(conn, "select 1 from agencies where ori = %s", ori_of(agency)):
        raise BadInput("agency", f"there is no agency {agency}")
    cursor = await conn.execute(
        "insert into people (id, agency, login, name, badge, role, phone, password_hash,"
        " created_at) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " on conflict do nothing returning id",
        (
            person.id,
            agency,
            person.login,
            person.name,
            person.badge,
            person.role,
            phone,
            password_hash,
            now,
        ),
    )
    if await cursor.fetchone() is None:
        if await _found(conn, "select 1 from people where login = %s", person.login):
            raise BadInput("login", f"{person.login} is taken")
        raise BadInput("phone", "is another person's")
    detail = {"login": person.login, "name": person.name, "role": person.role}
    await append(
        conn, now, [Act(agency, by, "person.created", f"person:{person.id}", detail=detail)]
    )
    return person


async def change_password(
    conn: Connection, agency: str, person: UUID, password_hash: str, *, by: str, now: datetime
) -> None:
    """Set a new password and end every session of the person, the one in use included."""
    cursor = await conn.execute(
        "update people set password_hash = %s where id = %s and agency = %s returning id",
        (password_hash, person, agency),
    )
    await _end_sessions(
        conn, agency, person, "person.password-changed", await cursor.fetchone(), by, now
    )


async def deactivate(
    conn: Connection, agency: str, person: UUID, *, by: str, now: datetime
) -> None:
    """Let the person in no more and end every session; the name stays in what they did."""
    cursor = await conn.execute(
        "update people set active = false where id = %s and agency = %s returning id",
        (person, agency),
    )
    await _end_sessions(
        conn, agency, person, "person.deactivated", await cursor.fetchone(), by, now
    )


async def by_phone(conn: Connection, phone: str) -> Person | None:
    """The active person whose phone it is."""
    if not is_phone(phone):
        return None
    return await _one(conn, "p.phone = %s and p.active", phone)


async def by_id(conn: Connection, person: UUID) -> Person | None:
    """The person, active or not."""
    return await _one(conn, "p.id = %s", person)


async def names(conn: Connection, ids: Iterable[UUID]) -> dict[UUID, str]:
    """The names of these people; who is unknown is left out."""
    cursor = await conn.execute("select id, name from people where id = any(%s)", (list(ids),))
    return {row["id"]: row["name"] for row in await cursor.fetchall()}


async def _end_sessions(
    conn: Connection,
    agency: str,
    person: UUID,
    what: str,
    found: Row | None,
    by: str,
    now: datetime,
) -> None:
    if found is None:
        nobody = f"person {person}"
        raise NotFound(nobody)
    await conn.execute("delete from sessions where person = %s", (person,))
    await append(conn, now, [Act(agency, by, what, f"person:{person}")])


async def _one(conn: Connection, where: str, value: object) -> Person | None:
    cursor = await conn.execute(f"select {FIELDS} from people p where {where}", (value,))
    row = await cursor.fetchone()
    return person_from(row) if row else None


async def _found(conn: Connection, query: str, value: str) -> bool:
    cursor = await conn.execute(query, (value,))
    return await cursor.fetchone() is not None
