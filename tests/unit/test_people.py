"""Roles, passwords, throttling and fields, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.model import UNVERIFIED, State
from domain.errors import BadInput, NotAllowed
from people.fields import is_login, login_of, ori_of, phone_of, role_of, text_of, timezone_of
from people.model import Person, Role, Session
from people.passwords import check_new, hash_password, needs_rehash, verify_password
from people.roles import TABLE, Action, may, may_see_alert, require
from people.throttle import FAILURES_A_LOGIN, WINDOW, refuse, wait

NOW = datetime(2026, 11, 21, 21, 2, 9, tzinfo=UTC)


def someone(role: Role) -> Person:
    return Person(
        id=uuid4(), agency="KS0190100", login="x.y", name="X Y", badge="", role=role, phone=""
    )


ALLOWED: dict[Action, str] = {
    "see the queue": "dispatcher supervisor",
    "see an alert": "dispatcher supervisor",
    "see the lists": "dispatcher supervisor admin",
    "refresh lists": "dispatcher supervisor admin",
    "change lists": "supervisor admin",
    "accept lists": "supervisor admin",
    "search the lists": "dispatcher supervisor",
    "make entries": "dispatcher officer supervisor",
    "approve entries": "dispatcher supervisor",
    "take entries back": "dispatcher supervisor",
    "decide": "dispatcher supervisor",
    "recall": "dispatcher supervisor",
    "answer": "dispatcher officer supervisor",
    "close": "dispatcher officer supervisor",
    "see what is learned": "dispatcher supervisor admin",
    "lift markers": "dispatcher supervisor",
    "reset cameras": "supervisor admin",
    "reset traffic": "supervisor admin",
    "see the alert budget": "supervisor admin",
    "see the audit trail": "supervisor admin",
    "administer": "admin",
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", ALLOWED)
def test_each_role_may_do_what_the_table_says_and_nothing_else(action: Action, role: Role) -> None:
    person = someone(role)
    assert may(person, action) is (role in ALLOWED[action].split())
    if may(person, action):
        require(person, action)
    else:
        with pytest.raises(NotAllowed, match=f"as {role} you may not .*; ask a"):
            require(person, action)


def test_the_table_names_every_action() -> None:
    assert set(ALLOWED) == set(TABLE)


@pytest.mark.parametrize("role", [Role.OFFICER, Role.ADMIN])
@pytest.mark.parametrize("state", State)
def test_who_does_not_verify_sees_no_alert_that_was_not_verified(role: Role, state: State) -> None:
    person = someone(role)
    expected = state in {State.VERIFIED, State.ACKNOWLEDGED, State.CLOSED}
    assert may_see_alert(person, state) is expected
    if state in UNVERIFIED or state is State.REJECTED:
        assert not may_see_alert(person, state, was_verified=True)


@pytest.mark.parametrize("role", [Role.OFFICER, Role.ADMIN])
def test_who_does_not_verify_sees_a_recalled_alert_only_if_it_had_been_verified(role: Role) -> None:
    person = someone(role)
    assert may_see_alert(person, State.RECALLED, was_verified=True)
    assert not may_see_alert(person, State.RECALLED, was_verified=False)


@pytest.mark.parametrize("role", [Role.DISPATCHER, Role.SUPERVISOR])
@pytest.mark.parametrize("state", State)
def test_a_desk_sees_an_alert_in_every_state(role: Role, state: State) -> None:
    assert may_see_alert(someone(role), state)


@pytest.mark.parametrize("action", ["see the queue", "see an alert"])
def test_nobody_sees_an_unverified_alert_who_may_not_decide_about_it(action: Action) -> None:
    assert TABLE[action] <= TABLE["decide"]


async def test_a_password_opens_only_what_it_was_hashed_for() -> None:
    stored = await hash_password("seven brown ducks")
    assert stored.startswith("$argon2id$")
    assert await verify_password(stored, "seven brown ducks")
    assert not await verify_password(stored, "seven brown duck")
    assert not needs_rehash(stored)


async def test_nobody_has_no_password() -> None:
    assert not await verify_password(None, "seven brown ducks")
    assert not await verify_password(None, "")


async def test_the_same_keys_on_another_keyboard_are_the_same_password() -> None:
    stored = await hash_password("caf\u00e9 by the river")
    assert await verify_password(stored, "cafe\u0301 by the river")


@pytest.mark.parametrize("odd", ["\ud800 lone surrogate", "nul \0 inside it", "x" * 100_000])
async def test_no_text_breaks_a_verification(odd: str) -> None:
    stored = await hash_password("seven brown ducks")
    assert not await verify_password(stored, odd)
    assert not await verify_password("not a hash", odd)


def test_an_old_hash_is_made_anew() -> None:
    weak = (
        "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$"
        "c29tZWhhc2hzb21laGFzaHNvbWVoYXNoc29tZWhhc2g"
    )
    assert needs_rehash(weak)


@pytest.mark.parametrize(
    "bad",
    [
        "short",
        "elevenchars",
        "aaaaaaaaaaaaaaaa",
        "passwordpassword",
        "PasswordPassword",
        "bolo-police-2026",
        "m.ortiz-2026-11",
        "ortiz ortiz ortiz",
        "x" * 257,
    ],
)
def test_a_new_password_that_anyone_would_try_is_refused(bad: str) -> None:
    with pytest.raises(BadInput) as refused:
        check_new(bad, login="m.ortiz", name="Maria Ortiz")
    assert refused.value.field == "password"


@pytest.mark.parametrize(
    "good", ["seven brown ducks", "tall-Grass-beside-ortiz", "\u4e00" * 3 + "abcdefghjk"]
)
def test_a_long_password_of_any_kind_is_taken(good: str) -> None:
    check_new(good, login="m.ortiz", name="Maria Ortiz")


@given(st.lists(st.integers(-4000, 4000), max_size=12), st.integers(1, 6))
def test_waiting_ends_within_the_window_and_then_lets_in(seconds: list[int], limit: int) -> None:
    failures = [NOW + timedelta(seconds=s) for s in seconds]
    left = wait(failures, limit, NOW)
    assert timedelta(0) <= left <= WINDOW
    if left and max(seconds) <= 0:
        assert wait(failures, limit, NOW + left) < left
    if len(failures) < limit:
        assert not left


def test_the_fifth_failure_closes_the_door_for_the_rest_of_its_window() -> None:
    failures = [NOW - timedelta(minutes=m) for m in (14, 3, 2, 1, 0)]
    assert wait(failures, FAILURES_A_LOGIN, NOW) == timedelta(minutes=1)
    assert not wait(failures, FAILURES_A_LOGIN, NOW + timedelta(minutes=1))


def test_failures_of_a_clock_that_was_wrong_do_not_lock_for_ever() -> None:
    assert not wait([NOW + timedelta(days=400)] * 9, FAILURES_A_LOGIN, NOW)


@pytest.mark.parametrize(
    ("seconds", "words"), [(1, "1 minute"), (61, "2 minutes"), (900, "15 minutes")]
)
def test_the_wait_is_told_in_whole_minutes(seconds: int, words: str) -> None:
    told = str(refuse(timedelta(seconds=seconds)))
    assert told == f"too many attempts, try again in {words}"


def test_a_login_is_lower_case() -> None:
    assert login_of(" M.Ortiz ") == "m.ortiz"
    assert not is_login("M.Ortiz")


@pytest.mark.parametrize("odd", ["", "a", "a b", "-x-", "x" * 65, "m\0ortiz", "\ud800bcd"])
def test_a_login_that_cannot_be_one_names_the_field(odd: str) -> None:
    with pytest.raises(BadInput, match="login: 3 to 64"):
        login_of(odd)


def test_fields_say_how_they_want_to_be() -> None:
    assert phone_of("") == ""
    with pytest.raises(BadInput, match=r"phone: in international form"):
        phone_of("620-555-0123")
    with pytest.raises(BadInput, match="ori: nine"):
        ori_of("KS01901")
    for odd in ("Kansas", "", "../etc/passwd", "a\0b", "/etc/localtime"):
        with pytest.raises(BadInput, match="timezone: an IANA name"):
            timezone_of(odd)
    with pytest.raises(BadInput, match="role: one of dispatcher, officer"):
        role_of("chief")
    for odd in ("", " ", "x" * 201, "a\0b", "\ud800", "a\nb"):
        with pytest.raises(BadInput, match="name: 1 to 200"):
            text_of("name", odd)


def test_a_session_shows_no_secret() -> None:
    session = Session(someone(Role.OFFICER), "secret-token", "secret-csrf", NOW)
    assert "secret" not in repr(session)
