"""A read is counted once, also when what came of its batch could not be handed over at first."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

import msgspec

from domain.clock import system_clock
from domain.read import Read
from hotlists.keeper import WatchKeeper
from hotlists.refresh import refresh
from matchers.watch import Match
from storage.postgres import Database
from streams.batches import Event, Message
from streams.patience import until_done
from streams.reading import matching
from streams.rejects import Reject
from streams.tallying import Tallies
from tests.integration.test_hotlist_keeper import AGENCY, csv, new_source


@dataclass
class Place:
    topic: str = "bolo.reads"
    partition: int = 0
    offset: int = 0
    key: bytes | None = None
    timestamp: float = field(default_factory=time.time)


@dataclass
class Record:
    value: bytes | None
    message: Message = field(default_factory=Place)

    def ack(self) -> bool:
        return True


def record(*plates: str) -> Event:
    now = datetime.now(UTC)
    reads = [
        Read(
            read_id=uuid4(), agency=AGENCY, camera="c", seen_at=now, received_at=now,
            plate=plate, plate_raw=plate, state="KS",
        )
        for plate in plates
    ]  # fmt: skip
    return Record(msgspec.json.encode(reads))


async def test_reads_whose_batch_is_done_again_are_counted_once(db: Database) -> None:
    source = await new_source(db)
    await refresh(db, source, csv("482KTB"), by="op", now=system_clock())
    keeper = WatchKeeper(db, system_clock)
    await keeper.load_once()
    tallies = Tallies(db, system_clock)
    tries: list[list[Match]] = []
    refused: list[Reject] = []

    async def send(found: list[Match]) -> None:
        tries.append(found)
        if len(tries) < 3:
            assert tallies.of(AGENCY).read_count == 0
            raise ConnectionError

    async def refuse(what: Reject) -> None:
        refused.append(what)

    work = matching(keeper, system_clock, send, refuse, tallies)
    batch: list[Event] = [record("482KTB", "QQQ111"), record("4B2KTB"), Record(b"no read")]
    await until_done("match_reads", work, batch)
    assert [[m.read.plate for m in found] for found in tries] == [["482KTB", "4B2KTB"]] * 3
    assert len(refused) == 1
    assert tallies.of(AGENCY).read_count == 3
    assert tallies.of(AGENCY).counts.sum() == 1
