"""Whatever happens to a file, of whichever kind: nothing raises, and every row is counted once."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotlists.guards import Limits, inspect
from hotlists.model import HotlistSource
from hotlists.sources import kinds
from tests.list_damages import DAMAGES, NEXT, Damage
from tests.lists import SOURCE, Sample, samples, taken

SEEDS = 200


def source_of(kind: str) -> HotlistSource:
    return HotlistSource(SOURCE.id, SOURCE.agency, kind, kind, settings=sample(kind).settings)


def sample(kind: str) -> Sample:
    found = samples().get(kind)
    assert found, f"tests/lists.py: samples() needs a good file of the kind {kind!r}"
    return found


@pytest.mark.parametrize("kind", kinds())
def test_a_good_file_of_each_kind_is_understood_whole(kind: str) -> None:
    good = sample(kind)
    took = taken(good.data, source=source_of(kind))
    assert (took.found.accepted, took.found.waiting) == (good.entries, good.waiting)
    assert inspect(took.found, None, Limits()) == ()
    again = taken(cut(good.data, 3), source=source_of(kind))
    assert again.entries == took.entries


GARBAGE = (
    b"\0", b'"', b",", b"\r", b"\n\n", b"\xc3", b"\xff\xfe", b"<", b"]]>", b"&x;", b"{", b"\x1a",
    "\u2028\u00df".encode(),
)  # fmt: skip


def hurt(data: bytes, seed: int) -> bytes:
    """One to three damages: flips, holes, repetitions, ends, garbage."""
    chance = random.Random(seed)
    for _ in range(chance.randrange(1, 4)):
        data = hurt_once(data, chance)
    return data


def hurt_once(data: bytes, chance: random.Random) -> bytes:
    at, other = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    garbage = chance.choice((chance.randbytes(chance.randrange(1, 60)), *GARBAGE))
    ways: list[Callable[[], bytes]] = [
        lambda: data[:at],
        lambda: data[at:],
        lambda: data[:at] + data[other:],
        lambda: data[:other] + data[at:],
        lambda: data * 2,
        lambda: data[:at] + garbage + data[at:],
        lambda: data[:at] + garbage + data[other:],
        lambda: flipped(data, chance),
        lambda: data.replace(b",", garbage),
        lambda: data.replace(b"\n", garbage),
        lambda: data.decode("latin-1").encode(chance.choice(["utf-16", "utf-8", "utf-8-sig"])),
        lambda: data[:at] + b"x" * chance.choice([9_999, 10_001, 50_000]) + data[at:],
    ]
    return chance.choice(ways)()


def flipped(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 20) if data else 0):
        changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(changed)


@pytest.mark.parametrize("kind", kinds())
def test_two_hundred_damages_lose_no_row_silently(kind: str) -> None:
    good, source = sample(kind), source_of(kind)
    outcomes = set()
    for seed in range(SEEDS):
        try:
            took = taken(hurt(good.data, seed), source=source)  # and every row is counted once
        except Exception as raised:
            pytest.fail(f"seed {seed}: {type(raised).__name__}: {raised}")
        findings = inspect(took.found, None, Limits())
        outcomes.add(bool(findings))
        assert took.entries or took.found.waiting or findings, f"seed {seed}: nothing, and no word"
    assert outcomes == {True, False}, "the damages are neither all fatal nor all harmless"


@pytest.mark.parametrize("kind", kinds())
@settings(deadline=None)
@given(data=st.binary(max_size=400))
def test_no_bytes_raise(kind: str, data: bytes) -> None:
    inspect(taken(data, source=source_of(kind)).found, None, Limits())


def cut(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def test_the_damages_are_at_least_thirty_five_each_by_a_name_of_its_own() -> None:
    assert len({one.name for one in DAMAGES}) == len(DAMAGES)
    assert sum(bool(one.guard) for one in DAMAGES) >= 35


@pytest.mark.parametrize("one", DAMAGES, ids=lambda one: one.name)
def test_a_damaged_list_is_counted_whole_however_it_arrives(one: Damage) -> None:
    def made(size: int) -> Iterator[bytes]:
        made = one.make()
        return cut(made, size) if isinstance(made, bytes) else made

    first = taken(made(1 << 20), settings=one.settings, secrets=one.secrets)
    assert first.found.rows == (one.rows if one.rows is not None else first.found.rows)
    if len(first.original) < 2 * len(NEXT):
        again = taken(made(997), settings=one.settings, secrets=one.secrets)
        assert again.entries == first.entries
        assert again.found == first.found
