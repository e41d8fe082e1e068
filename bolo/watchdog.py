"""A watchdog outside the workers: is a group that has work also doing it?

A worker can be alive, answer /healthz, and yet commit nothing. Only the log itself shows that: the
group's committed offsets stand still while there is lag. `look` and `judge` are the pure rules;
`Watchdog` asks the broker every few seconds and has a stuck group's workers started anew.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import structlog
from prometheus_client import Gauge

from domain import topics

log = structlog.get_logger(__name__)

LAG = Gauge("bolo_group_lag", "Records that a group has not committed yet", ["group", "topic"])
HEALTHY = Gauge("bolo_group_healthy", "0 while a group has work and commits nothing", ["group"])

Partition = tuple[str, int]


@dataclass(frozen=True)
class Offsets:
    """Of one partition: the group's next record (-1: none yet), the first and the next to come."""

    committed: int
    begin: int
    end: int

    @property
    def lag(self) -> int:
        return max(0, self.end - max(self.committed, self.begin))


Sample = Mapping[Partition, Offsets]


@dataclass(frozen=True)
class Group:
    """A consumer group and the topics it reads."""

    name: str
    topics: tuple[str, ...]


# The groups' names are streams.app.Group's; importing it would load Faust into every process.
WATCHED = (
    Group("bolo-alerts", (topics.READS, topics.MATCHES, topics.ALERTS)),
    Group("bolo-archive", (topics.READS,)),
)


@dataclass(frozen=True)
class Standing:
    """For each partition the offset last seen committed, and since when (s) it stands there."""

    still: Mapping[Partition, tuple[int, float]] = field(default_factory=dict)


class Verdict(StrEnum):
    """What to think of a group."""

    HEALTHY = "healthy"
    EXCUSED = "excused"
    STUCK = "stuck"


def look(before: Standing, sample: Sample, now: float) -> Standing:
    """What is known after `sample`: the clock of a partition runs only while it has lag."""
    still = {}
    for partition, at in sample.items():
        known = before.still.get(partition)
        stands = known is not None and known[0] == at.committed and at.lag > 0
        still[partition] = known if stands and known else (at.committed, now)
    return Standing(still)


def judge(
    standing: Standing, now: float, patience: float, excuse: str = ""
) -> tuple[Verdict, tuple[Partition, ...]]:
    """STUCK when a partition with lag stood still longer than `patience` seconds; and which ones.

    An `excuse` (a server the workers wait for is away) turns that into EXCUSED: they wait in place,
    and starting them anew would help nobody.
    """
    stuck = tuple(at for at, (_, since) in standing.still.items() if now - since > patience)
    if not stuck:
        return Verdict.HEALTHY, ()
    return (Verdict.EXCUSED if excuse else Verdict.STUCK), stuck


async def no_excuse() -> str:
    """All servers are there."""
    return ""


class Watchdog:
    """Looks at `groups` every `every` seconds; `restart(group, why)` starts its workers anew.

    A broker that does not answer is no verdict: nothing is known then, so nothing is done.
    """

    def __init__(
        self,
        groups: Sequence[Group],
        read: Callable[[Group], Awaitable[Sample]],
        restart: Callable[[str, str], Awaitable[None]],
        *,
        excuse: Callable[[], Awaitable[str]] = no_excuse,
        patience: float = 30.0,
        every: float = 5.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._groups = tuple(groups)
        self._read = read
        self._restart = restart
        self._excuse = excuse
        self._patience = patience
        self._every = every
        self._now = now
        self._standing = {group.name: Standing() for group in self._groups}
        self.verdicts: dict[str, Verdict] = {group.name: Verdict.HEALTHY for group in self._groups}

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            for group in self._groups:
                try:
                    await self.once(group)
                except Exception as away:
                    # Whatever the client raises: not knowing is no verdict, and no reason to end.
                    log.warning(
                        "the watchdog cannot ask", group=group.name, why=type(away).__name__
                    )
            await asyncio.sleep(self._every)

    async def once(self, group: Group) -> Verdict:
        """Look at one group now, and act. Raises Unavailable when the broker does not answer."""
        sample = await self._read(group)
        now = self._now()
        for topic in group.topics:
            lag = sum(at.lag for (name, _), at in sample.items() if name == topic)
            LAG.labels(group.name, topic).set(lag)
        standing = look(self._standing[group.name], sample, now)
        excuse = "" if judge(standing, now, self._patience)[1] == () else await self._excuse()
        verdict, stuck = judge(standing, now, self._patience, excuse)
        if verdict is Verdict.STUCK:
            names = ", ".join(f"{topic}[{number}]" for topic, number in stuck[:8])
            why = f"nothing committed for {self._patience:g} s while {names} has records waiting"
            log.error("a group stands still", group=group.name, partitions=names)
            await self._restart(group.name, why)
            standing = Standing()  # the new ones get the same patience
        elif verdict is Verdict.EXCUSED:
            log.warning("a group waits", group=group.name, cause=excuse)
        self._standing[group.name] = standing
        self.verdicts[group.name] = verdict
        HEALTHY.labels(group.name).set(verdict is Verdict.HEALTHY)
        return verdict
