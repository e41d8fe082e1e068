"""A generation at rest, as a mapped file, and the parsing process."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.entry import Area, Entry
from domain.errors import BadInput, Prohibited
from domain.ids import entry_id
from hotlists.assembling import Built, Tag
from hotlists.building import Job, build
from hotlists.chunks import CHUNK, DamagedChunk, cells_of, entry_ids, pack, unpack
from hotlists.columns import TEXTS, Rows, cells_from, entry_from, rows_of
from hotlists.fact_columns import FactColumns
from hotlists.mapped import MAGIC, Opened, Writer
from hotlists.model import HotlistSource
from matchers.characters import codes_of
from matchers.facts import tables
from matchers.folding import column
from matchers.index import Index
from policy.loading import standard
from tests.lists import KEY

AGENCY = "KS0190100"
SOURCE = HotlistSource(UUID(int=5), AGENCY, "NCIC", "table")
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def entry(n: int) -> Entry:
    return Entry(
        entry_id=entry_id(AGENCY, str(SOURCE.id), f"k{n}"), agency=AGENCY, source=str(SOURCE.id),
        category="local", priority=3, plate=f"P{n:06}", make="FORD",
        expires_on=date(2027, 1, 1 + n % 28),
    )  # fmt: skip


ODD = [
    entry(0),
    Entry(
        entry_id=entry_id(AGENCY, str(SOURCE.id), "k1"), agency=AGENCY, source=str(SOURCE.id),
        category="amber", priority=1, make="CITRO\u00cbN", since=NOW, expires_at=NOW,
        area=Area(latitude=38.0, longitude=-97.5, radius=5000.0, name="Pittsburg, KS"),
    ),
    Entry(
        entry_id=entry_id(AGENCY, str(SOURCE.id), "k2"), agency=AGENCY, source=str(SOURCE.id),
        category="local", priority=3, pattern="AB?1*", reason="seen at the robbery",
    ),
]  # fmt: skip
"""A plate, a vehicle without one, and a pattern."""


def packed(entries: list[Entry], keys: list[str] | None = None) -> list[bytes]:
    keys = keys or [f"k{n}" for n in range(len(entries))]
    rows = rows_of([{"key": k, **cells_from(e)} for k, e in zip(keys, entries, strict=True)])
    return list(pack(rows, entry_ids(AGENCY, str(SOURCE.id), keys)))


def mapped(path: Path, chunks: list[bytes], dead: list[int] | None = None) -> Opened:
    with Writer(path) as writer:
        for data in chunks:
            writer.add(unpack(data))
        writer.finish(np.array(dead or [], dtype=np.uint32))
    return Opened(path, AGENCY, str(SOURCE.id), {"local": 3, "amber": 1})


def found(index: Index, texts: list[str]) -> list[tuple[int, int]]:
    at, rows = index.candidates(codes_of(column(texts)))
    return list(zip(at.tolist(), rows.tolist(), strict=True))


def test_entries_come_back_one_by_one_from_a_mapped_file(tmp_path: Path) -> None:
    entries = [entry(n) for n in range(CHUNK + 17)]
    chunks = packed(entries)
    opened = mapped(tmp_path / "g.bolo", chunks)
    assert len(chunks) == 2
    assert len(opened.entries) == opened.rows == opened.live == len(entries)
    for at in (0, 1, CHUNK - 1, CHUNK, CHUNK + 16, -1):
        assert opened.entries[at] == entries[at]
    assert opened.entries[CHUNK - 2 : CHUNK + 2] == entries[CHUNK - 2 : CHUNK + 2]
    assert unpack(chunks[1]).plates == column(e.plate for e in entries[CHUNK:])
    with pytest.raises(IndexError):
        opened.entries[len(entries)]


def test_the_mapped_index_is_the_index_of_the_entries(tmp_path: Path) -> None:
    entries = [entry(n) for n in random.Random(4).sample(range(10**6), 3000)]
    opened = mapped(tmp_path / "g.bolo", packed(entries))
    texts = [e.plate for e in entries[::7]] + ["NOTHERE"]
    made = Index.build(entries)
    assert found(opened.index, texts) == found(made, texts)
    assert (opened.index.codes == made.codes).all()
    assert (opened.index.facts == made.facts).all()
    assert opened.index.categories == made.categories
    assert len(opened.index) == len(opened.entries)


words = st.sampled_from(
    ["", "FORD", "CHEV", "Mercedes-Benz", "MERZ", "BLK", "BLU/WHI", "GRY", "MULTICOLORED", "4D",
     "LL", "MC", "PC", "TK", "KS", "MO", "Nebraska", "NE", "CITRO\u00cbN", "12345678", "123456789"]
)  # fmt: skip
described = st.fixed_dictionaries(
    dict.fromkeys(("state", "make", "color", "style", "plate_type"), words)
    | {"category": st.sampled_from(["local", *("x" * n for n in (8, 9, 10, 17, 32, 33, 50))])}
)


@given(st.lists(described, min_size=1, max_size=30))
def test_the_facts_of_a_file_are_those_of_its_entries(cells: list[dict[str, str]]) -> None:
    """Columns that vary, are the same in all rows, or are missing; words short and long."""
    keys = [f"k{n}" for n in range(len(cells))]
    ids = entry_ids(AGENCY, str(SOURCE.id), keys)
    rows = rows_of([{"key": k, "plate": "A1", **c} for k, c in zip(keys, cells, strict=True)])
    reader = FactColumns()
    facts = np.concatenate([reader.of(unpack(data)) for data in [*pack(rows, ids)] * 2])
    entries = [
        entry_from({"plate": "A1", **c}, UUID(int=n), AGENCY, "s", {}) for n, c in enumerate(cells)
    ]
    made = Index.build(entries * 2)
    assert (facts[:, :-1] == made.facts[:, :-1]).all()
    assert [reader.categories[n] for n in facts[:, -1]] == [
        made.categories[n] for n in made.facts[:, -1]
    ]


def test_every_kind_of_entry_comes_back(tmp_path: Path) -> None:
    opened = mapped(tmp_path / "g.bolo", packed(ODD))
    assert list(opened.entries) == ODD
    assert (opened.wild, opened.described) == ((2,), (1,))


def test_a_row_that_was_replaced_is_in_no_index(tmp_path: Path) -> None:
    entries = [*ODD, entry(0)]
    opened = mapped(tmp_path / "g.bolo", packed(entries), dead=[0, 1])
    assert (opened.rows, opened.live, opened.described) == (4, 2, ())
    assert found(opened.index, ["P000000"]) == [(0, 3)]


def test_an_empty_list_is_a_file_too(tmp_path: Path) -> None:
    opened = mapped(tmp_path / "g.bolo", [])
    assert (len(opened.entries), found(opened.index, ["P000000"])) == (0, [])


def test_a_file_that_breaks_off_or_is_another_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "g.bolo"
    mapped(path, packed(ODD))
    whole = path.read_bytes()
    for cut in (b"x" * 100, whole[:-1], whole[:200], whole[: len(whole) // 2], whole + b"\n"):
        path.write_bytes(cut)
        with pytest.raises(DamagedChunk):
            Opened(path, AGENCY, str(SOURCE.id), {})


def test_a_file_whose_facts_are_by_other_tables_is_refused(tmp_path: Path) -> None:
    """Else its numbers would stand for other makes, colors and states than this release's."""
    path = tmp_path / "g.bolo"
    mapped(path, packed(ODD))
    whole = path.read_bytes()
    assert whole.count(tables().encode()) == 1
    path.write_bytes(whole.replace(tables().encode(), b"0" * len(tables())))
    with pytest.raises(DamagedChunk):
        Opened(path, AGENCY, str(SOURCE.id), {})


@pytest.mark.parametrize("name", ["codes", "facts", "starts", "slots", "ids", "ends"])
def test_a_file_whose_header_has_another_length_is_refused(tmp_path: Path, name: str) -> None:
    """No section is looked at again once it is open."""
    path = tmp_path / "g.bolo"
    mapped(path, packed([entry(n) for n in range(40)]))
    whole = path.read_bytes()
    end = len(whole) - len(MAGIC) - 8
    begin = end - int.from_bytes(whole[end : end + 8], "little")
    for times, more in ((1, -160), (0.5, 0), (0, 0), (0, -8)):
        header = json.loads(whole[begin:end])
        start, length = header["sections"][name]
        header["sections"][name] = (start, int(length * times) + more)
        said = json.dumps(header).encode()
        path.write_bytes(whole[:begin] + said + len(said).to_bytes(8, "little") + MAGIC)
        with pytest.raises(DamagedChunk):
            Opened(path, AGENCY, str(SOURCE.id), {})


def test_an_interrupted_writer_leaves_no_file(tmp_path: Path) -> None:
    def half() -> None:
        with Writer(tmp_path / "g.bolo") as writer:
            writer.add(unpack(packed(ODD)[0]))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half()
    assert list(tmp_path.iterdir()) == []


def test_a_changed_bit_is_seen() -> None:
    (data,) = packed([entry(1)])
    for at in range(len(data)):
        with pytest.raises(DamagedChunk):
            unpack(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])


texts = st.text(max_size=12)


@given(st.lists(st.dictionaries(st.sampled_from([*TEXTS]), texts, max_size=5), max_size=6))
def test_any_text_is_kept_but_for_what_ends_a_cell(records: list[dict[str, str]]) -> None:
    keys = [f"k{n}" for n in range(len(records))]
    rows = rows_of([{"key": k, **r} for k, r in zip(keys, records, strict=True)])
    ids = entry_ids(AGENCY, "s", keys)
    lines: list[dict[str, str]] = []
    for data in pack(rows, ids):
        chunk = unpack(data)
        each = chunk.lines.split(b"\n")[: len(chunk)]
        lines += [cells_of(line, chunk.columns, chunk.same) for line in each]
    clean = str.maketrans("\t\n\r", "   ", "\0")  # a CR may stay: it ends nothing here
    assert [{k: w for k, v in line.items() if (w := v.translate(clean))} for line in lines] == [
        {k: w for k, v in r.items() if (w := v.translate(clean))} for r in records
    ]


@given(st.lists(texts, max_size=20))
def test_ids_of_a_column_are_ids_one_by_one(keys: list[str]) -> None:
    ids = [UUID(bytes=row.tobytes()) for row in entry_ids(AGENCY, "s", keys)]
    assert ids == [entry_id(AGENCY, "s", key) for key in keys]


def test_columns_of_different_lengths_are_no_rows() -> None:
    with pytest.raises(ValueError, match="1 cells for 2 rows"):
        Rows(["a", "b"], {"plate": ["A1"]})
    with pytest.raises(ValueError, match="colour"):
        Rows(["a"], {"colour": ["red"]})


def test_an_unknown_category_is_routine() -> None:
    made = entry_from({"category": "new", "plate": "A1"}, UUID(int=1), AGENCY, "s", {"local": 2})
    assert (made.category, made.priority) == ("new", 3)


def test_a_file_of_an_older_release_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "g.bolo"
    mapped(path, packed(ODD))
    path.write_bytes(path.read_bytes().replace(MAGIC, b"BOLO-LIST-3\n"))
    with pytest.raises(DamagedChunk):
        Opened(path, AGENCY, str(SOURCE.id), {})


@pytest.mark.parametrize("lines", [b"FORD\nKS\tCHEV\tX\n", b"FORD\tKS\tX\nCHEV\n", b"A\nB\n"])
def test_lines_without_every_column_are_damaged(lines: bytes) -> None:
    whole = unpack(packed([entry(0), entry(1)])[0])
    broken = replace(whole, columns=("make", "state"), lines=lines)
    with pytest.raises(DamagedChunk):
        FactColumns().of(broken)


# --- the parsing process ---


def job(**settings: object) -> Job:
    return Job(
        id=SOURCE.id, agency=AGENCY, name="NCIC", kind="table", settings=settings,
        policy=standard(), now=NOW, key=KEY,
    )  # fmt: skip


async def pieces(data: bytes, size: int = 100_000) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def all_of(
    asked: Job, data: bytes, *, in_thread: int
) -> tuple[list[tuple[Tag, bytes]], Built]:
    frames: list[tuple[Tag, bytes]] = []
    async for one in build(asked, pieces(data), in_thread=in_thread):
        if isinstance(one, Built):
            return frames, one
        frames.append(one)
    pytest.fail("it did not come to an end")


def rows(count: int) -> bytes:
    return b"LIC,LIS,NIC,MKE\n" + b"".join(b"P%06d,KS,V%d,EV\n" % (n, n) for n in range(count))


async def test_the_parsing_process_gives_what_a_thread_gives() -> None:
    data = rows(CHUNK + 5)
    there, built = await all_of(job(), data, in_thread=0)
    here, same = await all_of(job(), data, in_thread=len(data))
    assert built == same
    chunks = [frame for tag, frame in there if tag == "chunk"]
    assert chunks == [frame for tag, frame in here if tag == "chunk"]
    assert built.found.accepted == sum(len(unpack(data)) for data in chunks) == CHUNK + 5


@pytest.mark.parametrize(
    ("settings", "error"), [({"mke": {"EDF": "local"}}, Prohibited), ({"category": "x"}, BadInput)]
)
async def test_wrong_settings_are_refused_from_the_process_too(
    settings: dict[str, object], error: type[Exception]
) -> None:
    for in_thread in (0, 10_000):
        with pytest.raises(error):
            await all_of(job(**settings), rows(3), in_thread=in_thread)


async def test_what_goes_wrong_with_the_file_is_raised_and_the_process_ends() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield rows(CHUNK)
        msg = "the line went dead"
        raise ConnectionError(msg)

    with pytest.raises(ConnectionError, match="went dead"):
        async for _ in build(job(), broken(), in_thread=0):
            pass
