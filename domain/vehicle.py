"""What a camera saw of a vehicle, beside its plate."""

from __future__ import annotations

import msgspec


class Guess(msgspec.Struct, frozen=True, gc=False):
    """One value a camera offers, best first, with its confidence 0-1 (None: it gave none)."""

    value: str
    confidence: float | None = None


class VehicleSeen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The camera's own words, as it sent them, best guess first. Empty: it did not say."""

    make: tuple[Guess, ...] = ()
    model: tuple[Guess, ...] = ()
    color: tuple[Guess, ...] = ()
    body: tuple[Guess, ...] = ()
    plate_type: tuple[Guess, ...] = ()
    year: tuple[Guess, ...] = ()
    orientation: str = ""
