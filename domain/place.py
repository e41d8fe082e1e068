"""Where a read happened."""

from __future__ import annotations

import msgspec


class Place(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place in WGS 84 degrees; heading in degrees clockwise from north. None: not given."""

    name: str = ""
    latitude: float | None = None
    longitude: float | None = None
    heading: float | None = None


def compass(heading: float | None) -> str:
    """A heading in words ("northbound"), or "" when it is not given."""
    if heading is None:
        return ""
    names = ("north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest")
    return names[round((heading % 360) / 45) % 8] + "bound"
