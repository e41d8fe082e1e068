"""Lists that come over HTTPS and SFTP from real servers, and what happens when they do not."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from domain.errors import BadInput
from hotlists import arrival_store, store
from hotlists.arrivals import Arrived, NotArrived, Wanted, https, sftp
from hotlists.configuring import ensure_source
from hotlists.fetching import fetch
from hotlists.model import HotlistSource
from hotlists.refresh import Means, accept
from storage.postgres import Database
from tests.integration import list_servers as servers

NOW = datetime(2026, 11, 21, 21, 2, 9, tzinfo=UTC)
LATER = NOW + timedelta(hours=12)
AGENCY = "KS0190100"
SECRET = "correct horse"
MEANS = Means(secrets={"COUNTY": SECRET})


def csv(count: int, first: int = 0) -> bytes:
    rows = (f"{n:05}KTB,KS,EV,V{n:09}" for n in range(first, first + count))
    return "\n".join(("LIC,LIS,MKE,NIC", *rows, "")).encode()


GOOD, NEXT, LARGE = csv(100), csv(105), csv(30_000)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is waited for made short."""
    monkeypatch.setattr(https, "PAUSES", (0.01, 0.01))
    monkeypatch.setattr(sftp, "SETTLE", 0.05)


@pytest.fixture
async def page() -> AsyncIterator[servers.WebList]:
    async with servers.web(servers.WebList(GOOD, etag='"one"')) as it:
        yield it


@pytest.fixture
async def shell(tmp_path: Path) -> AsyncIterator[servers.Shell]:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "list-1.csv").write_bytes(GOOD)
    key = asyncssh.generate_private_key("ssh-ed25519")
    async with servers.sftp(servers.Shell(tmp_path, key)) as it:
        yield it


async def new_source(db: Database, location: str, **settings: Any) -> HotlistSource:
    async with db.transaction() as conn:
        await conn.execute(
            "insert into agencies (ori, name) values (%s, 'Pittsburg PD') on conflict do nothing",
            (AGENCY,),
        )
        return await ensure_source(conn, AGENCY, "County", "table", location, settings)


async def from_shell(db: Database, shell: servers.Shell, path: str = "/out") -> HotlistSource:
    return await new_source(db, shell.location(path), host_key=shell.public, secret="COUNTY")


async def look(db: Database, source: HotlistSource, now: datetime = NOW) -> str:
    """What came of one look: "active 1 100", or "not changed"."""
    result = await fetch(db, source, by="schedule", now=now, means=MEANS)
    if result is None:
        return "not changed"
    return f"{result.outcome} {result.generation} {result.entries}"


async def in_force(db: Database, source: HotlistSource) -> tuple[int, int, datetime]:
    """(number, entries, as of when)."""
    async with db.connection() as conn:
        found = await store.active(conn, source.id)
    assert found is not None
    return found.number, found.entries, found.refreshed_at


async def noted(db: Database, source: HotlistSource) -> arrival_store.Arrival:
    async with db.connection() as conn:
        return await arrival_store.arrival(conn, source.id)


async def whole_database(db: Database) -> str:
    """Everything that audit, sources and arrivals hold, as text."""
    async with db.connection() as conn:
        cursor = await conn.execute(
            "select (select coalesce(string_agg(a::text, ' '), '') from audit a)"
            " || (select coalesce(string_agg(s::text, ' '), '') from hotlist_sources s)"
            " || (select coalesce(string_agg(r::text, ' '), '') from arrivals r) as said"
        )
        row = await cursor.fetchone()
    return str(row["said"]) if row else ""


async def test_a_list_comes_over_http_and_only_when_it_has_changed(
    db: Database, page: servers.WebList
) -> None:
    source = await new_source(db, page.url)
    assert await look(db, source) == "active 1 100"
    assert "if-none-match" not in page.asked[-1]
    assert await look(db, source, LATER) == "not changed"
    assert page.asked[-1]["if-none-match"] == '"one"'
    assert await in_force(db, source) == (1, 100, LATER)  # the sender says it is still this one
    page.body, page.etag = NEXT, '"two"'
    assert await look(db, source, LATER) == "active 2 105"
    assert (await noted(db, source)).etag == '2 etag "two"'
    async with db.connection() as conn:
        cursor = await conn.execute("select action from audit where action like 'hotlist.%%'")
        actions = [row["action"] for row in await cursor.fetchall()]
    assert sorted(actions) == [
        "hotlist.refreshed", "hotlist.refreshed", "hotlist.source-added", "hotlist.unchanged",
    ]  # fmt: skip


async def test_a_server_without_etags_is_asked_by_date_and_without_both_every_time(
    db: Database, page: servers.WebList
) -> None:
    page.etag, page.modified = "", "Sat, 21 Nov 2026 10:00:00 GMT"
    source = await new_source(db, page.url)
    assert await look(db, source) == "active 1 100"
    assert await look(db, source) == "not changed"
    assert page.asked[-1]["if-modified-since"] == page.modified
    page.modified, page.body = "", NEXT
    assert await look(db, source) == "active 2 105"
    assert await look(db, source) == "unchanged 2 105"


async def test_a_quarantined_list_is_not_fetched_again_and_confirms_nothing(
    db: Database, page: servers.WebList
) -> None:
    source = await new_source(db, page.url)
    await look(db, source)
    page.body, page.etag = csv(10), '"small"'
    assert await look(db, source) == "quarantined 2 10"
    assert await look(db, source, LATER) == "not changed"
    assert await in_force(db, source) == (1, 100, NOW)
    await accept(db, source, 2, by="kelly", reason="purge", now=NOW)
    assert await look(db, source, LATER) == "not changed"
    assert await in_force(db, source) == (2, 10, LATER)


@pytest.mark.parametrize("body", [GOOD, LARGE], ids=["small", "parsed by a process of its own"])
async def test_a_connection_cut_in_the_middle_leaves_the_last_good_list(
    db: Database, page: servers.WebList, body: bytes
) -> None:
    source = await new_source(db, page.url)
    page.body = body
    before = await look(db, source)
    page.body, page.etag, page.cut = body + NEXT, '"two"', len(body) - 10
    with pytest.raises(NotArrived, match="the connection was cut after") as cut:
        await look(db, source)
    assert cut.value.passing
    now = await noted(db, source)
    assert (now.problem[:22], now.running_since) == ("the connection was cut", None)
    async with db.connection() as conn:
        assert [g.state for g in await store.generations(conn, source.id)] == ["active"]
    page.cut, page.body, page.etag = None, body, '"one"'
    assert before.startswith("active 1")
    assert await look(db, source, LATER) == "not changed"
    assert (await noted(db, source)).problem == ""


async def test_a_server_that_falls_silent_is_given_up(page: servers.WebList) -> None:
    page.cut, page.hang = 100, True
    async with https.opened(Wanted(page.url, silence=0.3)) as found:
        assert isinstance(found, Arrived)
        assert len(await anext(found.pieces)) == 100
        with pytest.raises(NotArrived, match="nothing came for"):
            await anext(found.pieces)


async def test_a_stumbling_server_is_asked_again_at_once_a_few_times(
    db: Database, page: servers.WebList
) -> None:
    source = await new_source(db, page.url)
    page.statuses = [503, 500]
    assert await look(db, source) == "active 1 100"
    assert len(page.asked) == 3
    page.statuses = [503] * 9
    with pytest.raises(NotArrived, match="answered 503") as refused:
        await look(db, source)
    assert refused.value.passing
    assert len(page.asked) == 6


@pytest.mark.parametrize(("status", "said"), [(404, "no such file"), (403, "refuses")])
async def test_what_a_person_must_mend_is_asked_once(
    db: Database, page: servers.WebList, status: int, said: str
) -> None:
    source = await new_source(db, page.url)
    page.statuses = [status] * 9
    with pytest.raises(NotArrived, match=said) as refused:
        await look(db, source)
    assert not refused.value.passing
    assert len(page.asked) == 1
    assert said in (await noted(db, source)).problem


async def test_the_secret_goes_as_token_or_as_password_and_is_nowhere_else(
    db: Database, page: servers.WebList, caplog: pytest.LogCaptureFixture
) -> None:
    page.authorization = f"Bearer {SECRET}"
    source = await new_source(db, page.url, secret="COUNTY")
    assert await look(db, source) == "active 1 100"
    page.authorization, page.etag = "Basic Y291bnR5OmNvcnJlY3QgaG9yc2U=", ""  # county:...
    source = await new_source(db, page.url.replace("://", "://county@"), secret="COUNTY")
    assert await look(db, source) == "unchanged 1 100"
    page.authorization = "another"
    with pytest.raises(NotArrived, match="refuses the secret") as refused:
        await look(db, source)
    source = await new_source(db, page.url, secret="UNKNOWN")
    with pytest.raises(NotArrived, match="give the courier BOLO_SECRET_UNKNOWN"):
        await look(db, source)
    everything = f"{await whole_database(db)} {caplog.text} {refused.value} {MEANS!r}"
    assert SECRET not in everything
    assert "COUNTY" in everything


async def test_an_address_with_a_password_is_refused_when_it_is_configured(db: Database) -> None:
    with pytest.raises(BadInput, match="BOLO_SECRET_NAME"):
        await new_source(db, "https://county:geheim@lists.example.gov/a.csv")
    async with db.connection() as conn:
        assert await store.sources(conn) == []


async def test_redirects_are_followed_on_the_same_server_only(
    db: Database, page: servers.WebList
) -> None:
    source = await new_source(db, page.url, secret="COUNTY")
    page.redirect = "/moved.csv"
    assert await look(db, source) == "active 1 100"
    assert [asked[":path"] for asked in page.asked] == ["/list.csv", "/moved.csv"]
    async with servers.web(servers.WebList(NEXT)) as other:
        page.redirect = other.url
        with pytest.raises(NotArrived, match="which was not configured"):
            await look(db, source)
        assert other.asked == []
    page.redirect = "/round"
    with pytest.raises(NotArrived, match="circles"):
        await look(db, source)


async def test_a_certificate_that_nobody_vouches_for_is_refused(
    db: Database, tmp_path: Path
) -> None:
    page = servers.WebList(GOOD)
    async with servers.web(page, servers.nobodys_certificate(tmp_path)):
        source = await new_source(db, page.url, secret="COUNTY")
        with pytest.raises(NotArrived, match="not to be trusted") as refused:
            await look(db, source)
    assert not refused.value.passing
    assert page.asked == []


async def test_what_no_list_can_be_is_not_read(page: servers.WebList) -> None:
    for cut in (None, 0):
        page.cut = cut
        with pytest.raises(NotArrived, match="larger than 500 bytes"):
            async with https.opened(Wanted(page.url, largest=500)):
                pytest.fail("it said how long it is")


async def test_the_newest_file_comes_over_sftp_and_only_when_it_has_changed(
    db: Database, shell: servers.Shell
) -> None:
    source = await from_shell(db, shell, "/out/list-*.csv")
    assert await look(db, source) == "active 1 100"
    assert await look(db, source, LATER) == "not changed"
    assert await in_force(db, source) == (1, 100, NOW)  # an old file that lies there says nothing
    newer = shell.folder / "out" / "list-2.csv"
    newer.write_bytes(LARGE)
    os.utime(newer, (4_000_000_000, 4_000_000_000))
    (shell.folder / "out" / "notes.txt").write_text("not a list")
    assert await look(db, source) == "quarantined 2 30000"  # far more than before
    assert newer.exists()


async def test_a_folder_and_a_private_key_work_over_sftp(
    db: Database, shell: servers.Shell
) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    shell.user_key = key
    source = await from_shell(db, shell)
    text = key.export_private_key().decode()
    for secret in (text, text.replace("\n", "\\n")):
        (shell.folder / "out" / "list-1.csv").write_bytes(GOOD)
        means = Means(secrets={"COUNTY": secret})
        result = await fetch(db, source, by="schedule", now=NOW, means=means)
        assert result is not None
        assert result.entries == 100
    stranger = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    for secret, said in ((stranger, "refuses the secret of bolo"), (text[:90], "looks like a")):
        with pytest.raises(NotArrived, match=said):
            await fetch(db, source, by="schedule", now=NOW, means=Means(secrets={"COUNTY": secret}))


async def test_a_wrong_password_is_said_without_it(db: Database, shell: servers.Shell) -> None:
    source = await from_shell(db, shell)
    with pytest.raises(NotArrived, match="refuses the secret of bolo") as refused:
        await fetch(db, source, by="s", now=NOW, means=Means(secrets={"COUNTY": "wrong one"}))
    assert not refused.value.passing
    assert "wrong one" not in f"{refused.value} {await whole_database(db)}"


async def test_a_server_with_another_key_than_before_is_refused_by_its_fingerprint(
    db: Database, shell: servers.Shell
) -> None:
    source = await from_shell(db, shell)
    assert await look(db, source) == "active 1 100"
    port, known = shell.port, shell.host_key.get_fingerprint()
    for algorithm in ("ssh-ed25519", "ecdsa-sha2-nistp256"):
        impostor = servers.Shell(shell.folder, asyncssh.generate_private_key(algorithm))
        async with servers.sftp(impostor):
            elsewhere = source.location.replace(str(port), str(impostor.port))
            moved = await new_source(db, elsewhere, host_key=shell.public, secret="COUNTY")
            with pytest.raises(NotArrived, match="somebody may stand between") as refused:
                await look(db, moved)
        assert not refused.value.passing
        assert impostor.host_key.get_fingerprint() in str(refused.value)
        assert known in str(refused.value)
    assert (await in_force(db, source))[0] == 1


async def test_a_connection_cut_over_sftp_leaves_the_last_good_list(
    db: Database, shell: servers.Shell
) -> None:
    source = await from_shell(db, shell)
    assert await look(db, source) == "active 1 100"
    file = shell.folder / "out" / "list-1.csv"
    file.write_bytes(LARGE)
    shell.cut = len(LARGE) // 2
    with pytest.raises(NotArrived, match="cut after") as cut:
        await look(db, source)
    assert cut.value.passing
    assert await in_force(db, source) == (1, 100, NOW)
    shell.cut = None
    assert (await look(db, source)).startswith("quarantined 2")


async def test_what_is_not_there_over_sftp_is_said(db: Database, shell: servers.Shell) -> None:
    source = await from_shell(db, shell, "/out/nothing-*.csv")
    with pytest.raises(NotArrived, match=r"has no file /out/nothing-\*\.csv"):
        await look(db, source)
