"""Two people for a hit that conflicts: over the API and in PostgreSQL, whoever tries what when."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import psycopg
import pytest

from alerts import store as alerts
from alerts.escalating_store import escalate
from alerts.model import SecondSource
from alerts.needing import OVERDUE, OVERDUE_SECOND
from alerts.raising import raise_alert
from alerts.transitions import Claim, Look, Recall, Verify
from domain.clock import system_clock as now
from domain.errors import SamePerson
from notifiers.store import repair
from people.model import Role
from people.store import create_person
from policy.loading import standard
from policy.model import Policy
from records import audit
from simulator.gateway import FakeGateway
from storage.migrate import migrate
from storage.postgres import Database
from tests.browser.world import CEDAR, World, world_of
from tests.conflicts import LISTED, SEEN, evidence
from tests.integration.couriers import (
    Topic,
    channels,
    console_for,
    match,
    quick,
    settle_town,
    until,
    working,
)
from tests.seeding import ONE_PERSON

FIRST = {"source": "NCIC, live query", "reference": "FIRST-7731"}
SECOND = {"source": "State registration", "reference": "SECOND-0412"}


@pytest.fixture
async def world(db: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of(db, tmp_path / "images") as made:
        yield made


async def conflicting(world: World, policy: Policy | None = None, **more: Any) -> UUID:
    """A possible hit of an SUV where a motorcycle is wanted."""
    hit = await world.possible_hit(evidence=evidence(conflict=True), **more)
    return await world.raise_(hit, policy or standard())


async def post(client: httpx.AsyncClient, which: UUID, step: str, body: Any = None) -> Any:
    answer = await client.post(f"/api/alerts/{which}/{step}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def refused(client: httpx.AsyncClient, which: UUID, step: str, body: Any = None) -> str:
    answer = await client.post(f"/api/alerts/{which}/{step}", json=body)
    assert answer.status_code == 409, answer.text
    return str(answer.json()["error"]["problem"])


async def first(world: World, which: UUID, login: str = "m.alvarez") -> Any:
    async with world.logged_in(login) as client:
        await post(client, which, "claim")
        return await post(client, which, "verify", FIRST)


async def count(world: World, query: str) -> int:
    async with world.db.connection() as conn:
        cursor = await conn.execute(f"select count(*) as n from {query}".encode())
        row = await cursor.fetchone()
    assert row is not None
    return int(row["n"])


async def said_outside(world: World) -> int:
    """Events, deliveries and jobs that would tell anybody."""
    return (
        await count(world, "events_out")
        + await count(world, "deliveries")
        + await count(world, "pgqueuer where entrypoint in ('publish-event', 'deliver')")
    )


async def confirmed_by(world: World, which: UUID) -> list[UUID]:
    async with world.db.connection() as conn:
        record = await alerts.load(conn, CEDAR, which)
    return [c.by for c in record.alert.confirmations]


def holds(answer: Any, *words: str) -> list[str]:
    """Which of the words are anywhere in a JSON answer."""
    text = str(answer).replace(" ", "").lower()
    return [word for word in words if word.replace(" ", "").lower() in text]


async def test_two_people_verify_and_nobody_hears_of_it_before_the_second(world: World) -> None:
    which = await conflicting(world)
    code = await world.code(which)
    async with world.logged_in("j.ortiz") as other, world.logged_in("ruiz") as officer:
        one = await first(world, which)
        assert (one["state"], one["waits"], one["needed"]) == ("raised", True, 2)
        assert [c["name"] for c in one["confirmed"]] == ["M. Alvarez"]
        assert one["claim"]["kind"] == "another"
        assert {o["name"] for o in one["others"]} == {"J. Ortiz", "Sgt. Whitfield"}
        assert {o["name"] for o in one["others"] if o["here"]} == {"J. Ortiz"}
        assert one["verified_by"] == ""
        assert one["told"] == []

        assert await said_outside(world) == 0
        assert (await officer.get("/api/alerts")).json()["alerts"] == []
        for path in (f"/api/alerts/{which}", f"/a/{code}", f"/alerts/{which}"):
            assert (await officer.get(path)).status_code == 404

        await post(other, which, "claim")
        assert "look at the pictures first" in await refused(other, which, "verify", SECOND)
        seen = await post(other, which, "look", {"state": "KS", "plate": "482 kt8"})
        assert not seen["covered"]
        assert [(k["name"], k["plate"], k["notes"]) for k in seen["looks"]] == [
            ("J. Ortiz", SEEN, ["8 seen, B listed"])
        ]
        assert holds(seen, "FIRST-7731") == [], "each asks a second source of their own"
        done = await post(other, which, "verify", SECOND)
        assert (done["state"], done["verified_by"]) == ("verified", "M. Alvarez and J. Ortiz")
        assert [c["reference"] for c in done["confirmed"]] == ["FIRST-7731", "SECOND-0412"]
        assert await count(world, "events_out") == 1
        assert (await officer.get(f"/a/{code}")).status_code == 200

        life = (await other.get(f"/api/alerts/{which}/history")).json()["events"]
        assert [(e["event"], e["name"]) for e in life] == [
            ("raised", "bolo"),
            ("claim", "M. Alvarez"),
            ("confirm", "M. Alvarez"),
            ("claim", "J. Ortiz"),
            ("look", "J. Ortiz"),
            ("verify", "J. Ortiz"),
        ]
    for action, login in (
        ("alert.confirm", "m.alvarez"),
        ("alert.look", "j.ortiz"),
        ("alert.verify", "j.ortiz"),
    ):
        (row,) = await world.audited(action)
        assert (row["actor"], row["subject"]) == (str(world.people[login].id), f"alert:{which}")
    assert (await audit.verify(world.db)).ok


async def test_the_second_person_sees_the_pictures_alone_until_they_have_looked(
    world: World,
) -> None:
    which = await conflicting(world)
    await first(world, which)
    telling = (SEEN, LISTED, "FIRST-7731", "motorcycle", "V512049773", "Hyundai", "fuzzy")
    async with world.logged_in("j.ortiz") as other:
        for look in ("before", "claimed"):
            if look == "claimed":
                await post(other, which, "claim")
            one = (await other.get(f"/api/alerts/{which}")).json()
            queue = (await other.get("/api/alerts")).json()
            life = (await other.get(f"/api/alerts/{which}/history")).json()
            for answer in (one, queue, life):
                assert holds(answer, *telling) == [], look
            assert one["covered"]
            assert one["picture"]["images"] == ["plate", "vehicle"]
            for page in (f"/alerts/{which}", f"/fragments/alerts/{which}", "/fragments/queue"):
                text = (await other.get(page)).text
                assert holds(text, *telling) == [], (look, page)
                assert "M. Alvarez" in text
        picture = f"/images/{which}/{one['picture']['read_id']}/plate"
        assert (await other.get(picture)).headers["content-type"] == "image/jpeg"
        # Who verified it still sees it all.
        async with world.logged_in("m.alvarez") as desk:
            mine = (await desk.get(f"/api/alerts/{which}")).json()
        assert set(holds(mine, *telling)) == set(telling)


async def test_a_look_says_something_or_that_nothing_can_be_read(world: World) -> None:
    which = await conflicting(world)
    await first(world, which)
    async with world.logged_in("j.ortiz") as other:
        await post(other, which, "claim")
        for body in ({}, {"plate": " - "}, {"state": "KS"}, {"plate": "1", "state": "K1"}):
            answer = await other.post(f"/api/alerts/{which}/look", json=body)
            assert answer.status_code == 422, body
        one = await post(other, which, "look", {"unread": "yes", "plate": "typed in part"})
        assert [(k["plate"], k["differs"]) for k in one["looks"]] == [("", False)]
        again = await post(other, which, "look", {"plate": LISTED})
        assert again["looks"] == one["looks"], "the first answer stands"


async def test_the_same_person_is_refused_whatever_happens_in_between(world: World) -> None:
    which = await conflicting(world)
    await first(world, which)
    anna, ben = world.people["m.alvarez"].id, world.people["j.ortiz"].id

    async def twice() -> None:
        async with world.logged_in("m.alvarez") as desk:
            for step, body in (("claim", None), ("verify", FIRST), ("look", {"plate": LISTED})):
                assert "you verified it already" in await refused(desk, which, step, body)
        assert await confirmed_by(world, which) == [anna]

    await twice()
    async with world.db.transaction() as conn:
        lease = timedelta(seconds=1)
        await alerts.transition(conn, CEDAR, which, Claim(ben, lease), now(), actor=str(ben))
    await twice()
    async with world.db.transaction() as conn:
        assert await alerts.lapse(conn, which, now() + timedelta(seconds=2))
    assert await world.state(which) == "raised"
    await twice()
    async with world.logged_in("j.ortiz") as other:
        await post(other, which, "claim")
        await post(other, which, "look", {"plate": LISTED, "state": "KS"})
        await post(other, which, "release")
    await twice()
    assert await said_outside(world) == 0


async def test_two_browsers_of_one_person_at_once_are_one_person(world: World) -> None:
    which = await conflicting(world)
    async with world.logged_in("m.alvarez") as desk, world.logged_in("m.alvarez") as phone:
        await post(desk, which, "claim")
        answers = await asyncio.gather(
            *(c.post(f"/api/alerts/{which}/verify", json=FIRST) for c in (desk, phone) * 4)
        )
    assert sorted(a.status_code for a in answers) == [200] + [409] * 7
    assert len(await confirmed_by(world, which)) == 1
    assert await world.state(which) == "raised"
    assert await said_outside(world) == 0


async def test_two_who_want_to_be_the_second_at_once_are_one(world: World) -> None:
    which = await conflicting(world)
    await first(world, which)
    async with world.logged_in("j.ortiz") as ortiz, world.logged_in("whitfield") as sergeant:

        async def all_of_it(client: httpx.AsyncClient) -> list[int]:
            steps = (("claim", None), ("look", {"plate": LISTED}), ("verify", SECOND))
            return [
                (await client.post(f"/api/alerts/{which}/{step}", json=body)).status_code
                for step, body in steps
            ]

        codes = await asyncio.gather(all_of_it(ortiz), all_of_it(sergeant))
    assert sorted(codes)[0] == [200, 200, 200]
    assert len(await confirmed_by(world, which)) == 2
    assert await count(world, "events_out") == 1


async def test_a_second_person_who_rejects_it_ends_it_and_both_stand_in_its_life(
    world: World,
) -> None:
    which = await conflicting(world)
    await first(world, which)
    async with world.logged_in("j.ortiz") as other:
        await post(other, which, "claim")
        await post(other, which, "look", {"plate": "482KT8", "state": "MO"})
        one = await post(other, which, "reject", {"reason": "misread", "note": "It is an 8."})
        assert (one["state"], one["ended_by"]) == ("rejected", "J. Ortiz")
        assert [c["name"] for c in one["confirmed"]] == ["M. Alvarez"]
        assert one["looks"][0]["notes"] == ["MO seen, KS listed", "8 seen, B listed"]
        words = [(h["name"], h["event"]) for h in one["happened"]]
        assert ("M. Alvarez", "confirm") in words
        assert words[-1] == ("J. Ortiz", "reject")
    assert await said_outside(world) == 0


async def test_the_first_may_take_it_back_by_rejecting(world: World) -> None:
    which = await conflicting(world)
    await first(world, which)
    async with world.logged_in("m.alvarez") as desk:
        one = await post(desk, which, "reject", {"reason": "not the vehicle"})
    assert one["state"] == "rejected"
    assert await said_outside(world) == 0


async def test_a_recall_in_between_wins_and_nobody_is_told(world: World) -> None:
    which = await conflicting(world)
    await first(world, which)
    async with world.logged_in("j.ortiz") as other, world.logged_in("ruiz") as officer:
        await post(other, which, "claim")
        await post(other, which, "look", {"plate": LISTED, "state": "KS"})
        async with world.db.transaction() as conn:
            event = Recall(None, "NCIC: withdrawn (found)")
            await alerts.transition(conn, CEDAR, which, event, now(), actor="lists")
        assert "recalled" in await refused(other, which, "verify", SECOND)
        assert (await officer.get(f"/api/alerts/{which}")).status_code == 404
        assert (await officer.get(f"/a/{await world.code(which)}")).status_code == 404
    assert await said_outside(world) == 0


async def test_a_verify_and_a_recall_at_once_are_one_or_the_other(world: World) -> None:
    """Whichever comes first; a recall that comes second is told to whoever was told."""
    which = await conflicting(world)
    await first(world, which)
    async with world.logged_in("j.ortiz") as other:
        await post(other, which, "claim")
        await post(other, which, "look", {"plate": LISTED, "state": "KS"})

        async def recall() -> None:
            async with world.db.transaction() as conn:
                event = Recall(None, "withdrawn")
                await alerts.transition(conn, CEDAR, which, event, now(), actor="lists")

        verify = other.post(f"/api/alerts/{which}/verify", json=SECOND)
        answer, _ = await asyncio.gather(verify, recall())
    assert await world.state(which) == "recalled"
    assert await count(world, "events_out") == (2 if answer.status_code == 200 else 0)


# --- how many -----------------------------------------------------------------------------------


async def needs(world: World, which: UUID) -> int:
    async with world.db.connection() as conn:
        return (await alerts.load(conn, CEDAR, which)).alert.needed


async def test_a_sighting_that_conflicts_asks_for_a_second_person(world: World) -> None:
    clean = await world.possible_hit(evidence=evidence(conflict=False))
    which = await world.raise_(clean, standard())
    assert await needs(world, which) == 1
    read = msgspec.structs.replace(clean.read, read_id=UUID(int=77), seen_at=now())
    odd = msgspec.structs.replace(clean, read=read, evidence=evidence(conflict=True))
    async with world.logged_in("m.alvarez") as desk:
        await post(desk, which, "claim")
        for _ in range(2):  # and a replay of the same changes nothing
            assert await world.raise_(odd, standard()) == which
        assert await needs(world, which) == 2
        one = await post(desk, which, "verify", FIRST)
        assert (one["state"], one["waits"]) == ("raised", True)
        told = [h["event"] for h in one["happened"]]
        assert told.count("needs-more") == 1
    (row,) = await world.audited("alert.needs-more")
    assert row["actor"] == "matcher"
    assert await said_outside(world) == 0
    # A later one that agrees takes no doubt away.
    read = msgspec.structs.replace(clean.read, read_id=UUID(int=78), seen_at=now())
    await world.raise_(msgspec.structs.replace(clean, read=read), standard())
    assert await needs(world, which) == 2


async def test_a_conflict_after_the_verification_changes_nothing_that_was_told(
    world: World,
) -> None:
    clean = await world.possible_hit(evidence=evidence(conflict=False))
    which = await world.raise_(clean, standard())
    assert (await first(world, which))["state"] == "verified"
    read = msgspec.structs.replace(clean.read, read_id=UUID(int=77), seen_at=now())
    odd = msgspec.structs.replace(clean, read=read, evidence=evidence(conflict=True))
    assert await world.raise_(odd, standard()) == which
    assert (await world.state(which), await needs(world, which)) == ("verified", 1)


async def test_a_policy_that_is_loosened_never_lowers_what_an_open_alert_needs(
    world: World,
) -> None:
    hit = await world.possible_hit(evidence=evidence(conflict=True))
    which = await world.raise_(hit, standard())
    read = msgspec.structs.replace(hit.read, read_id=UUID(int=77), seen_at=now())
    await world.raise_(msgspec.structs.replace(hit, read=read), ONE_PERSON)
    assert await needs(world, which) == 2
    # The other way round: what is judged under a stricter policy counts from then on.
    other = await world.possible_hit(evidence=evidence(conflict=True))
    which = await world.raise_(other, ONE_PERSON)
    read = msgspec.structs.replace(other.read, read_id=UUID(int=78), seen_at=now())
    await world.raise_(msgspec.structs.replace(other, read=read), standard())
    assert await needs(world, which) == 2


async def test_an_agency_may_let_one_person_verify_what_conflicts(world: World) -> None:
    which = await conflicting(world, ONE_PERSON)
    one = await first(world, which)
    assert (one["state"], one["needed"], one["verified_by"]) == ("verified", 1, "M. Alvarez")
    assert await count(world, "events_out") == 1


# --- nobody comes -------------------------------------------------------------------------------


async def test_what_nobody_comes_to_is_escalated_once_and_stays_loud(world: World) -> None:
    which = await conflicting(world)
    await first(world, which)
    assert await count(world, f"pgqueuer where entrypoint = '{OVERDUE_SECOND}'") == 1
    async with world.db.transaction() as conn:
        assert not await escalate(conn, which, now()), "not yet"
        assert await repair(conn, now(), timedelta(0)) == 0
    later = now() + OVERDUE + timedelta(seconds=1)
    async with world.db.transaction() as conn:
        # The job is there again, should it have been lost.
        assert await repair(conn, later, timedelta(0)) == 1
        assert await escalate(conn, which, later)
    async with world.db.transaction() as conn:
        assert not await escalate(conn, which, later), "once"
        assert await repair(conn, later, timedelta(0)) == 0
    (row,) = await world.audited(f"alert.{OVERDUE_SECOND}")
    assert (row["actor"], row["subject"]) == ("clock", f"alert:{which}")
    async with world.db.transaction() as conn:
        await conn.execute(
            "update alerts set confirmations"
            " = jsonb_set(confirmations, '{0,at}', to_jsonb(%s::text)) where id = %s",
            ((now() - timedelta(minutes=9)).isoformat(), which),
        )
    for login, words in (
        ("whitfield", "You can: look at it now."),
        ("m.alvarez", "Call Sgt. Whitfield (here now) or J. Ortiz."),
    ):
        async with world.logged_in(login) as client:
            page = (await client.get("/")).text
            assert "needs a second person since" in page
            assert words in page
    async with world.logged_in("ruiz") as officer:
        assert "second person" not in (await officer.get("/")).text
    assert await world.state(which) == "raised"
    assert await said_outside(world) == 0


async def test_who_is_alone_is_told_at_once_what_to_do(world: World) -> None:
    which = await conflicting(world)
    async with world.db.transaction() as conn:
        await conn.execute(
            "update people set active = false where login in ('j.ortiz', 'whitfield')"
        )
    async with world.logged_in("m.alvarez") as desk:
        await post(desk, which, "claim")
        before = (await desk.get(f"/alerts/{which}")).text
        assert "Nobody else here may verify it" in before
        assert "bolo people add" in before
        await post(desk, which, "verify", FIRST)
        page = (await desk.get("/")).text
        assert "Nobody else here may verify it: call your supervisor" in page
        assert (await desk.get("/api/alerts")).json()["alerts"][0]["waits"]
    # Somebody new is somebody else.
    await world.add("night", "N. Relief", Role.DISPATCHER)
    async with world.logged_in("night") as relief:
        await post(relief, which, "claim")
        await post(relief, which, "look", {"plate": LISTED, "state": "KS"})
        assert (await post(relief, which, "verify", SECOND))["state"] == "verified"


# --- whatever is killed or replayed -------------------------------------------------------------

HALF = """
import asyncio, sys
from uuid import UUID
from alerts import store
from alerts.model import SecondSource
from alerts.transitions import Claim, Verify
from domain.clock import system_clock as now
from storage.postgres import Database

async def main(url, ori, which, by):
    async with Database(url, size=1) as db, db.transaction() as conn:
        which, by = UUID(which), UUID(by)
        await store.transition(conn, ori, which, Claim(by), now(), actor=str(by))
        event = Verify(by, SecondSource.NCIC_QUERY, "HALF")
        await store.transition(conn, ori, which, event, now(), actor=str(by))
        print("done, not committed", flush=True)
        await asyncio.sleep(60)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_a_process_killed_in_the_middle_leaves_no_half_verification(
    world: World, database_url: str
) -> None:
    which = await conflicting(world)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HALF, database_url, CEDAR, str(which),
        str(world.people["m.alvarez"].id), stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert child.stdout is not None
    async with asyncio.timeout(60):
        assert await child.stdout.readline() == b"done, not committed\n"
    child.kill()
    await child.wait()
    assert await confirmed_by(world, which) == []
    assert await world.audited("alert.confirm") == []
    assert (await first(world, which))["waits"]
    assert len(await world.audited("alert.confirm")) == 1
    assert await said_outside(world) == 0


async def test_a_match_that_comes_again_changes_nothing(world: World) -> None:
    hit = await world.possible_hit(evidence=evidence(conflict=True))
    which = await world.raise_(hit, standard())
    await first(world, which)
    for policy in (standard(), ONE_PERSON):
        assert await world.raise_(hit, policy) == which
    assert await needs(world, which) == 2
    assert await confirmed_by(world, which) == [world.people["m.alvarez"].id]
    assert await count(world, "sightings") == 1


@pytest.mark.parametrize(
    "cheat",
    [
        "update alerts set state = 'verified', verified_at = now()",
        "update alerts set confirmations = jsonb_build_array(confirmations->0, confirmations->0)",
    ],
)
async def test_the_database_refuses_what_the_code_must_not_do(world: World, cheat: str) -> None:
    which = await conflicting(world)
    await first(world, which)
    with pytest.raises(psycopg.errors.CheckViolation):
        async with world.db.transaction() as conn:
            await conn.execute(cheat.encode())
    assert await world.state(which) == "raised"


# --- on the way out -----------------------------------------------------------------------------


async def test_no_message_leaves_before_the_second_person(db: Database) -> None:
    """A courier at work, a gateway that counts: SMS and webhook come after the second alone."""
    async with FakeGateway() as gateway, console_for(db, gateway) as url:
        town = await settle_town(db, gateway)
        async with db.transaction() as conn:
            other = await create_person(
                conn, town.ori, "second", "Second", Role.SUPERVISOR, "x", by="test", now=now()
            )
        ben = other.id
        hit = match(town.ori)
        hit = msgspec.structs.replace(
            hit, evidence=evidence(conflict=True, reading=LISTED, listed=LISTED)
        )
        async with working(db, Topic(db), channels(gateway, url), quick(url)):
            async with db.transaction() as conn:
                raised = (await raise_alert(conn, hit, now())).alert
            assert raised is not None
            async with db.transaction() as conn:
                await town.verify(conn, raised)
            with pytest.raises(SamePerson):
                async with db.transaction() as conn:
                    await town.verify(conn, raised)
            plain = await town.verified()  # what needs one person goes out meanwhile
            await until(lambda: _ended(town, plain))
            assert await town.deliveries(raised) == []
            told = str([e.event for e in gateway.events()]) + str(gateway.texts())
            assert str(raised) not in told
            assert await town.code(raised) not in told
            async with db.transaction() as conn:
                for event in (
                    Claim(ben),
                    Look(ben, LISTED, "KS"),
                    Verify(ben, SecondSource.ORIGINATING_AGENCY, "Sgt. Cole"),
                ):
                    await alerts.transition(conn, town.ori, raised, event, now(), actor=str(ben))
            await until(lambda: _ended(town, raised))
            code = await town.code(raised)
            assert len([t for t in gateway.texts() if code in t.body]) == 2
            assert [e.event["subject"] for e in gateway.events()].count(str(raised)) == 1


async def test_the_courier_escalates_what_waits_also_when_its_job_was_lost(db: Database) -> None:
    async with FakeGateway() as gateway, console_for(db, gateway) as url:
        town = await settle_town(db, gateway)
        hit = msgspec.structs.replace(
            match(town.ori), evidence=evidence(conflict=True, reading=LISTED, listed=LISTED)
        )
        async with db.transaction() as conn:
            raised = (await raise_alert(conn, hit, now())).alert
            assert raised is not None
            await town.verify(conn, raised)
            await conn.execute("delete from pgqueuer")
            await conn.execute(
                "update alerts set confirmations"
                " = jsonb_set(confirmations, '{0,at}', to_jsonb(%s::text)) where id = %s",
                ((now() - timedelta(minutes=9)).isoformat(), raised),
            )
        async with working(db, Topic(db), channels(gateway, url), quick(url)) as courier:
            await courier.repair()

            async def escalated() -> bool:
                return len(await town.acts(f"alert.{OVERDUE_SECOND}")) == 1

            await until(escalated)
        assert await town.deliveries(raised) == []
        assert gateway.texts() == []


async def _ended(town: Any, alert: UUID) -> bool:
    states = await town.states(alert)
    return bool(states) and set(states.values()) == {"delivered"}


# --- what was there before ----------------------------------------------------------------------

BEFORE = """
insert into agencies (ori, name) values ('KS0190100', 'Pittsburg');
insert into people (id, agency, login, name, role, password_hash) values
    ('00000000-0000-4000-8000-000000000001', 'KS0190100', 'dana', 'Dana', 'dispatcher', 'x');
insert into alerts (id, agency, target, number, code, state, version, priority, category, raised_at,
    state_since, match, first_seen_at, last_seen_at, verified_by, verified_at, second_source,
    second_reference)
select gen_random_uuid(), 'KS0190100', gen_random_uuid(), n::text, n::text, state, 1, 2,
    'stolen-vehicle', now(), now(), match::jsonb, now(), now(),
    case when told then '00000000-0000-4000-8000-000000000001'::uuid end,
    case when told then now() end, case when told then 'NCIC, live query' else '' end,
    case when told then 'HIT 7' else '' end
from (values
    (1, 'raised', '{"evidence": {"tier": "fuzzy-conflict", "features": []}}', false),
    (2, 'claimed', '{"evidence": {"tier": "exact", "features": [{"verdict": "conflict"}]}}', false),
    (3, 'raised', '{"evidence": {"tier": "exact", "features": [{"verdict": "agrees"}]}}', false),
    (4, 'verified', '{"evidence": {"tier": "exact-conflict", "features": []}}', true),
    (5, 'recalled', '{"evidence": {"tier": "exact-conflict", "features": []}}', true),
    (6, 'rejected', '{}', false)
) as old (n, state, match, told);
"""


def test_what_was_open_before_needs_two_people_and_what_was_verified_keeps_its_one(
    empty_database_url: str,
) -> None:
    migrate(empty_database_url, "0006")
    with psycopg.connect(empty_database_url) as conn:
        conn.execute(BEFORE.encode())
    migrate(empty_database_url, "0007")
    with psycopg.connect(empty_database_url) as conn:
        rows = conn.execute(
            "select number, needed, confirmations #>> '{0,reference}' from alerts order by number"
        ).fetchall()
    assert rows == [
        ("1", 2, None),
        ("2", 2, None),
        ("3", 1, None),
        ("4", 1, "HIT 7"),
        ("5", 1, "HIT 7"),
        ("6", 1, None),
    ]
