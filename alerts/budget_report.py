"""What a page and `bolo match budget` say of an agency's alert budget: one record, one wording.

Read from the database as it is; nothing is changed by looking.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import msgspec

from alerts import score_store
from alerts.budgeting import Choice, How, Measured, aim, at_once, odds, outlook
from domain.errors import NotFound
from hotlists import store, threshold_store
from hotlists.threshold_store import StoredThreshold
from matchers import recall
from matchers.tally import PRIORITIES
from matchers.thresholds import STANDARD
from policy.model import AlertBudget
from policy.sentences import PRIORITIES as NAMES
from storage.postgres import Connection


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The share of misread wanted plates found, 0 to 1, when this `evidence` is there."""

    evidence: str
    share: float


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One priority. `expected`, `low`, `high` are false alerts a day, None when not measured;
    `aim` is where the threshold is going; `recall` is empty when this version has not measured it.
    """

    priority: int
    name: str
    budget: float
    threshold: float
    aim: float
    since: datetime | None
    why: str
    odds: str
    how: How
    expected: float | None
    low: float | None
    high: float | None
    recall: tuple[Found, ...]

    @property
    def over(self) -> bool:
        """Whether more is to be expected than the agency can handle."""
        return self.expected is not None and self.expected > self.budget


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """An agency's budget. `reads` in `days` whole days, `first` to `last`; `counting_since` is the
    first day with any counts, whole or not."""

    agency: str
    enough: bool
    reads: int
    days: int
    first: date | None
    last: date | None
    counting_since: date | None
    lines: tuple[Line, ...]
    recall_measured: str


async def read(
    conn: Connection, agency: str, budget: AlertBudget, now: datetime
) -> tuple[Report, Measured]:
    """The report as of `now`, and what it rests on. Raises NotFound for an unknown agency."""
    zones = await store.zones(conn)
    if agency not in zones:
        msg = f"agency {agency}"
        raise NotFound(msg)
    today = score_store.day_of(now, zones[agency])
    measured = await score_store.measured(conn, agency, today)
    kept = await threshold_store.of_agency(conn, agency)
    since = await score_store.counting_since(conn, agency)
    return report(agency, measured, kept, budget, since), measured


def report(
    agency: str,
    measured: Measured,
    kept: Mapping[int, StoredThreshold],
    budget: AlertBudget,
    counting_since: date | None = None,
) -> Report:
    """The same from what was read."""
    table = recall.standard()
    return Report(
        agency=agency,
        enough=measured.enough,
        reads=measured.reads,
        days=measured.days,
        first=measured.first,
        last=measured.last,
        counting_since=counting_since,
        lines=tuple(
            line(measured, priority, budget.of(priority), kept.get(priority))
            for priority in range(1, PRIORITIES + 1)
        ),
        recall_measured=table.measured if table else "",
    )


def line(measured: Measured, priority: int, budget: float, kept: StoredThreshold | None) -> Line:
    """What is in force for a priority, and what to expect of it."""
    goal = aim(measured, priority, budget)
    threshold = kept.threshold if kept else STANDARD
    why = kept.why if kept else "the standard threshold: nothing was computed yet"
    since = kept.since if kept else None
    return _line(measured, Choice(priority, budget, threshold, goal, why), since)


def another(report: Report, measured: Measured, budget: float) -> Report:
    """The same with `budget` for every priority: what it would give in the end, as of now."""
    lines = (
        _line(measured, at_once(measured, line.priority, budget), None) for line in report.lines
    )
    return msgspec.structs.replace(report, lines=tuple(lines))


def _line(measured: Measured, choice: Choice, since: datetime | None) -> Line:
    there = outlook(measured, choice.priority, choice.threshold)
    return Line(
        priority=choice.priority,
        name=NAMES[choice.priority],
        budget=choice.budget,
        threshold=choice.threshold,
        aim=choice.aim,
        since=since,
        why=choice.why,
        odds=odds(choice.threshold),
        how=there.how,
        expected=there.expected,
        low=there.low,
        high=there.high,
        recall=_found(choice.threshold),
    )


def _found(threshold: float) -> tuple[Found, ...]:
    table = recall.standard()
    if table is None:
        return ()
    return tuple(Found(evidence=e, share=table.at(threshold, e)) for e in table.evidence)
