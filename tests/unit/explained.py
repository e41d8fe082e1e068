"""Pairs of a read and an entry, for tests of what is told of them."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from bolo.match_pairs import Pair, scales_of
from domain.entry import Entry
from domain.read import Read
from domain.vehicle import Guess, VehicleSeen

AGENCY = "KS0190100"
SEEN = datetime(2026, 11, 21, 21, 2, 9, tzinfo=UTC)


def pair_of(
    plate: str,
    wanted: str,
    *,
    make: tuple[str, str] = ("", ""),
    state: tuple[str, str] = ("", ""),
    candidates: tuple[Guess, ...] = (),
) -> Pair:
    """What the camera saw first, what is wanted second."""
    read = Read(
        read_id=UUID(int=1), agency=AGENCY, camera="c1", seen_at=SEEN, received_at=SEEN,
        plate=plate, plate_raw=plate, state=state[0],
        candidates=tuple(guess for guess in candidates if guess.value != plate),
        vehicle=VehicleSeen(make=(Guess(make[0], 0.9),)) if make[0] else None,
    )  # fmt: skip
    entry = Entry(
        entry_id=UUID(int=2), agency=AGENCY, source="s", category="stolen-vehicle", priority=2,
        plate=wanted, state=state[1], make=make[1],
    )  # fmt: skip
    return Pair(read, entry, scales_of(AGENCY, 100_000))
