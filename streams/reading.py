"""The agents of bolo.reads: match_reads and, in its own group, archive_reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

import faust
import msgspec

from cameras.records import decode_record
from domain import topics
from domain.clock import Clock
from domain.read import Read
from hotlists.keeper import WatchKeeper
from matchers.engine import match
from matchers.watch import Match
from records.archive import Archive
from streams import rejects
from streams.app import Group, topic
from streams.batches import Event, ack, batches
from streams.metrics import ARCHIVED, MATCHES, READS, RECORDS
from streams.patience import until_done
from streams.rejects import Reject

RECORDS_A_BATCH = 100
_encoder = msgspec.json.Encoder()


def add_match_reads(app: faust.App, keeper: WatchKeeper, clock: Clock) -> None:
    """decode, normalise, match the whole batch against the watch, send the matches on."""
    matches = topic(app, topics.MATCHES)
    rejected_topic = topic(app, topics.REJECTS)

    @app.agent(topic(app, topics.READS), concurrency=1, name="match_reads")
    async def match_reads(stream: faust.StreamT[bytes]) -> None:
        await keeper.ready()
        stream = stream.noack()
        async for events in batches(stream, RECORDS_A_BATCH):
            reads, rejected = _decode(events, Group.ALERTS)
            found = match_all(reads, keeper, clock())
            await until_done("match_reads", _send, matches, found)
            for reject in rejected:
                await rejects.send(rejected_topic, "match_reads", reject)
            ack(events)


def add_archive_reads(app: faust.App, archive: Archive) -> None:
    """Every read of the log into the archive, once. Rejects are match_reads' to report."""

    @app.agent(topic(app, topics.READS), concurrency=1, name="archive_reads")
    async def archive_reads(stream: faust.StreamT[bytes]) -> None:
        stream = stream.noack()
        async for events in batches(stream, RECORDS_A_BATCH):
            reads, _ = _decode(events, Group.ARCHIVE)
            ARCHIVED.inc(await until_done("archive_reads", archive.store, reads))
            ack(events)


def match_all(reads: Iterable[Read], keeper: WatchKeeper, now: datetime) -> list[Match]:
    """Each agency's reads against that agency's watch, and no other."""
    by_agency: dict[str, list[Read]] = defaultdict(list)
    for read in reads:
        by_agency[read.agency].append(read)
    found: list[Match] = []
    for agency, theirs in by_agency.items():
        watch = keeper.watch(agency)
        if watch is not None:
            found += match(theirs, watch, now)
    return found


async def _send(matches: faust.TopicT[bytes], found: list[Match]) -> None:
    """All at once, then wait until Kafka has every one: send() alone only enqueues."""
    futures = [
        await matches.send(key=m.entry.entry_id.bytes, value=_encoder.encode(m)) for m in found
    ]
    for future, m in zip(futures, found, strict=True):
        await future
        MATCHES.labels(m.evidence.tier).inc()


def _decode(events: list[Event], group: Group) -> tuple[list[Read], list[Reject]]:
    reads: list[Read] = []
    rejected: list[Reject] = []
    for event in events:
        received_at = datetime.fromtimestamp(event.message.timestamp, UTC)
        good, bad = decode_record(event.value or b"", received_at=received_at)
        reads += good
        rejected += [Reject(b.value, b.reason, event) for b in bad]
    RECORDS.labels(group, topics.READS).inc(len(events))
    READS.labels(group).inc(len(reads))
    return reads, rejected
