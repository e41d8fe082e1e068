"""The agents of bolo.reads: match_reads and, in its own group, archive_reads."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime

import faust
import msgspec
import structlog

from cameras.records import decode_records
from domain import topics
from domain.clock import Clock
from domain.read import Read
from hotlists.keeper import WatchKeeper
from matchers.engine import match, warm_up
from matchers.tally import Tally
from matchers.watch import Match
from records.archive import Archive
from streams import rejects
from streams.app import Group, add_agent, topic
from streams.batches import Event, ack, batches, overlapped
from streams.metrics import ARCHIVED, MATCHES, READS, RECORDS
from streams.rejects import Reject
from streams.tallying import Tallies

RECORDS_A_BATCH = 100
BATCHES_AT_ONCE = 4
"""One is matched while Kafka writes the matches of those before (judgement)."""
ARCHIVED_BYTES = 4 * 1024 * 1024
"""Of a batch for the archive, which takes turns with nobody: few large inserts are cheaper."""
_encoder = msgspec.json.Encoder()
log = structlog.get_logger(__name__)


def add_match_reads(
    app: faust.App, keeper: WatchKeeper, clock: Clock, tallies: Tallies | None = None
) -> None:
    """decode, normalise, match the whole batch against the watch, send the matches on."""
    matches = topic(app, topics.MATCHES)
    rejected_topic = topic(app, topics.REJECTS)

    async def send(found: list[Match]) -> None:
        await _send(matches, found)

    async def refuse(what: Reject) -> None:
        await rejects.send(rejected_topic, "match_reads", what)

    work = matching(keeper, clock, send, refuse, tallies)

    async def settle(events: list[Event]) -> None:
        await rejects.settle(rejected_topic, "match_reads", events, work)

    async def match_reads(stream: faust.StreamT[bytes]) -> None:
        await asyncio.to_thread(warm_up)
        await keeper.ready()
        await overlapped(batches(stream, RECORDS_A_BATCH), settle, BATCHES_AT_ONCE)

    add_agent(app, topics.READS, "match_reads", match_reads)


def add_archive_reads(app: faust.App, archive: Archive, clock: Clock) -> None:
    """Every read of the log into the archive, once. What cannot be decoded match_reads reports."""
    rejected_topic = topic(app, topics.REJECTS)

    async def work(events: list[Event]) -> None:
        reads, _ = _decode(events, Group.ARCHIVE, clock())
        ARCHIVED.inc(await archive.store(reads))

    async def archive_reads(stream: faust.StreamT[bytes]) -> None:
        async for events in batches(stream, RECORDS_A_BATCH, ARCHIVED_BYTES):
            await rejects.settle(rejected_topic, "archive_reads", events, work)
            ack(events)

    add_agent(app, topics.READS, "archive_reads", archive_reads)


def matching(
    keeper: WatchKeeper,
    clock: Clock,
    send: Callable[[list[Match]], Awaitable[None]],
    refuse: Callable[[Reject], Awaitable[None]],
    tallies: Tallies | None = None,
) -> Callable[[list[Event]], Awaitable[None]]:
    """The work of a batch of records; it may be done again as long as it fails.

    A read is counted in `tallies` once everything that came of its batch is durable. What another
    worker reads again, because the offsets were not committed yet, is counted there again.
    """

    async def work(events: list[Event]) -> None:
        reads, rejected = _decode(events, Group.ALERTS, clock())
        found, failed, counted = match_all(reads, keeper, clock())
        await send(found)
        rejected += [Reject(_encoder.encode(r), why, events[0]) for r, why in failed]
        for reject in rejected:
            await refuse(reject)
        if tallies is not None:
            for agency, tally in counted.items():
                tallies.of(agency).merge(tally)

    return work


def match_all(
    reads: Iterable[Read], keeper: WatchKeeper, now: datetime
) -> tuple[list[Match], list[tuple[Read, str]], dict[str, Tally]]:
    """Each agency's reads against that agency's watch, and no other.

    Also the reads that the engine cannot judge, with the reason: they must not take the rest along.
    And how each agency's scores are spread.
    """
    by_agency: dict[str, list[Read]] = defaultdict(list)
    for read in reads:
        by_agency[read.agency].append(read)
    found: list[Match] = []
    failed: list[tuple[Read, str]] = []
    counted: dict[str, Tally] = {}
    for agency, theirs in by_agency.items():
        watch = keeper.watch(agency)
        if watch is None:
            continue
        tally = Tally()
        try:
            found += match(theirs, watch, now, tally)
        except Exception:  # which one is it? the rest must be matched
            tally = Tally()
            for read in theirs:
                try:
                    found += match([read], watch, now, tally)
                except Exception as wrong:
                    log.exception("cannot match a read")
                    failed.append((read, f"match_reads: {type(wrong).__name__}"))
        counted[agency] = tally
    return found, failed, counted


async def _send(matches: faust.TopicT[bytes], found: list[Match]) -> None:
    """All at once, then wait until Kafka has every one: send() alone only enqueues."""
    futures = [await matches.send(key=m.wanted.bytes, value=_encoder.encode(m)) for m in found]
    for future, m in zip(futures, found, strict=True):
        await future
        MATCHES.labels(m.evidence.tier).inc()


def _decode(events: list[Event], group: Group, now: datetime) -> tuple[list[Read], list[Reject]]:
    reads: list[Read] = []
    rejected: list[Reject] = []
    records = [(event.value or b"", _received_at(event, now)) for event in events]
    for event, (good, bad) in zip(events, decode_records(records), strict=True):
        reads += good
        rejected += [Reject(b.value, b.reason, event) for b in bad]
    RECORDS.labels(group, topics.READS).inc(len(events))
    READS.labels(group).inc(len(reads))
    return reads, rejected


def _received_at(event: Event, now: datetime) -> datetime:
    """When Kafka got the record; a producer may have written any number there."""
    try:
        return datetime.fromtimestamp(event.message.timestamp, UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        return now
