"""A watch list and a stream of reads for benchmarks and durability tests, from a seed."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from aiokafka import AIOKafkaProducer

from domain import topics
from domain.ids import read_id
from domain.place import Place
from domain.read import Read
from domain.vehicle import Guess, VehicleSeen

LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
STATES = ("KS", "MO", "OK", "NB", "TX", "CO", "AR", "IA")
COLUMNS = "LIC,LIS,LIY,LIT,VIN,VYR,VMA,VMO,VST,VCO,ORI,NIC,OCA,MKE"


def _parts(number: int) -> tuple[str, str]:
    rest, digits = divmod(number, 1000)
    letters = ""
    for _ in range(3):
        rest, n = divmod(rest, len(LETTERS))
        letters += LETTERS[n]
    return letters, f"{digits:03d}"


def wanted(number: int) -> str:
    """Plate of the watch list's nth entry: four letters, three digits."""
    letters, digits = _parts(number)
    return f"W{letters}{digits}"


def innocent(number: int) -> str:
    """The nth plate that is on no list, nor like one that is: three digits, four letters."""
    letters, digits = _parts(number)
    return f"{digits}{letters}Y"


def csv_list(entries: int) -> bytes:
    """A hotlist of that many entries in NCIC columns."""
    out = io.StringIO()
    out.write(COLUMNS + "\n")
    for n in range(entries):
        state = STATES[n % len(STATES)]
        out.write(
            f"{wanted(n)},{state},2027,PC,,2019,HYUN,ELA,4D,BLU,KS0999900,V{n:09d},CF-{n},EV\n"
        )
    return out.getvalue().encode()


def read_of(
    number: int, text: str, state: str, agency: str, seen_at: datetime, cameras: int = 16
) -> Read:
    """One read as the intake writes it to the log."""
    camera = f"cam-{number % cameras:02d}"
    return Read(
        read_id=read_id(agency, camera, seen_at, f"{text}#{number}"),
        agency=agency,
        camera=camera,
        seen_at=seen_at,
        received_at=seen_at,
        plate=text,
        plate_raw=text.lower(),
        confidence=0.93,
        state=state,
        state_confidence=0.88,
        candidates=(Guess(text[:-1] + "X", 0.41),),  # on no list
        vehicle=VehicleSeen(make=(Guess("Hyundai", 0.8),), color=(Guess("blue", 0.7),)),
        place=Place(name="US-77 at 5th Ave", latitude=38.25, longitude=-97.0, heading=0.0),
    )


def reads(
    count: int, agency: str, wanted_every: int, *, start: int = 0, seen_at: datetime | None = None
) -> Iterator[Read]:
    """`count` reads; each `wanted_every`th is of the next entry of `csv_list`, exactly read."""
    base = seen_at or datetime.now(UTC)
    chance = random.Random(start)
    for n in range(start, start + count):
        if wanted_every and n % wanted_every == 0:
            entry = n // wanted_every
            text, state = wanted(entry), STATES[entry % len(STATES)]
        else:
            text, state = innocent(n), chance.choice(STATES)
        yield read_of(n, text, state, agency, base + timedelta(microseconds=n))


def packed(stream: Sequence[Read], pack: int) -> list[bytes]:
    """Records of `pack` reads each, as JSON arrays (one read: a single object)."""
    encode = msgspec.json.encode
    if pack == 1:
        return [encode(read) for read in stream]
    return [encode(stream[i : i + pack]) for i in range(0, len(stream), pack)]


async def produce(bootstrap: str, records: Sequence[bytes], topic: str = topics.READS) -> None:
    """Put records on a topic, round-robin over its partitions, and wait for every ack."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        acks="all",
        linger_ms=5,
        max_batch_size=512 * 1024,
        max_request_size=16 * 1024 * 1024,
    )
    await producer.start()
    try:
        partitions = sorted(await producer.partitions_for(topic))
        pending = []
        for n, record in enumerate(records):
            pending.append(
                await producer.send(topic, record, partition=partitions[n % len(partitions)])
            )
            if len(pending) >= 2000:
                for future in pending:
                    await future
                pending.clear()
        for future in pending:
            await future
    finally:
        await producer.stop()
