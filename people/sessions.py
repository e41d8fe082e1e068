"""Log-in and sessions in PostgreSQL.

`log_in` takes the database itself, not a connection: it must not hold one while a password is
being hashed. Every log-in, failed log-in and log-out is an audit row in the same transaction.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from domain.errors import NotAllowed
from people.fields import is_login
from people.model import Person, Role, Session
from people.passwords import hash_password, needs_rehash, verify_password
from people.rows import FIELDS, person_from
from people.throttle import FAILURES_A_LOGIN, FAILURES_AN_ADDRESS, WINDOW, refuse, wait
from storage.audit import Act, append
from storage.postgres import Connection, Database, Row

SESSION = timedelta(hours=12)
"""A session ends after this, whatever happens: one shift."""

IDLE = timedelta(hours=2)
"""A desk that did nothing for so long is logged out. An officer's phone may lie in a pocket."""

SKEW = timedelta(minutes=5)
"""How far apart the clocks of our processes may be."""

_SEEN_EVERY = timedelta(minutes=1)  # how exactly we keep when a session was last used
_WRONG = "wrong name or password"
_THROTTLED = "person.log-in-throttled"


async def log_in(db: Database, login: str, password: str, address: str, now: datetime) -> Session:
    """A new session. Raises NotAllowed in the same words and time for every wrong log-in.

    The attempt is counted before the password is looked at, so that many guesses at once
    are no way round the limit; a right password takes its own attempts back.
    """
    login, address = login.strip().lower(), _address(address)
    row = await _count_attempt(db, login, address, now)
    stored = row["password_hash"] if row and row["active"] else None
    right = await verify_password(stored, password)
    if row is None or stored is None or not right:
        agency = row["agency"] if row else ""
        # What was typed for an unknown login may be somebody's password: it is not kept.
        subject = f"person:{row['id']}" if row else "person:unknown"
        detail = {"address": address}
        async with db.transaction() as conn:
            act = Act(agency, "visitor", "person.log-in-failed", subject, detail=detail)
            await append(conn, now, [act])
        raise NotAllowed(_WRONG)
    person = person_from(row)
    new_hash = await hash_password(password) if needs_rehash(stored) else None
    session = Session(person, secrets.token_urlsafe(32), secrets.token_urlsafe(32), now + SESSION)
    async with db.transaction() as conn:
        # Locked, so that a deactivation or a new password in between is seen.
        cursor = await conn.execute(
            "select active, password_hash from people where id = %s for update", (person.id,)
        )
        current = await cursor.fetchone()
        if current is None or not current["active"]:
            raise NotAllowed(_WRONG)
        if current["password_hash"] != stored:  # also another log-in's stronger hash of the same
            new_hash = None
            if not await verify_password(current["password_hash"], password):
                raise NotAllowed(_WRONG)
        await conn.execute(
            "delete from login_failures where login = %s and address = %s", (_key(login), address)
        )
        if new_hash:
            await conn.execute(
                "update people set password_hash = %s where id = %s", (new_hash, person.id)
            )
        await conn.execute(
            "delete from sessions where person = %s and expires_at < %s", (person.id, now - SKEW)
        )
        await conn.execute(
            "insert into sessions (token_hash, person, csrf, created_at, expires_at, seen_at)"
            " values (%s, %s, %s, %s, %s, %s)",
            (_hash(session.token), person.id, session.csrf, now, session.expires_at, now),
        )
        await append(conn, now, [_own_act(person, "person.log-in", {"address": address})])
    return session


async def person_of(conn: Connection, token: str, now: datetime) -> tuple[Person, str] | None:
    """Whose session the token opens, and its CSRF token; None when there is none any more."""
    cursor = await conn.execute(
        f"select {FIELDS}, s.csrf, s.created_at, s.expires_at, s.seen_at from sessions s"
        " join people p on p.id = s.person where s.token_hash = %s and p.active",
        (_hash(token),),
    )
    row = await cursor.fetchone()
    if row is None or now >= row["expires_at"] or row["created_at"] > now + SKEW:
        return None
    person = person_from(row)
    if person.role is not Role.OFFICER and now >= row["seen_at"] + IDLE:
        return None
    if now >= row["seen_at"] + _SEEN_EVERY:
        await conn.execute(
            "update sessions set seen_at = greatest(seen_at, %s) where token_hash = %s",
            (now, _hash(token)),
        )
    return person, row["csrf"]


async def log_out(conn: Connection, token: str, now: datetime) -> None:
    """End the session. A token that opens nothing is no error."""
    cursor = await conn.execute(
        f"delete from sessions s using people p where s.token_hash = %s and p.id = s.person"
        f" returning {FIELDS}",
        (_hash(token),),
    )
    row = await cursor.fetchone()
    if row is not None:
        await append(conn, now, [_own_act(person_from(row), "person.log-out", {})])


async def _count_attempt(db: Database, login: str, address: str, now: datetime) -> Row | None:
    """Count one more attempt and return the person's row. Raises NotAllowed when it is too many.

    The first refusal of a window is an audit row, committed before the refusal is told; the rest
    of a flood is not, so that guessing cannot fill the trail.
    """
    key, left, limited = _key(login), timedelta(0), ""
    async with db.transaction() as conn:
        for lock in sorted({f"login {key}", f"address {address}"}):
            await conn.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (lock,))
        await conn.execute("delete from login_failures where at < %s", (now - 4 * WINDOW,))
        for column, value, limit in (
            ("login", key, FAILURES_A_LOGIN),
            ("address", address, FAILURES_AN_ADDRESS),
        ):
            cursor = await conn.execute(
                f"select at from login_failures where {column} = %s and at > %s",
                (value, now - WINDOW),
            )
            left = wait([row["at"] for row in await cursor.fetchall()], limit, now)
            if left:
                limited = column
                break
        row = await _stored(conn, login)
        if limited:
            await _note_refusal(conn, row, limited, address, now)
        else:
            await conn.execute(
                "insert into login_failures (login, address, at) values (%s, %s, %s)",
                (key, address, now),
            )
    if limited:
        raise refuse(left)
    return row


async def _stored(conn: Connection, login: str) -> Row | None:
    """The row of the person with that login; None when nobody has it."""
    if not is_login(login):
        return None
    cursor = await conn.execute(
        f"select {FIELDS}, p.active, p.password_hash from people p where p.login = %s", (login,)
    )
    return await cursor.fetchone()


async def _note_refusal(
    conn: Connection, row: Row | None, limited: str, address: str, now: datetime
) -> None:
    """Write down that a limit closed the door, unless it is written of this window already.

    A login that nobody has stands as "unknown", all such together: it may be somebody's password.
    The caller holds the locks of the login and the address, so that two at once write one row.
    """
    subject = f"person:{row['id'] if row else 'unknown'}"
    if limited == "address":
        subject = f"address:{address}"
    cursor = await conn.execute(
        "select 1 from audit where subject = %s and action = %s and at > %s and at <= %s limit 1",
        (subject, _THROTTLED, now - WINDOW, now + WINDOW),
    )
    if await cursor.fetchone() is None:
        agency = row["agency"] if row else ""
        detail = {"limit": limited, "address": address}
        await append(conn, now, [Act(agency, "visitor", _THROTTLED, subject, detail=detail)])


def _own_act(person: Person, action: str, detail: dict[str, str]) -> Act:
    return Act(person.agency, str(person.id), action, f"person:{person.id}", detail=detail)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _key(login: str) -> str:
    """What failures are counted by: a digest, because people type passwords into the wrong box."""
    return _hash(login).hex()


def _address(address: str) -> str:
    return "".join(c for c in address if c.isascii() and c.isprintable())[:64]
