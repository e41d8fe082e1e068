"""The areas of an alert as one circle on the ground."""

from __future__ import annotations

import math
from collections.abc import Iterable

from domain.entry import Area
from hotlists.cap.model import CapArea
from matchers.described import distance

LONGEST_NAME = 200


def bounding_circle(areas: Iterable[CapArea]) -> Area | None:
    """A circle that holds every polygon and circle; None when there is neither.

    The middle of the box around the points, so up to about a fifth wider than the smallest circle.
    Polygons across the date line are understood. A geocode alone has no place here.
    """
    areas = tuple(areas)
    points = [(*point, 0.0) for area in areas for polygon in area.polygons for point in polygon]
    points += [(north, east, km * 1000) for area in areas for north, east, km in area.circles]
    if not points:
        return None
    easts = [east for _, east, _ in points]
    if max(easts) - min(easts) > 180:
        points = [(n, e + 360 if e < 0 else e, r) for n, e, r in points]
        easts = [east for _, east, _ in points]
    norths = [north for north, _, _ in points]
    north, east = (min(norths) + max(norths)) / 2, (min(easts) + max(easts)) / 2
    radius = max(_metres(north, east, n, e) + r for n, e, r in points)
    names = "; ".join(dict.fromkeys(area.name for area in areas if area.name))
    if len(names) > LONGEST_NAME:
        names = names[: LONGEST_NAME - 1].rstrip() + "…"
    east = (east + 180) % 360 - 180
    return Area(
        latitude=round(north, 6), longitude=round(east, 6), radius=math.ceil(radius), name=names
    )


def _metres(north: float, east: float, n: float, e: float) -> float:
    return distance((north, east), (n, e))
