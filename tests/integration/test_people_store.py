"""Log-in, sessions and people in a real PostgreSQL."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from argon2 import PasswordHasher

from domain.errors import BadInput, NotAllowed, NotFound
from people.model import Person, Role
from people.passwords import hash_password
from people.sessions import IDLE, SESSION
from people.store import (
    by_id,
    by_phone,
    change_password,
    create_agency,
    create_person,
    deactivate,
    log_in,
    log_out,
    names,
    person_of,
)
from people.throttle import FAILURES_A_LOGIN, FAILURES_AN_ADDRESS, WINDOW
from records.audit import verify
from storage.postgres import Database

NOW = datetime(2026, 11, 21, 21, 2, 9, tzinfo=UTC)
ORI = "KS0190100"
PASSWORD = "seven brown ducks"
HASH = PasswordHasher(time_cost=3).hash(PASSWORD)


async def person(db: Database, login: str = "m.ortiz", **more: Any) -> Person:
    async with db.transaction() as conn:
        await create_agency(conn, ORI, "Pittsburg Police", "America/Chicago", now=NOW)
        values: dict[str, Any] = {
            "role": Role.DISPATCHER,
            "password_hash": HASH,
            "by": "setup",
            "now": NOW,
        }
        return await create_person(conn, ORI, login, "Maria Ortiz", **values | more)


async def acts(db: Database) -> list[tuple[str, str, str, str]]:
    async with db.connection() as conn:
        cursor = await conn.execute(
            "select agency, actor, action, subject from audit order by at, lane, seq"
        )
        return [tuple(row.values()) for row in await cursor.fetchall()]


async def whose(db: Database, token: str, now: datetime) -> Person | None:
    async with db.connection() as conn:
        found = await person_of(conn, token, now)
    return found[0] if found else None


async def fail(db: Database, login: str, address: str, now: datetime = NOW) -> str:
    with pytest.raises(NotAllowed) as refused:
        await log_in(db, login, "not the password", address, now)
    return str(refused.value)


async def failed_before(db: Database, address: str, times: int) -> None:
    """As many failures of that address with other logins, without the cost of their hashing."""
    async with db.connection() as conn:
        await conn.execute(
            "insert into login_failures select 'digest', %s, %s from generate_series(1, %s)",
            (address, NOW, times),
        )


async def test_a_log_in_opens_a_session_and_a_log_out_ends_it(db: Database) -> None:
    maria = await person(db)
    session = await log_in(db, " M.Ortiz", PASSWORD, "10.0.0.7", NOW)
    assert session.person == maria
    assert session.expires_at == NOW + SESSION
    async with db.connection() as conn:
        assert await person_of(conn, session.token, NOW) == (maria, session.csrf)
    async with db.transaction() as conn:
        await log_out(conn, session.token, NOW)
        await log_out(conn, session.token, NOW)
    assert await whose(db, session.token, NOW) is None
    me, subject = str(maria.id), f"person:{maria.id}"
    assert sorted(await acts(db)) == sorted(
        [
            (ORI, "setup", "agency.created", f"agency:{ORI}"),
            (ORI, "setup", "person.created", subject),
            (ORI, me, "person.log-in", subject),
            (ORI, me, "person.log-out", subject),
        ]
    )
    assert (await verify(db)).ok


async def test_the_token_is_nowhere_in_the_database(db: Database) -> None:
    await person(db)
    session = await log_in(db, "m.ortiz", PASSWORD, "10.0.0.7", NOW)
    async with db.connection() as conn:
        row = await (await conn.execute("select token_hash from sessions")).fetchone()
        assert row is not None
        assert session.token.encode() not in row["token_hash"]
        row = await (await conn.execute("select string_agg(detail, '') as d from audit")).fetchone()
    assert row is not None
    assert session.token not in row["d"]
    assert HASH not in row["d"]


@pytest.mark.parametrize(
    "odd", ["", "x" * 50_000, "\0", "\ud800", "' or 1=1 --", "tok\u00e9n", "%s"]
)
async def test_no_token_opens_anything_but_the_right_one(db: Database, odd: str) -> None:
    assert await whose(db, odd, NOW) is None


async def test_every_wrong_log_in_is_refused_in_the_same_words(db: Database) -> None:
    maria = await person(db)
    gone = await person(db, "gone.away")
    async with db.transaction() as conn:
        await deactivate(conn, ORI, gone.id, by=str(maria.id), now=NOW)
    for login in ("m.ortiz", "nobody.here", "gone.away", "", "nul\0", "\ud800", "y" * 9999):
        assert await fail(db, login, "10.0.0.7") == "wrong name or password"
    with pytest.raises(NotAllowed, match="wrong name or password"):
        await log_in(db, "gone.away", PASSWORD, "10.0.0.7", NOW)
    failed = [a for a in await acts(db) if a[2] == "person.log-in-failed"]
    assert len(failed) == 8
    assert ("", "visitor", "person.log-in-failed", "person:unknown") in failed
    assert (ORI, "visitor", "person.log-in-failed", f"person:{maria.id}") in failed


async def test_what_was_typed_for_an_unknown_login_is_kept_nowhere(db: Database) -> None:
    await fail(db, "my-password-in-the-wrong-box", "10.0.0.7")
    async with db.connection() as conn:
        for table in ("login_failures", "audit"):
            row = await (
                await conn.execute(f"select string_agg(t::text, '') as t from {table} t")
            ).fetchone()
            assert row is not None
            assert "wrong-box" not in row["t"]


async def test_five_failures_close_the_door_to_that_login_and_to_no_other(db: Database) -> None:
    await person(db)
    await person(db, "d.kim")
    for n in range(FAILURES_A_LOGIN):
        await fail(db, "m.ortiz", f"10.0.0.{n}", NOW + timedelta(minutes=n))
    later = NOW + timedelta(minutes=5)
    with pytest.raises(NotAllowed, match="too many attempts, try again in 10 minutes"):
        await log_in(db, "m.ortiz", PASSWORD, "10.0.0.99", later)
    await log_in(db, "d.kim", PASSWORD, "10.0.0.99", later)
    # Being refused does not prolong the wait.
    assert await log_in(db, "m.ortiz", PASSWORD, "10.0.0.99", NOW + WINDOW)


async def throttled(db: Database) -> list[tuple[str, str, str, str]]:
    return [a for a in await acts(db) if a[2] == "person.log-in-throttled"]


async def test_the_first_refusal_of_a_window_is_in_the_trail_and_a_flood_is_not(
    db: Database,
) -> None:
    maria = await person(db)
    row = (ORI, "visitor", "person.log-in-throttled", f"person:{maria.id}")
    for n in range(FAILURES_A_LOGIN):
        await fail(db, "m.ortiz", f"10.0.0.{n}")
    assert await throttled(db) == []
    told = await asyncio.gather(*(fail(db, "m.ortiz", f"10.0.1.{n}") for n in range(12)))
    assert all("too many" in t for t in told)
    assert await throttled(db) == [row]
    for n in range(FAILURES_A_LOGIN + 1):
        await fail(db, "m.ortiz", f"10.0.2.{n}", NOW + WINDOW)
    assert await throttled(db) == [row, row]
    assert (await verify(db)).ok


async def test_a_refused_address_is_in_the_trail_under_its_own_name(db: Database) -> None:
    maria = await person(db)
    await failed_before(db, "10.0.0.7", FAILURES_AN_ADDRESS)
    for login in ("m.ortiz", "guess.a", "guess.b", "m.ortiz"):
        await fail(db, login, "10.0.0.7")
    assert maria.agency == ORI
    assert await throttled(db) == [(ORI, "visitor", "person.log-in-throttled", "address:10.0.0.7")]


async def test_refused_logins_that_nobody_has_are_not_named(db: Database) -> None:
    for login in ("my-password-one", "my-password-two"):
        for n in range(FAILURES_A_LOGIN + 2):
            await fail(db, login, f"10.0.0.{n}")
    assert await throttled(db) == [("", "visitor", "person.log-in-throttled", "person:unknown")]


async def test_an_address_that_tries_many_logins_is_stopped(db: Database) -> None:
    await person(db)
    await failed_before(db, "10.0.0.7", FAILURES_AN_ADDRESS - 1)
    await fail(db, "guess.a", "10.0.0.7")
    assert "too many attempts" in await fail(db, "guess.last", "10.0.0.7")
    with pytest.raises(NotAllowed, match="too many"):
        await log_in(db, "m.ortiz", PASSWORD, "10.0.0.7", NOW)
    assert await log_in(db, "m.ortiz", PASSWORD, "10.0.0.8", NOW)


async def test_many_guesses_at_once_are_no_way_round_the_limit(db: Database) -> None:
    await person(db)
    told = await asyncio.gather(*(fail(db, "m.ortiz", f"10.0.0.{n}") for n in range(16)))
    assert told.count("wrong name or password") == FAILURES_A_LOGIN


async def test_a_right_password_takes_back_the_slips_before_it(db: Database) -> None:
    await person(db)
    for _ in range(2):
        for _ in range(FAILURES_A_LOGIN - 1):
            await fail(db, "m.ortiz", "10.0.0.7")
        await log_in(db, "m.ortiz", PASSWORD, "10.0.0.7", NOW)


async def test_ones_own_log_in_does_not_clear_failures_with_other_logins(db: Database) -> None:
    await person(db)
    await failed_before(db, "10.0.0.7", FAILURES_AN_ADDRESS - 1)
    await log_in(db, "m.ortiz", PASSWORD, "10.0.0.7", NOW)
    await fail(db, "guess.x", "10.0.0.7")
    assert "too many attempts" in await fail(db, "guess.y", "10.0.0.7")


async def test_a_desk_left_alone_is_logged_out_and_an_officers_phone_is_not(db: Database) -> None:
    await person(db)
    officer = await person(db, "d.kim", role=Role.OFFICER)
    desk = await log_in(db, "m.ortiz", PASSWORD, "10.0.0.7", NOW)
    phone = await log_in(db, "d.kim", PASSWORD, "10.0.0.7", NOW)
    just = timedelta(seconds=1)
    assert await whose(db, desk.token, NOW + IDLE) is None
    assert await whose(db, phone.token, NOW + SESSION - just) == officer
    assert await whose(db, phone.token, NOW + SESSION) is None


async def test_a_desk_at_work_stays_until_the_shift_ends(db: Database) -> None:
    await person(db)
    session = await log_in(db, "m.ortiz", PASSWORD, "10.0.0.7", NOW)
    now = NOW
    while now + timedelta(minutes=119) < session.expires_at:
        now += timedelta(minutes=119)
        assert await whose(db, session.token, now)
    assert await whose(db, session.token, session.expires_at) is None


async def test_clocks_a_little_apart_do_not_log_out_and_a_clock_set_back_does(db: Database) -> None:
    await person(db)
    session = await log_in(db, "m.ortiz", PASSWORD, "10.0.0.7", NOW)
    assert await whose(db, session.token, NOW - timedelta(minutes=4))
    assert await whose(db, session.token, NOW - timedelta(minutes=6)) is None
    # A process whose clock is behind does not make the session look idle to the others.
    assert await whose(db, session.token, NOW + timedelta(minutes=100))
    assert await whose(db, session.token, NOW + timedelta(minutes=1))
    assert await whose(db, session.token, NOW + timedelta(minutes=219))


async def test_a_deactivated_person_is_out_at_once(db: Database) -> None:
    maria = await person(db)
    session = await log_in(db, "m.ortiz", PASSWORD, "10.0.0.7", NOW)
    async with db.transaction() as conn:
        with pytest.raises(NotFound):
            await deactivate(conn, "KS0110000", maria.id, by="x", now=NOW)
        await deactivate(conn, ORI, maria.id, by="x", now=NOW)
        assert await by_id(conn, maria.id) == maria
        assert await names(conn, [maria.id, uuid4()]) == {maria.id: "Maria Ortiz"}
    assert await whose(db, session.token, NOW) is None


async def test_a_new_password_ends_the_sessions_of_the_old_one(db: Database) -> None:
    maria = await person(db)
    session = await log_in(db, "m.ortiz", PASSWORD, "10.0.0.7", NOW)
    new = await hash_password("nine green herons")
    async with db.transaction() as conn:
        with pytest.raises(NotFound):
            await change_password(conn, "KS0110000", maria.id, new, by="x", now=NOW)
        await change_password(conn, ORI, maria.id, new, by=str(maria.id), now=NOW)
    assert await whose(db, session.token, NOW) is None
    with pytest.raises(NotAllowed):
        await log_in(db, "m.ortiz", PASSWORD, "10.0.0.7", NOW)
    assert await log_in(db, "m.ortiz", "nine green herons", "10.0.0.7", NOW)


async def test_a_weak_old_hash_is_made_anew_at_log_in(db: Database) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=64).hash(PASSWORD)
    await person(db, password_hash=old)
    # Two at once: the second finds the first one's stronger hash, and is let in all the same.
    await asyncio.gather(*(log_in(db, "m.ortiz", PASSWORD, "10.0.0.7", NOW) for _ in range(3)))
    async with db.connection() as conn:
        row = await (await conn.execute("select password_hash from people")).fetchone()
    assert row is not None
    assert row["password_hash"] != old
    assert await log_in(db, "m.ortiz", PASSWORD, "10.0.0.7", NOW)


async def test_a_person_that_cannot_be_added_says_why_and_the_transaction_lives(
    db: Database,
) -> None:
    await person(db, phone="+16205550123")
    values: dict[str, Any] = {
        "role": Role.OFFICER,
        "password_hash": HASH,
        "by": "setup",
        "now": NOW,
    }
    async with db.transaction() as conn:
        with pytest.raises(BadInput, match=r"login: m.ortiz is taken"):
            await create_person(conn, ORI, "M.Ortiz", "Other", **values)
        with pytest.raises(BadInput, match="phone: is another person's"):
            await create_person(conn, ORI, "d.kim", "D Kim", phone="+16205550123", **values)
        with pytest.raises(BadInput, match="agency: there is no agency KS9999999"):
            await create_person(conn, "KS9999999", "d.kim", "D Kim", **values)
        with pytest.raises(BadInput, match="name"):
            await create_person(conn, ORI, "d.kim", "nul\0", **values)
        kim = await create_person(conn, ORI, "d.kim", "D Kim", phone="+16205550124", **values)
        assert await by_phone(conn, "+16205550124") == kim
        assert await by_phone(conn, "") is None
        assert await by_phone(conn, "+1\0") is None
        assert not await create_agency(conn, ORI, "Again", "UTC")


async def test_a_creation_that_rolls_back_leaves_no_audit_row(db: Database) -> None:
    await person(db)
    before = await acts(db)

    async def fails() -> None:
        async with db.transaction() as conn:
            await create_person(
                conn, ORI, "d.kim", "D Kim", Role.OFFICER, HASH, by="setup", now=NOW
            )
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fails()
    assert await acts(db) == before
