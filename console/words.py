"""What codes, moments and numbers are called on screen. Pure; American English.

Ages are written by the same rule in static/js/clock.js, so that a page does not change its words
when the script takes over.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.place import Place, compass
from hotlists.staleness import Grade, Staleness

PRIORITY = {1: "Immediate", 2: "High", 3: "Routine", 4: "Note"}

LEASE_SOON = timedelta(seconds=60)
"""What is left of a claim turns orange below this."""

# NCIC state codes as on plates. Nebraska is NB at NCIC and NE on the road; both are known.
STATES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California",
    "CO": "Colorado", "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia",
    "FL": "Florida", "GA": "Georgia", "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois",
    "IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky", "LA": "Louisiana",
    "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota",
    "MS": "Mississippi", "MO": "Missouri", "MT": "Montana", "NB": "Nebraska", "NE": "Nebraska",
    "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico",
    "NY": "New York", "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio",
    "OK": "Oklahoma", "OR": "Oregon", "PA": "Pennsylvania", "PR": "Puerto Rico",
    "RI": "Rhode Island", "SC": "South Carolina", "SD": "South Dakota", "TN": "Tennessee",
    "TX": "Texas", "UT": "Utah", "VT": "Vermont", "VA": "Virginia", "WA": "Washington",
    "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming", "US": "U.S. Government",
}  # fmt: skip


def state_name(code: str) -> str:
    """The state's name; a code we do not know stays as it is; "" stays ""."""
    return STATES.get(code, code)


def where(place: Place, camera: str) -> str:
    """The place as a person says it: name (or the camera, when it has none) and heading."""
    name = place.name or f"Camera {camera}"
    heading = compass(place.heading)
    return f"{name}, {heading}" if heading else name


def zone(name: str) -> ZoneInfo:
    """The agency's time zone; UTC when the system does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def clock(moment: datetime, tz: ZoneInfo) -> str:
    """ "21:02:09" in the agency's time."""
    return moment.astimezone(tz).strftime("%H:%M:%S")


def short_clock(moment: datetime, tz: ZoneInfo) -> str:
    """ "21:02" in the agency's time."""
    return moment.astimezone(tz).strftime("%H:%M")


def day_clock(moment: datetime, now: datetime, tz: ZoneInfo) -> str:
    """ "06:10" when it was today, else "Nov 20, 06:10"; in the agency's time."""
    local, today = moment.astimezone(tz), now.astimezone(tz)
    text = local.strftime("%H:%M")
    if local.date() == today.date():
        return text
    day = f"{local.strftime('%b')} {local.day}"
    return f"{day}, {text}" if local.year == today.year else f"{day}, {local.year}, {text}"


def span(length: timedelta) -> str:
    """A running time: "4:31" below an hour, "5 h 12" below two days, then "3 d"; never negative."""
    seconds = max(0, int(length.total_seconds()))
    if seconds < 3600:
        return f"{seconds // 60}:{seconds % 60:02d}"
    if seconds < 48 * 3600:
        return f"{seconds // 3600} h {seconds % 3600 // 60:02d}"
    return f"{seconds // 86400} d"


def spoken(length: timedelta) -> str:
    """How old something slow is: "just now", "6 min", "14 h", "3 d"."""
    minutes = max(0, int(length.total_seconds() // 60))
    if minutes < 1:
        return "just now"
    if minutes < 120:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // 1440} d"


def minutes(length: timedelta) -> str:
    """How long something will hold: "5 minutes", "1 minute", "30 seconds"."""
    seconds = int(length.total_seconds())
    if seconds < 60:
        return f"{seconds} seconds"
    return "1 minute" if seconds < 120 else f"{seconds // 60} minutes"


def list_grade(age: timedelta, limit_hours: float | None) -> Grade:
    """Whether a list's age is ordinary, orange or red by its own limit; None: it has none."""
    if limit_hours is None:
        return "ok"
    return Staleness(age, timedelta(hours=limit_hours)).grade


def weight_words(weight: float) -> str:
    """A log likelihood ratio in words.

    The steps are Kass and Raftery's (1995) for natural-log Bayes factors: below 1 hardly worth
    a mention, up to 3 positive, above that strong.
    """
    if abs(weight) < 0.05:
        return "no weight"
    side = "for" if weight > 0 else "against"
    if abs(weight) < 1:
        return f"slightly {side}"
    return side if abs(weight) < 3 else f"strongly {side}"


def signed(number: float) -> str:
    """A weight or a sum of weights with its sign: "+2.28", "−1.61"; 0 has none."""
    text = f"{abs(number):.2f}"
    if text == "0.00":
        return "0"
    return f"+{text}" if number > 0 else f"−{text}"
