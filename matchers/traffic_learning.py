"""What an agency's own traffic says before looking: reads a day, the mix of states, and how often a
read is of a wanted vehicle.

Every complete day counts a little beside what is taken for granted: it is as good as A_DAY reads at
most, what is taken for granted is as good as PRIOR, and a day counts half after HALVES days. So no
day makes a jump, and however long and odd the traffic is, a part (LEAST) of what was taken for
granted stays: no state becomes impossible and no agency's vehicles are wanted never or always.

The wanted share comes of exact readings alone, those that a person verified. They ask a person
whatever they score, so what was learned does not decide which of them are found. Fuzzy matches are
left out: a lower share would hold more of them back, fewer would be verified, and the share would
go down again by its own doing. A read whose hit nobody judged says nothing either way: of a day
with 40 of 100 exact alerts judged, 40 % of the reads count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from math import exp, log
from types import MappingProxyType

from matchers import weights
from matchers.series import vehicle_share
from matchers.state_words import STATES
from matchers.watch import Traffic

A_DAY = 5_000
"""A day counts as so many reads at most (judgement): one game day, one camera that stamps a state
on everything, one busy night is one day."""
PRIOR = 50_000
"""How many reads the standard is worth (judgement): twelve whole days to go half way."""
HALVES = 28
"""Days after which a day counts half (judgement): roads and lists change with the season."""
FORGOTTEN = 56
"""Days after which it counts no more: eight whole weeks, so that weekends weigh what they do. Fewer
than the counts are kept for (alerts.score_store)."""
LEAST = 0.2
"""What stays of the standard at least: all days together are as good as 31 of A_DAY."""
MOST = 10.0
"""No wanted share is more than so many times the standard (judgement)."""
FOUND = weights.READ_RIGHT * (1 - weights.STATE_WRONG)
"""Of reads of a wanted vehicle, the share that is its plate and contradicts nothing: every
character right and the state right (policy)."""
OF_ONE_ALERT = 5
"""Exact readings of one alert that count (judgement): a vehicle that passes several cameras is
several reads, one that is parked in front of a camera is not thousands."""

RECENT = 14
"""Days whose mean is the reads a day."""
USUAL_READS = 20_000.0
"""Reads a day of an agency for which weights.ENTRY_SHARE holds (judgement)."""
ENTRY_BOUND = log(3.0)
"""How far the reads a day may move it, as a logarithm, either way (judgement)."""


@dataclass(frozen=True)
class Day:
    """One complete day: its reads, and of those that showed a state, how many each (NCIC code).

    `alerts` are those raised that day with an exact reading that nothing contradicted; `judged`, of
    them, what a person verified or rejected; `confirmed`, the exact readings of what was verified
    and not taken back, OF_ONE_ALERT each at most.
    """

    day: date
    reads: int
    states: Mapping[str, int] = field(default_factory=dict)
    alerts: int = 0
    judged: int = 0
    confirmed: int = 0


@dataclass(frozen=True)
class Learned:
    """What was learned, and what from, each day counted whole: `days` with reads from `first` to
    `last`, their `reads`, those with a `shown` state, each state's (`states`), and the `confirmed`
    exact readings of wanted vehicles."""

    traffic: Traffic = field(default_factory=Traffic)
    days: int = 0
    first: date | None = None
    last: date | None = None
    reads: int = 0
    shown: int = 0
    states: Mapping[str, int] = field(default_factory=dict)
    confirmed: int = 0


def learned(days: Iterable[Day], today: date, home: str) -> Learned:
    """Of one agency whose own state is `home` (`home_of`). At most one `Day` for each day; their
    order does not matter. A day of the future (a clock that was wrong) counts as today.
    """
    kept = sorted(
        (one for one in days if one.reads > 0 and (today - one.day).days <= FORGOTTEN),
        key=lambda one: one.day,
    )
    if not kept:
        return Learned()
    states: dict[str, int] = {}
    for one in kept:
        for state, count in one.states.items():
            states[state] = states.get(state, 0) + count
    share, own = _wanted(kept, today)
    a_day, weeks = _reads_a_day(kept, today)
    return Learned(
        traffic=Traffic(
            reads_a_day=a_day,
            shares=_shares(kept, today, home),
            wanted_share=share,
            entry_share=entry_share(a_day, weeks),
            own=own,
        ),
        days=len(kept),
        first=kept[0].day,
        last=kept[-1].day,
        reads=sum(one.reads for one in kept),
        shown=sum(states.values()),
        states=MappingProxyType(states),
        confirmed=sum(one.confirmed for one in kept),
    )


def entry_share(reads_a_day: float, known: float = 1.0) -> float:
    """In how many of its state's reads a single vehicle is at most, by the reads a day.

    More reads are of more vehicles (each in fewer) and of more cameras (each in as many), so it
    goes with the square root (judgement), ENTRY_BOUND at most. `known`, 0 to 1: how much of the
    days it takes is there.
    """
    if reads_a_day <= 0:
        return weights.ENTRY_SHARE
    moved = max(-ENTRY_BOUND, min(ENTRY_BOUND, log(USUAL_READS / reads_a_day) / 2))
    return weights.ENTRY_SHARE * exp(min(1.0, max(0.0, known)) * moved)


def home_of(agency: str) -> str:
    """The state of an agency by its ORI (NCIC code); "" for one that begins with none."""
    return agency[:2] if agency[:2] in STATES else ""


@lru_cache(maxsize=64)
def usual(home: str) -> Mapping[str, float]:
    """The share of each state's plates in traffic before anything is counted: weights.HOME_SHARE of
    `home`, the rest by how many vehicles each state has. They sum to 1."""
    shares = {state: max(vehicle_share(state), 1e-4) for state in STATES}
    whole = sum(shares.values())
    rest = 1 - weights.HOME_SHARE if home else 1.0
    mixed = {state: rest * share / whole for state, share in shares.items()}
    if home:
        mixed[home] += weights.HOME_SHARE
    return MappingProxyType(mixed)


def _shares(days: Iterable[Day], today: date, home: str) -> Mapping[str, float]:
    """Each state's share: at least LEAST of the usual one, together 1. Empty when no read showed a
    state."""
    sums: dict[str, float] = {}
    for one in days:
        counts = {s: n for s, n in one.states.items() if s in STATES and n > 0}
        if not counts:
            continue
        weight = _weight(one, sum(counts.values()), today)
        for state, count in counts.items():
            sums[state] = sums.get(state, 0.0) + weight * count
    if not sums:
        return MappingProxyType({})
    whole = PRIOR + sum(sums.values())
    return MappingProxyType(
        {s: (PRIOR * share + sums.get(s, 0.0)) / whole for s, share in usual(home).items()}
    )


def _wanted(days: Iterable[Day], today: date) -> tuple[float, float]:
    """(share of reads of wanted vehicles, how much of that is the agency's own evidence)."""
    hits, reads = 0.0, 0.0
    for one in days:
        looked = one.reads * (min(1.0, one.judged / one.alerts) if one.alerts else 1.0)
        if looked <= 0:
            continue
        found = min(one.confirmed / FOUND, looked * MOST * weights.WANTED_SHARE)
        weight = _weight(one, looked, today)
        hits, reads = hits + weight * found, reads + weight * looked
    return (PRIOR * weights.WANTED_SHARE + hits) / (PRIOR + reads), reads / (PRIOR + reads)


def _reads_a_day(days: Iterable[Day], today: date) -> tuple[float, float]:
    """(mean of the days of the last RECENT, how much of RECENT there is)."""
    recent = [one.reads for one in days if (today - one.day).days <= RECENT]
    return (sum(recent) / len(recent), min(1.0, len(recent) / RECENT)) if recent else (0.0, 0.0)


def _weight(one: Day, reads: float, today: date) -> float:
    """What each of the day's `reads` counts: of more than A_DAY, a part."""
    return float(min(1.0, A_DAY / reads) * 0.5 ** (max(0, (today - one.day).days) / HALVES))
