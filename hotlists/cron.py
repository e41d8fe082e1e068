"""Five cron fields in an agency's time zone: when a list is looked for. Pure.

The fields speak of the clock on the wall. When clocks go forward, a time that does not exist
comes right after the gap; when they go back, a named hour comes once, the first time, and a field
of every hour ("*", "*/2") goes on as time does. These are the rules of Vixie's cron(8).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from croniter import croniter
from croniter.croniter import CroniterError

from domain.errors import BadInput

FIELD = "settings.schedule"
EXAMPLE = "15 4,16 * * * is a quarter past four, morning and afternoon"
_FIELDS = (
    ("minute", "0-59"),
    ("hour", "0-23"),
    ("day of the month", "1-31"),
    ("month", "1-12 or jan-dec"),
    ("day of the week", "0-7 or sun-sat; 0 and 7 are Sunday"),
)
_WHOLE = ("*", "*", "*", "*", "*")
_ALLOWED = frozenset("0123456789*,-/abcdefghijklmnopqrstuvwxyz")
_YEARS = 8
"""How far ahead a time must lie to come at all: February 29 may be eight years away."""


@dataclass(frozen=True)
class Cron:
    """A schedule that was checked."""

    text: str
    zone: ZoneInfo

    def after(self, moment: datetime) -> datetime:
        """The next time after `moment` (aware); aware UTC."""
        wall = moment.astimezone(self.zone).replace(tzinfo=None)
        # From before: of two times on the wall, the later may be the earlier moment. No clock is
        # set by more than two hours; of a schedule of every minute a day would be 1,440 steps.
        before = wall - timedelta(hours=3)
        times = croniter(self.text, before, max_years_between_matches=_YEARS)
        found: datetime | None = None
        while True:
            at: datetime = times.get_next(datetime)
            for one in self._moments(at):
                if one > moment and (found is None or one < found):
                    found = one
            if found is not None and at > wall + timedelta(hours=3):
                return found

    def _moments(self, at: datetime) -> list[datetime]:
        first = at.replace(tzinfo=self.zone).astimezone(UTC)
        second = at.replace(tzinfo=self.zone, fold=1).astimezone(UTC)
        twice = second > first and self.text.split()[1].startswith("*")
        return [first, second] if twice else [first]


def cron(text: str, timezone: str = "UTC") -> Cron:
    """The schedule; a time zone that nobody knows counts as UTC. Raises BadInput, saying which
    field is wrong and what it may hold."""
    fields = text.lower().split() if isinstance(text, str) else []
    if len(fields) != len(_FIELDS):
        names = ", ".join(name for name, _ in _FIELDS)
        problem = f"needs five fields ({names}), not {len(fields)}; for example {EXAMPLE}"
        raise BadInput(FIELD, problem)
    for n, (field, (name, holds)) in enumerate(zip(fields, _FIELDS, strict=True)):
        if not _possible(n, field):
            problem = f"the {name} (field {n + 1}) holds {holds}, not {field!r}; {EXAMPLE}"
            raise BadInput(FIELD, problem)
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone = ZoneInfo("UTC")
    made = Cron(" ".join(fields), zone)
    try:
        croniter(made.text, datetime(2024, 1, 1), max_years_between_matches=_YEARS).get_next()
    except CroniterError as never:
        problem = f"{text!r} never comes: no month of it has that day"
        raise BadInput(FIELD, problem) from never
    return made


def _possible(n: int, field: str) -> bool:
    """Whether croniter takes it there, and it says what it seems to say."""
    if not set(field) <= _ALLOWED:
        return False
    for part in field.split(","):
        low, dash, high = part.partition("/")[0].partition("-")
        if dash and low.isdigit() and high.isdigit() and int(low) > int(high):
            return False  # croniter takes 5-1 for around the clock
    try:
        croniter.expand(" ".join((*_WHOLE[:n], field, *_WHOLE[n + 1 :])))
    except (CroniterError, KeyError, ValueError):
        return False
    return not field.startswith(("h", "r")) and "l" not in field.replace("jul", "")
