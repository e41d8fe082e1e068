"""Lists for tests: seeded NCIC tables, what a parser makes of bytes, and a sample of each kind."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from domain.entry import Entry
from hotlists.assembling import Built, Tag
from hotlists.building import Job, build_here
from hotlists.chunks import cells_of, unpack
from hotlists.columns import entry_from
from hotlists.model import HotlistSource, Parsed
from hotlists.sealing import unseal
from policy.loading import standard
from tests import cap_documents as cap

NOW = datetime(2026, 11, 21, 21, 2, 9, tzinfo=UTC)
TODAY = NOW.date()
FIRST_DAY = date(2026, 6, 1)
"""On which record 0 was entered."""
AGENCY = "KS0190100"
KEY = bytes(range(32))
SOURCE = HotlistSource(UUID(int=5), AGENCY, "NCIC", "table")

COLUMNS = (
    "LIC", "LIS", "LIY", "LIT", "VIN", "VYR", "VMA", "VMO", "VST", "VCO", "ORI", "NIC", "OCA",
    "MKE", "ENTERED", "EXPIRES", "REMARKS",
)  # fmt: skip
LETTERS = "ABCDEFGHJKLMNPRTUVWXYZ"
CARS = (("FORD", "F15", "PK"), ("CHEV", "MAL", "4D"), ("TOYT", "CAM", "4D"), ("HOND", "CIV", "2D"))

Row = dict[str, str]


def record(n: int, seed: int = 1) -> Row:
    """Record `n` (0 to 4,100) of the list `seed`: the same whenever it is asked for. `n` is in its
    plate, its NIC and its VIN, so that all are different; 24 are entered a day, one after another,
    so that what is cut off at the end is the newest."""
    rng = random.Random(f"{seed}/{n}")
    make, model, style = rng.choice(CARS)
    a, b, c = rng.choices(LETTERS, k=3)
    return {
        "LIC": f"{a}{b}{c}{n:04}" if n % 2 else f"{n:04}{a}{b}{c}",
        "LIS": rng.choice(("KS", "MO", "OK", "NB", "CO", "TX")),
        "LIY": "2027", "LIT": "PC",
        "VIN": f"1{a}{b}{seed % 10}{c}{n:012}", "VYR": str(1995 + n % 30),
        "VMA": make, "VMO": model, "VST": style, "VCO": rng.choice(("BLK", "WHI/RED", "SIL")),
        "ORI": "KS0190100", "NIC": f"V{seed:03}{n:06}", "OCA": f"26-{n:05}",
        "MKE": rng.choice(("EV", "EV", "EL", "EF-F", "EMM")),
        "ENTERED": (FIRST_DAY + timedelta(days=n // 24)).strftime("%Y%m%d"),
        "EXPIRES": (TODAY + timedelta(days=rng.randrange(30, 700))).strftime("%Y-%m-%d"),
        "REMARKS": rng.choice(("", "", "DENT IN LEFT DOOR", "SE\u00d1OR P\u00c9REZ", "TINTED")),
    }  # fmt: skip


def records(start: int, end: int, seed: int = 1) -> list[Row]:
    return [record(n, seed) for n in range(start, end)]


def table(
    rows: Iterable[Row],
    columns: Sequence[str] = COLUMNS,
    *,
    header: bool = True,
    delimiter: str = ",",
    end: str = "\n",
) -> bytes:
    """The rows as a file, UTF-8."""
    lines = [delimiter.join(columns)] if header else []
    lines += [delimiter.join(row[name] for name in columns) for row in rows]
    return "".join(line + end for line in lines).encode()


@dataclass
class Taken:
    """What came of bytes: `entries` that count, in the order of the file, and the stored original,
    taken out of its seal again."""

    built: Built
    entries: list[Entry]
    original: bytes

    @property
    def found(self) -> Parsed:
        return self.built.found


def taken(
    data: bytes | Iterable[bytes],
    *,
    source: HotlistSource = SOURCE,
    settings: dict[str, Any] | None = None,
    now: datetime = NOW,
    state: str = "",
    key: bytes | None = KEY,
    secrets: dict[str, str] | None = None,
) -> Taken:
    """Parse and pack as a refresh does; every row must be counted once."""
    job = Job(
        id=source.id,
        agency=source.agency,
        name=source.name,
        kind=source.kind,
        settings=dict(source.settings if settings is None else settings),
        policy=standard(),
        now=now,
        state=state,
        key=key,
        secrets=secrets or {},
    )
    frames: list[tuple[Tag, bytes]] = []
    pieces = [data] if isinstance(data, bytes) else data
    built = build_here(job, pieces, lambda tag, frame: frames.append((tag, frame)))
    found = built.found
    assert balanced(found), found
    dead = set(memoryview(built.dead).cast("I")) if built.dead else set()
    entries = list(_entries([f for tag, f in frames if tag == "chunk"], source, dead))
    assert len(entries) == found.accepted
    assert len(built.keys) == 8 * len(entries)
    sealed = [f for tag, f in frames if tag == "original"]
    original = b"".join(unseal(one, KEY, source.id.bytes) for one in sealed)
    return Taken(built, entries, original)


def balanced(found: Parsed) -> bool:
    """Whether each row was counted once."""
    said = found.accepted + sum(found.rejected.values()) + found.prohibited + found.waiting
    return said == found.rows


def _entries(chunks: list[bytes], source: HotlistSource, dead: set[int]) -> Iterable[Entry]:
    priorities = {code: rule.priority for code, rule in standard().categories.items()}
    at = 0
    for data in chunks:
        chunk = unpack(data)
        for n, line in enumerate(chunk.lines.split(b"\n")[: len(chunk)]):
            if at not in dead:
                cells = cells_of(line, chunk.columns, chunk.same)
                entry_id = UUID(bytes=chunk.ids[n].tobytes())
                yield entry_from(cells, entry_id, source.agency, str(source.id), priorities)
            at += 1


@dataclass(frozen=True)
class Sample:
    """A good file of a kind of source; `entries` and `waiting` are what it holds."""

    data: bytes
    entries: int
    waiting: int = 0
    settings: dict[str, Any] = field(default_factory=dict)


def samples() -> dict[str, Sample]:
    """A sample of each kind of source, by name (hotlists.sources.kinds)."""
    return {
        "table": Sample(table(records(0, 60)), 60),
        "amber": Sample(_amber(), 2, waiting=1),
        "neighbour": Sample(_neighbour(), 30),
    }


def _amber() -> bytes:
    """A plate that is beyond doubt, a vehicle without one, and a plate that a person must read."""
    said = (
        "A blue 2014 Nissan Versa, Kansas license plate 482KTB.",
        "A white van, no plate known.",
        "MO/7GH T21 or plate MO 7GH T2I",
    )
    moment = "2026-11-21T12:00:00-06:00"
    return cap.wrapped(
        *(
            cap.alert(
                cap.info(text, effective=moment, areas=[cap.area("x", circle="38,-98 50")]),
                identifier=f"KS-{n}",
                sent=moment,
            )
            for n, text in enumerate(said)
        )
    )


def _neighbour() -> bytes:
    """A first pull, of two pages."""
    shared = [
        {"key": f"k{n}", "category": "stolen-vehicle", "plate": record(n)["LIC"], "state": "MO",
         "reason": "taken at gunpoint", "expires_at": "2026-12-01T00:00:00Z"}
        for n in range(30)
    ]  # fmt: skip
    page = {"version": 1, "agency": "MO0500100", "mark": "m", "withdrawn": []}
    lines: list[dict[str, object]] = [
        {"name": "Joplin", "had": None, "since": 0},
        {**page, "since": 0, "cursor": 20, "more": True, "entries": shared[:20]},
        {**page, "since": 20, "cursor": 31, "more": False, "entries": shared[20:]},
    ]
    return b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
