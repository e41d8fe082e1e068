"""What a hostile reader tried on entries, withdrawals and sharing, in a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from alerts import resting
from domain.errors import Prohibited
from hotlists import arrival_store, confirming, finding, live_store, local_store
from hotlists.answering import pending_of, row_of
from hotlists.configuring import ensure_source
from hotlists.model import HotlistSource
from hotlists.refresh import Means
from hotlists.scheduling import Fetcher
from policy.loading import standard
from simulator.gateway import FakeGateway
from storage.postgres import Database
from tests.cap_documents import alert, document, info
from tests.integration.couriers import settle_town
from tests.integration.installation import Installation, installation
from tests.integration.listed import Listed
from tests.integration.test_amber_source import CANCEL, NOW, PERSON, seen, source, told
from tests.integration.test_local_entries import AGENCY, Desk

__all__ = ["source"]

HOUR = timedelta(hours=1)
DOUBTFUL = document(alert(info("Suspect drives a Nissan, MO 7GH T21."), identifier="A"))


async def confirmed(db: Database, amber: HotlistSource) -> confirming.Confirmation:
    """An AMBER entry that a person read out of the text."""
    await told(db, amber, DOUBTFUL)
    async with db.transaction() as conn:
        (one,) = await confirming.waiting(conn, amber.agency)
        plates = [c.plate for c in pending_of(one.body).candidates]
        row = row_of(one.body, plates.index("7GHT21"))
        await confirming.confirm(
            conn, amber, one.id, row, standard(), by=PERSON, reason="asked them", now=NOW
        )
    return one


async def withdrawn(db: Database, amber: HotlistSource, one: confirming.Confirmation) -> None:
    async with db.transaction() as conn:
        await finding.withdraw(
            conn, amber.agency, one.id, standard(), by="cli:test", reason="found", now=NOW
        )


async def test_a_withdrawn_confirmed_entry_comes_back_when_its_time_is_over(
    db: Database, source: HotlistSource, tmp_path: Path
) -> None:
    one = await confirmed(db, source)
    await withdrawn(db, source, one)
    assert await seen(db, tmp_path / "1", "7GHT21") == []
    await told(db, source, DOUBTFUL, 1)
    async with db.connection() as conn:
        assert len(await live_store.withdrawals(conn, [one.id])) == 1, "no file can confirm it"
    assert await seen(db, tmp_path / "2", "7GHT21") == []
    async with db.transaction() as conn:
        assert await live_store.lapse_withdrawals(conn, NOW + 72 * HOUR) == 1
    assert len(await seen(db, tmp_path / "3", "7GHT21")) == 1


async def test_a_withdrawn_confirmed_entry_ends_with_its_alert(
    db: Database, source: HotlistSource, tmp_path: Path
) -> None:
    one = await confirmed(db, source)
    await withdrawn(db, source, one)
    await told(db, source, document(CANCEL), 40)
    async with db.transaction() as conn:
        assert await live_store.lapse_withdrawals(conn, NOW + 72 * HOUR) == 0
        assert (await confirming.load(conn, source.agency, one.id)).state == "ended"
    assert await seen(db, tmp_path, "7GHT21") == []


async def test_a_note_of_the_second_person_says_no_prohibited_use(db: Database) -> None:
    desk = Desk(db)
    await desk.settle()
    one = await desk.made()
    with pytest.raises(Prohibited):
        await desk.do(
            lambda c: local_store.approve(
                c, AGENCY, one.id, standard(), by=desk.ben.id, now=NOW,
                note="for the ICE detainer",
            )
        )  # fmt: skip
    async with db.connection() as conn:
        assert (await local_store.load(conn, AGENCY, one.id)).state == "waiting"


async def test_a_changed_setting_has_the_same_file_fetched_anew(
    db: Database, source: HotlistSource
) -> None:
    async def etag() -> str:
        async with db.connection() as conn:
            return (await arrival_store.arrival(conn, source.id)).etag

    async def settle(hours: int) -> None:
        async with db.transaction() as conn:
            settings = {"max_age_hours": hours}
            await ensure_source(conn, source.agency, "AMBER", "amber", settings=settings)

    await settle(6)
    async with db.transaction() as conn:
        await arrival_store.checked(conn, source.id, NOW, etag='7 etag "a"')
    await settle(6)
    assert await etag() == '7 etag "a"', "nothing was changed"
    await settle(5)
    assert await etag() == ""


async def test_every_alert_of_a_list_is_looked_at_however_many_there_are(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resting, "AT_ONCE", 2)
    async with FakeGateway() as gateway:
        listed = Listed(await settle_town(db, gateway), db)
        plates = [f"{n}82KTB" for n in range(1, 6)]
        await listed.list_of("NCIC", *(f"{plate}:KS" for plate in plates))
        alerts = [await listed.alert(await listed.matched(plate)) for plate in plates]
        gone = sorted(alerts)[-1]
        keep = [p for p, one in zip(plates, alerts, strict=True) if one != gone]
        await listed.list_of("NCIC", *(f"{plate}:KS" for plate in keep))
        which = listed.sources["NCIC"].id
        assert await resting.recheck_source(db, which, NOW) == 1
        assert await listed.state(gone) == "recalled"


@pytest.fixture
async def giver(database_url: str, tmp_path: Path) -> AsyncIterator[Installation]:
    async with installation(database_url, tmp_path, "KS0190100") as one:
        yield one


async def test_a_neighbor_does_not_learn_that_there_is_an_entry_it_is_not_given(
    giver: Installation,
) -> None:
    _, token = await giver.agree("KS0999900", "stolen-vehicle")
    first = await giver.enter("482KTB")
    page = (await giver.get(token, cursor=0)).json()
    secret = await giver.enter("771XYZ", "felony-vehicle")
    await giver.withdraw(first)
    after = (await giver.get(token, cursor=page["cursor"], mark=page["mark"])).json()
    assert after["entries"] == []
    assert after["withdrawn"] == [str(first.entry)]
    await giver.withdraw(secret)
    last = (await giver.get(token, cursor=after["cursor"], mark=after["mark"])).json()
    assert (last["entries"], last["withdrawn"]) == ([], [])


async def test_a_failed_look_waits_no_longer_than_the_schedule_has_it(
    db: Database, source: HotlistSource
) -> None:
    async with db.transaction() as conn:
        neighbor = await ensure_source(
            conn, source.agency, "Gone", "table", "/nowhere/at/all.csv",
            settings={"schedule": "* * * * *"},
        )  # fmt: skip
        rare = await ensure_source(
            conn, source.agency, "Rare", "table", "/nowhere/at/all.csv",
            settings={"schedule": "0 0 1 1 *"},
        )  # fmt: skip
    hour = [HOUR]
    often = await Fetcher(db, lambda: NOW, Means(), hour).run(neighbor.id)
    assert often is not None
    assert often <= timedelta(minutes=1)
    assert await Fetcher(db, lambda: NOW, Means(), hour).run(rare.id) == HOUR
