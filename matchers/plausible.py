"""Whether a vehicle can have been where it was seen last and where this read sees it.

The last sighting may itself be the mistake (a misread that hit the plate, a cloned plate), so this
never says more than LEAST, and an exact reading is never hidden by it: it is marked.
"""

from __future__ import annotations

from math import isfinite, log

from domain.read import Read
from matchers.described import distance
from matchers.evidence import Feature
from matchers.watch import Seen

FASTEST = 250.0
"""Kilometres an hour that no vehicle keeps up on a road (judgement)."""
CLOCKS_APART = 120.0
"""Seconds that the clocks of two cameras may differ without anybody noticing (judgement)."""
PLACES_OFF = 5.0
"""Kilometres by which two places together may be wrong: positions of cameras are typed in by
people, and a patrol car's is of a moment before (judgement)."""
STEEPNESS = 2.0
"""Weight for each e-fold of the speed beyond FASTEST (judgement)."""
LEAST = -4.0
"""Bound of the weight: about one last sighting in fifty is of another vehicle (judgement)."""
STRONG = -2.0
"""From here on it is a contradiction that people are shown as one (judgement)."""


def plausibility(read: Read, seen: Seen | None) -> Feature | None:
    """Evidence against, from LEAST to below 0; None when it is possible or cannot be told.

    Reads come late and out of order, so `seen` may be of after the read: what counts is how far
    apart in time the two are, whichever was first. Never raises.
    """
    here = _point(read.place.latitude, read.place.longitude)
    there = _point(seen.latitude, seen.longitude) if seen is not None else None
    if seen is None or here is None or there is None:
        return None
    away = distance(here, there) / 1000
    apart = (read.seen_at - seen.at).total_seconds()
    needed = (away - PLACES_OFF) / ((abs(apart) + CLOCKS_APART) / 3600)
    if needed <= FASTEST:
        return None
    weight = round(max(LEAST, -STEEPNESS * log(needed / FASTEST)), 3)
    strong = weight <= STRONG
    who = "no vehicle is that fast" if strong else "hardly any vehicle is that fast"
    return Feature(
        name="plausibility",
        words=f"Seen {away:,.0f} km away {_apart(apart)}: {who}",
        expected=f"at most {FASTEST:.0f} km/h",
        seen=f"about {needed:,.0f} km/h",
        weight=weight,
        verdict="conflict" if strong else "differs",
    )


def _point(latitude: float | None, longitude: float | None) -> tuple[float, float] | None:
    """Degrees that are on the globe, or None."""
    if latitude is None or longitude is None:
        return None
    if not isfinite(latitude) or not isfinite(longitude):
        return None
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def _apart(seconds: float) -> str:
    """ "10 minutes earlier": when it was seen there, by the time of this read."""
    minutes = round(abs(seconds) / 60)
    if minutes == 0:
        return "at the same time"
    much = "1 minute" if minutes == 1 else f"{minutes} minutes"
    if minutes >= 120:
        much = f"{round(minutes / 60)} hours"
    return f"{much} {'earlier' if seconds > 0 else 'later'}"
