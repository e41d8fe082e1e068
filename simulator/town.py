"""A small invented town on a street grid, its cameras and the ways through it.

Two agencies read plates here, each with its own cameras. Names and ORIs are invented; distances
are metres east and north of the crossing of US-77 (north and south) and K-96 (east and west).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians

CITY = "KS0999900"
COUNTY = "KS0999800"

_LATITUDE, _LONGITUDE = 37.8412, -96.8583
_METRES_A_DEGREE = 111_320.0


@dataclass(frozen=True)
class Camera:
    """A fixed camera. `heading` is where the traffic it reads is going, degrees from north."""

    id: str
    name: str
    agency: str
    east: float
    north: float
    heading: float

    @property
    def latitude(self) -> float:
        """WGS 84 degrees, to a tenth of a metre or so."""
        return round(_LATITUDE + self.north / _METRES_A_DEGREE, 6)

    @property
    def longitude(self) -> float:
        """WGS 84 degrees, to a tenth of a metre or so."""
        return round(_LONGITUDE + self.east / (_METRES_A_DEGREE * cos(radians(_LATITUDE))), 6)


CAMERAS: dict[str, Camera] = {
    c.id: c
    for c in (
        Camera("CF-01", "K-96 at Maple St", CITY, -600, 0, 90),
        Camera("CF-02", "K-96 at Elm St", CITY, 600, 0, 270),
        Camera("CF-04", "Maple St at 9th Ave", CITY, -600, 900, 0),
        Camera("CF-05", "Elm St at 5th Ave", CITY, 600, 500, 180),
        Camera("CF-07", "US-77 at 5th Ave", CITY, 0, 500, 0),
        Camera("WC-01", "Walnut River bridge", COUNTY, 1800, 0, 270),
        Camera("WC-02", "US-77 at 180th Rd", COUNTY, 0, 3200, 0),
        Camera("WC-03", "K-96 at Haverhill Rd", COUNTY, -3000, 0, 90),
    )
}


@dataclass(frozen=True)
class Route:
    """A way through the town: the cameras it passes in order, and how many take it."""

    cameras: tuple[str, ...]
    weight: int


ROUTES: tuple[Route, ...] = (
    Route(("WC-03", "CF-01", "CF-07", "WC-02"), 14),
    Route(("WC-01", "CF-02", "CF-07", "WC-02"), 12),
    Route(("WC-01", "CF-02"), 14),
    Route(("WC-03", "CF-01"), 12),
    Route(("CF-01", "CF-04"), 10),
    Route(("CF-05", "CF-02", "CF-04"), 10),
    Route(("CF-01", "CF-07"), 8),
    Route(("CF-07", "WC-02"), 8),
    Route(("CF-05",), 7),
    Route(("CF-04",), 5),
)

TOWN_SPEED = 12.0
ROAD_SPEED = 22.0
"""Metres a second: about 27 mph between signals, about 50 mph outside the town."""

_TOWN_EDGE = 1000.0


def metres(one: Camera, other: Camera) -> float:
    """How far a car drives between two cameras: along the grid, not as the crow flies."""
    return abs(one.east - other.east) + abs(one.north - other.north)


def drive_seconds(one: Camera, other: Camera) -> float:
    """How long the free drive between two cameras takes; signals and traffic come on top."""
    outside = max(
        _beyond_town(one.east) + _beyond_town(one.north),
        _beyond_town(other.east) + _beyond_town(other.north),
    )
    way = metres(one, other)
    outside = min(outside, way)
    return (way - outside) / TOWN_SPEED + outside / ROAD_SPEED


def _beyond_town(offset: float) -> float:
    return max(0.0, abs(offset) - _TOWN_EDGE)
