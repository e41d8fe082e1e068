"""An entry by a person: asked for, approved by a second one, in force, ended, with its record."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.errors import BadInput, BoloError, NotAllowed, NotFound, Prohibited
from domain.read import Read
from hotlists import live_store, local_store, store
from hotlists.configuring import ensure_source
from hotlists.keeper import WatchKeeper
from hotlists.local import KIND, NAME, Asked
from hotlists.local_store import LocalEntry
from matchers.engine import match
from matchers.watch import Match
from people.model import Person, Role
from people.store import create_agency, create_person, deactivate
from policy.loading import parse, standard
from policy.model import Policy
from records.audit import verify
from storage.postgres import Connection, Database

NOW = datetime(2026, 11, 21, 21, 2, 9, tzinfo=UTC)
WEEK = NOW + timedelta(days=7)
AGENCY, OTHER = "KS0190100", "MO0500100"
ASKED = Asked(
    plate="48?KTB",
    state="KS",
    reason="Armed robbery at the bank on Main",
    case_number="26-114",
    category="felony-vehicle",
    expires_at=WEEK,
)
AT_ONCE = parse('name = "A"\n[categories.felony-vehicle]\napproval = false\n')


class Desk:
    """Two agencies, and the people of the first."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def settle(self) -> None:
        async with self.db.transaction() as conn:
            for ori in (AGENCY, OTHER):
                await create_agency(conn, ori, ori, "America/Chicago", by="test", now=NOW)
            self.ann = await _person(conn, AGENCY, "ann", Role.OFFICER)
            self.ben = await _person(conn, AGENCY, "ben", Role.DISPATCHER)
            self.eve = await _person(conn, OTHER, "eve", Role.DISPATCHER)

    async def do(self, work: Callable[[Connection], Awaitable[Any]]) -> Any:
        async with self.db.transaction() as conn:
            return await work(conn)

    async def made(self, asked: Asked = ASKED, now: datetime = NOW) -> LocalEntry:
        one: LocalEntry = await self.do(
            lambda c: local_store.make(c, AGENCY, asked, standard(), by=self.ann.id, now=now)
        )
        return one

    async def approved(self, one: LocalEntry, now: datetime = NOW) -> LocalEntry:
        after: LocalEntry = await self.do(
            lambda c: local_store.approve(
                c, AGENCY, one.id, standard(), by=self.ben.id, now=now, note="spoke to him"
            )
        )
        return after

    async def in_force(self, asked: Asked = ASKED) -> LocalEntry:
        return await self.approved(await self.made(asked))

    async def matches(self, plate: str = "482KTB", at: datetime = NOW) -> list[Match]:
        """What a worker that starts now finds for a read of that plate."""
        keeper = WatchKeeper(self.db, lambda: at)
        await keeper.load_once()
        watch = keeper.watch(AGENCY)
        return match([_read(plate, at)], watch, at) if watch else []

    async def acts(self, one: LocalEntry) -> list[tuple[str, str, str]]:
        async with self.db.connection() as conn:
            cursor = await conn.execute(
                "select action, actor, reason from audit where subject = %s order by at, action",
                (f"local-entry:{one.id}",),
            )
            return [tuple(row.values()) for row in await cursor.fetchall()]


async def _person(conn: Connection, agency: str, login: str, role: Role) -> Person:
    return await create_person(conn, agency, login, login, role, "x", by="test", now=NOW)


def _read(plate: str, at: datetime) -> Read:
    return Read(
        read_id=uuid4(), agency=AGENCY, camera="c", seen_at=at, received_at=at,
        plate=plate, plate_raw=plate, state="KS",
    )  # fmt: skip


@pytest.fixture
async def desk(db: Database) -> Desk:
    one = Desk(db)
    await one.settle()
    return one


async def test_nothing_is_matched_before_a_second_person_has_approved(desk: Desk) -> None:
    one = await desk.made()
    assert one.state == "waiting"
    assert await desk.matches() == []
    after = await desk.approved(one)
    assert (after.state, after.decided_by, after.decided_at) == ("in force", desk.ben.id, NOW)
    (found,) = await desk.matches()
    assert found.entry.entry_id == one.entry
    assert (found.source_name, found.entry.oca, found.entry.pattern) == (NAME, "26-114", "48?KTB")
    assert (found.entry.priority, found.change, found.generation) == (2, 1, 0)
    assert await desk.acts(one) == [
        ("entry.approved", str(desk.ben.id), "spoke to him"),
        ("entry.made", str(desk.ann.id), ASKED.reason),
    ]
    assert (await verify(desk.db)).ok


async def test_nobody_approves_or_refuses_what_they_asked_for_themselves(desk: Desk) -> None:
    one = await desk.made()
    for work in (
        lambda c: local_store.approve(c, AGENCY, one.id, standard(), by=desk.ann.id, now=NOW),
        lambda c: local_store.refuse(
            c, AGENCY, one.id, by=desk.ann.id, reason="better not", now=NOW
        ),
    ):
        with pytest.raises(NotAllowed, match="second person"):
            await desk.do(work)
    assert await desk.matches() == []


async def test_another_agency_s_person_can_neither_see_nor_decide(desk: Desk) -> None:
    one = await desk.made()
    with pytest.raises(NotAllowed):
        await desk.do(
            lambda c: local_store.approve(c, AGENCY, one.id, standard(), by=desk.eve.id, now=NOW)
        )
    with pytest.raises(NotFound):
        await desk.do(
            lambda c: local_store.approve(c, OTHER, one.id, standard(), by=desk.eve.id, now=NOW)
        )
    with pytest.raises(NotAllowed):
        await desk.do(
            lambda c: local_store.make(c, AGENCY, ASKED, standard(), by=desk.eve.id, now=NOW)
        )
    async with desk.db.connection() as conn:
        assert await local_store.entries(conn, OTHER) == []


async def test_who_has_left_decides_nothing(desk: Desk) -> None:
    one = await desk.made()
    async with desk.db.transaction() as conn:
        await deactivate(conn, AGENCY, desk.ben.id, by="test", now=NOW)
    with pytest.raises(NotAllowed):
        await desk.approved(one)


async def test_a_category_without_approval_is_in_force_at_once(desk: Desk) -> None:
    one = await desk.do(
        lambda c: local_store.make(c, AGENCY, ASKED, AT_ONCE, by=desk.ann.id, now=NOW)
    )
    assert one.state == "in force"
    assert len(await desk.matches()) == 1


async def test_of_two_who_approve_at_once_one_is_told_that_it_was_done(desk: Desk) -> None:
    async with desk.db.transaction() as conn:
        cay = await _person(conn, AGENCY, "cay", Role.SUPERVISOR)
    one = await desk.made()
    done = await asyncio.gather(
        *(_approve(desk, one, who) for who in (desk.ben.id, cay.id)), return_exceptions=True
    )
    assert {type(d) for d in done} == {LocalEntry, BadInput}
    assert "in force already" in str(next(d for d in done if isinstance(d, BadInput)))
    async with desk.db.connection() as conn:
        assert await live_store.heads(conn) == {AGENCY: 1}


async def test_what_ran_out_while_it_waited_cannot_be_approved(desk: Desk) -> None:
    one = await desk.made()
    with pytest.raises(BadInput, match="time was over"):
        await desk.approved(one, now=WEEK)
    assert await local_store.expire(desk.db, WEEK) == 1
    with pytest.raises(BadInput, match="expired already"):
        await desk.approved(one, now=WEEK)


async def test_what_the_policy_no_longer_allows_cannot_be_approved(desk: Desk) -> None:
    one = await desk.made()
    for words in ('without_categories = ["felony-vehicle"]', "[lists]\nknown_characters = 6"):
        policy = parse(f'name = "A"\n{words}\n')
        with pytest.raises(BadInput):
            await _approve(desk, one, desk.ben.id, policy)


async def _approve(
    desk: Desk, one: LocalEntry, who: UUID, policy: Policy | None = None
) -> LocalEntry:
    after: LocalEntry = await desk.do(
        lambda c: local_store.approve(c, AGENCY, one.id, policy or standard(), by=who, now=NOW)
    )
    return after


async def test_a_refused_entry_stays_refused(desk: Desk) -> None:
    one = await desk.made()
    after = await desk.do(
        lambda c: local_store.refuse(
            c, AGENCY, one.id, by=desk.ben.id, reason="No such robbery.", now=NOW
        )
    )
    assert (after.state, after.decision) == ("refused", "No such robbery.")
    with pytest.raises(BadInput, match="refused already"):
        await desk.approved(one)
    with pytest.raises(BadInput, match="refused already"):
        await _withdraw(desk, one)


async def _withdraw(desk: Desk, one: LocalEntry, reason: str = "The car was found.") -> LocalEntry:
    after: LocalEntry = await desk.do(
        lambda c: local_store.withdraw(c, AGENCY, one.id, by=desk.ben.id, reason=reason, now=NOW)
    )
    return after


async def test_a_withdrawn_entry_is_matched_no_more_and_is_withdrawn_once(desk: Desk) -> None:
    one = await desk.in_force()
    assert (await _withdraw(desk, one)).state == "withdrawn"
    assert await desk.matches() == []
    with pytest.raises(BadInput, match="withdrawn already"):
        await _withdraw(desk, one)
    async with desk.db.connection() as conn:
        assert await local_store.entries(conn, AGENCY) == []
        assert await live_store.standing(conn, AGENCY) == []
        (kept,) = await local_store.entries(conn, AGENCY, states=("withdrawn",))
    assert kept.decision == "The car was found."


async def test_what_waits_can_be_taken_back_by_who_asked(desk: Desk) -> None:
    one = await desk.made()
    after = await desk.do(
        lambda c: local_store.withdraw(
            c, AGENCY, one.id, by=desk.ann.id, reason="wrong plate", now=NOW
        )
    )
    assert after.state == "withdrawn"
    async with desk.db.connection() as conn:
        assert await live_store.heads(conn) == {}


async def test_deciding_against_needs_a_reason_that_is_no_prohibited_use(desk: Desk) -> None:
    one = await desk.in_force()
    with pytest.raises(BadInput) as wrong:
        await _withdraw(desk, one, " ")
    assert wrong.value.field == "reason"
    with pytest.raises(Prohibited):
        await _withdraw(desk, one, "a favor for a friend of mine")
    assert len(await desk.matches()) == 1


async def test_an_entry_ends_by_itself_at_the_very_moment(desk: Desk) -> None:
    one = await desk.in_force()
    assert len(await desk.matches(at=WEEK - timedelta(microseconds=1))) == 1
    assert await desk.matches(at=WEEK) == [], "before anything has looked at the clock"
    assert await local_store.expire(desk.db, WEEK - timedelta(seconds=1)) == 0
    assert await local_store.expire(desk.db, WEEK) == 1
    assert await local_store.expire(desk.db, WEEK) == 0
    async with desk.db.connection() as conn:
        assert (await local_store.load(conn, AGENCY, one.id)).state == "expired"
        assert await live_store.standing(conn, AGENCY) == []
    assert (await desk.acts(one))[-1] == ("entry.expired", "clock", "its time is over")


async def _end(desk: Desk, one: LocalEntry, until: datetime, by: UUID) -> LocalEntry:
    after: LocalEntry = await desk.do(
        lambda c: local_store.change_end(
            c, AGENCY, one.id, until, standard(), by=by, reason="still looking", now=NOW
        )
    )
    return after


async def test_a_later_end_waits_for_a_second_person_and_keeps_the_entry_s_id(desk: Desk) -> None:
    one = await desk.in_force()
    later = NOW + timedelta(days=20)
    asked = await _end(desk, one, later, desk.ann.id)
    assert asked.expires_at == WEEK
    assert asked.extension is not None
    assert await desk.matches(at=WEEK) == []
    with pytest.raises(NotAllowed):
        await desk.do(
            lambda c: local_store.approve(c, AGENCY, one.id, standard(), by=desk.ann.id, now=NOW)
        )
    async with desk.db.connection() as conn:
        (first, *_) = await local_store.entries(conn, AGENCY)
    assert first.extension == asked.extension
    after = await desk.approved(one)
    assert (after.expires_at, after.extension) == (later, None)
    (found,) = await desk.matches(at=WEEK)
    assert found.entry.entry_id == one.entry
    with pytest.raises(BadInput, match="in force already"):
        await desk.approved(one)


async def test_a_later_end_can_be_refused_and_the_entry_goes_on(desk: Desk) -> None:
    one = await desk.in_force()
    await _end(desk, one, NOW + timedelta(days=20), desk.ann.id)
    after = await desk.do(
        lambda c: local_store.refuse(
            c, AGENCY, one.id, by=desk.ben.id, reason="a week is enough", now=NOW
        )
    )
    assert (after.state, after.extension, after.expires_at) == ("in force", None, WEEK)


async def test_no_end_is_later_than_the_longest_life_from_when_it_was_made(desk: Desk) -> None:
    one = await desk.in_force()
    with pytest.raises(BadInput, match="30 days at most"):
        await _end(desk, one, NOW + timedelta(days=30, seconds=1), desk.ann.id)


async def test_an_earlier_end_holds_at_once(desk: Desk) -> None:
    one = await desk.in_force()
    sooner = NOW + timedelta(hours=1)
    after = await _end(desk, one, sooner, desk.ann.id)
    assert (after.expires_at, after.extension) == (sooner, None)
    assert len(await desk.matches(at=NOW)) == 1
    assert await desk.matches(at=sooner) == []


async def test_no_file_becomes_the_list_that_people_make_by_hand(desk: Desk) -> None:
    await desk.in_force()
    async with desk.db.transaction() as conn:
        source = await store.source_named(conn, AGENCY, NAME)
        assert source.kind == KIND
        for name, kind in ((NAME, "table"), ("Other", KIND)):
            with pytest.raises(BadInput):
                await ensure_source(conn, AGENCY, name, kind)


async def test_first_entries_of_an_agency_made_at_once_share_one_list(desk: Desk) -> None:
    made = await asyncio.gather(*(desk.made() for _ in range(5)))
    assert len({one.id for one in made}) == 5
    await asyncio.gather(*(desk.approved(one) for one in made))
    async with desk.db.connection() as conn:
        assert [s.name for s in await store.sources(conn, AGENCY)] == [NAME]
        assert await live_store.heads(conn) == {AGENCY: 5}
    assert len(await desk.matches()) == 5


async def test_deciding_and_expiring_at_once_never_ends_in_a_deadlock(desk: Desk) -> None:
    """Approvals, withdrawals, ends and the clock over the same entries, all at the same time."""
    made = [await desk.in_force() for _ in range(6)]

    said: list[str] = []

    async def tried(work: Awaitable[Any]) -> None:
        try:
            await work
        except BoloError as refused:
            said.append(str(refused))

    await asyncio.gather(
        *(tried(_withdraw(desk, one)) for one in made),
        *(tried(_end(desk, one, NOW + timedelta(1), desk.ann.id)) for one in made),
        *(tried(local_store.expire(desk.db, WEEK)) for _ in range(2)),
    )
    assert all("already" in words or "its time is over" in words for words in said)
    async with desk.db.connection() as conn:
        assert await local_store.entries(conn, AGENCY) == []
        assert await live_store.standing(conn, AGENCY) == []
