"""What a hostile reader tried on arriving, aging and neighbours' lists, and what must hold."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from hotlists.arrivals import NotArrived, Wanted, https
from hotlists.guards import Limits, inspect
from hotlists.model import HotlistSource
from hotlists.staleness import AHEAD
from tests.lists import Taken, taken
from tests.neighbour_pages import NOW, entry, key, page, pull
from tests.unit.test_staleness import NOW as TODAY
from tests.unit.test_staleness import old, standing

SOURCE = HotlistSource(UUID(int=7), "KS0190100", "Walnut", "neighbour")


def took(data: bytes, state: str = "", later: timedelta = timedelta(0)) -> Taken:
    return taken(data, source=SOURCE, now=NOW + later, state=state)


def said(one: Taken) -> list[str]:
    return [finding.guard for finding in inspect(one.found, None, Limits())]


def test_a_neighbor_whose_database_is_empty_empties_no_list() -> None:
    before = took(pull(page(0, 5, entry(0), entry(1)))).built.state
    restarted = took(pull(page(0, 0), had=(5, "m5"), since=0), before)
    assert restarted.found.accepted == 0
    assert said(restarted) == ["empty"]


def test_a_list_of_which_the_last_entry_was_withdrawn_or_expired_may_be_empty() -> None:
    before = took(pull(page(0, 5, entry(0)))).built.state
    assert said(took(pull(page(5, 6, withdrawn=[key(0)]), had=(5, "m5")), before)) == []
    over = timedelta(days=8)
    assert said(took(pull(page(0, 0), had=(5, "m5"), since=0), before, over)) == []
    assert said(took(pull(page(0, 0)))) == []


def test_a_list_that_is_dated_in_the_future_is_stale_and_says_why() -> None:
    ahead = old(-(AHEAD.total_seconds() / 3600) * 72)
    assert (ahead.stale, ahead.grade) == (True, "now")
    assert ahead.words == "list dated 72 h ahead: a clock was wrong"
    assert not old(-0.9).stale


def test_a_list_that_was_looked_for_in_the_future_is_looked_for_now() -> None:
    def due(ahead: timedelta) -> bool:
        return standing(uuid4(), 1, schedule="0 4 * * *", checked=TODAY + ahead).due(TODAY)

    assert due(timedelta(days=365))
    assert not due(timedelta(minutes=1))


async def test_a_server_whose_headers_drip_for_ever_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(https, "PAUSES", ())

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nx-slow: ")
        try:
            for _ in range(400):
                writer.write(b"a")
                await writer.drain()
                await asyncio.sleep(0.05)
        except ConnectionError:
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(drip, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        wanted = Wanted(f"http://127.0.0.1:{port}/list.csv", silence=0.4)
        with pytest.raises(NotArrived, match="does not answer in time"):
            async with https.opened(wanted):
                pytest.fail("the headers never end")
