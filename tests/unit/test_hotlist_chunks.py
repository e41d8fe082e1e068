"""A generation at rest, and the parsing process."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from domain.entry import Entry
from domain.errors import BadInput, Prohibited
from hotlists.building import build
from hotlists.chunks import CHUNK, DamagedChunk, PackedEntries, pack, unpack
from hotlists.model import HotlistSource
from matchers.folding import column, keys_of

TODAY = date(2026, 11, 21)
SOURCE = HotlistSource(UUID(int=5), "KS0190100", "NCIC", "ncic_csv")


def entry(n: int) -> Entry:
    return Entry(
        entry_id=UUID(int=n), agency="KS0190100", source="s", category="local", priority=3,
        plate=f"P{n:06}", make="FORD", expires_on=date(2027, 1, 1 + n % 28),
    )  # fmt: skip


def test_packed_entries_come_back_one_by_one() -> None:
    entries = [entry(n) for n in range(CHUNK + 17)]
    chunks = [unpack(data) for data in pack(entries)]
    packed = PackedEntries(chunks)
    assert len(chunks) == 2
    assert len(packed) == len(entries)
    for at in (0, 1, CHUNK - 1, CHUNK, CHUNK + 16, -1):
        assert packed[at] == entries[at]
    assert packed[CHUNK - 2 : CHUNK + 2] == entries[CHUNK - 2 : CHUNK + 2]
    assert chunks[1].keys.tolist() == keys_of(column(e.plate for e in entries[CHUNK:])).tolist()
    with pytest.raises(IndexError):
        packed[len(entries)]


def test_a_changed_bit_is_seen() -> None:
    (data,) = pack([entry(1)])
    with pytest.raises(DamagedChunk):
        unpack(data[:-1] + bytes([data[-1] ^ 1]))


def rows(count: int) -> bytes:
    return b"LIC,LIS,NIC,MKE\n" + b"".join(b"P%06d,KS,V%d,EV\n" % (n, n) for n in range(count))


async def test_the_parsing_process_gives_what_a_thread_gives() -> None:
    data = rows(CHUNK + 5)
    found, chunks = await build(SOURCE, data, TODAY, in_thread=0)
    assert (found, chunks) == await build(SOURCE, data, TODAY, in_thread=len(data))
    assert found.accepted == CHUNK + 5


@pytest.mark.parametrize(
    ("settings", "error"), [({"mke": {"EDF": "local"}}, Prohibited), ({"category": "x"}, BadInput)]
)
async def test_wrong_settings_are_refused_from_the_process_too(
    settings: dict[str, object], error: type[Exception]
) -> None:
    source = HotlistSource(SOURCE.id, SOURCE.agency, "NCIC", "ncic_csv", settings=settings)
    with pytest.raises(error):
        await build(source, rows(3), TODAY, in_thread=0)
