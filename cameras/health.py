"""Camera health as a process gathers it: last read, clock, heartbeat; bounded, without I/O.

One `Tally` a process. A read costs it a dictionary look-up; cameras.health_store writes what
changed every few seconds.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec
from prometheus_client import Counter, Gauge

from cameras.clocks import Envelope, Skew
from cameras.registry import CAMERA_MAX
from domain.clock import as_utc
from domain.read import Read

CAMERAS_MAX = 2_000
"""Cameras that one process keeps count of, and label values of its gauges. A token of a gateway
may name any camera, so without a limit it could fill our memory and Prometheus'."""

IDLE = timedelta(hours=24)
"""A camera not heard from for so long makes room for another; its row in the database stays."""

LOOK_AGAIN = timedelta(minutes=1)
"""Before the next look for room when all places are taken: the look goes over all of them."""

PROBLEM_MAX = 200

SKEW = Gauge(
    "bolo_camera_skew_seconds",
    "The camera's clock minus ours, a lower bound; at most 2000 cameras",
    ["agency", "camera"],
)
LAST = Gauge(
    "bolo_camera_last_seen_timestamp_seconds",
    "When its last read reached us, by our clock; at most 2000 cameras",
    ["agency", "camera"],
)
UNTRACKED = Counter(
    "bolo_camera_health_untracked", "Reads and heartbeats of cameras beyond the 2000 in memory"
)

_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


class CameraHealth(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one camera. Times are aware UTC; `last_seen_at` is the camera's own word
    and never corrected, `last_received_at` and `heartbeat_at` are by our clock.
    """

    agency: str
    camera: str
    last_seen_at: datetime | None = None
    last_received_at: datetime | None = None
    skew: Skew = Skew()
    heartbeat_at: datetime | None = None
    problem: str = ""


class _One:
    """One camera's tally."""

    __slots__ = ("changed", "envelope", "heartbeat_at", "problem", "received_at", "seen_at")

    def __init__(self) -> None:
        self.envelope = Envelope()
        self.seen_at: datetime | None = None
        self.received_at: datetime | None = None
        self.heartbeat_at: datetime | None = None
        self.problem = ""
        self.changed = False

    def heard_at(self) -> datetime | None:
        return max((at for at in (self.received_at, self.heartbeat_at) if at), default=None)


class Tally:
    """What the cameras of this process did since it started, at most `limit` cameras."""

    def __init__(self, limit: int = CAMERAS_MAX) -> None:
        self._limit = limit
        self._cameras: dict[tuple[str, str], _One] = {}
        self._looked_at: datetime | None = None

    def __len__(self) -> int:
        return len(self._cameras)

    def saw(self, reads: Iterable[Read]) -> None:
        """Reads that were just taken; not those of an archive."""
        for read in reads:
            one = self._one(read.agency, read.camera, read.received_at)
            if one is None:
                continue
            one.envelope.add(read.seen_at, read.received_at)
            one.seen_at = max(one.seen_at or read.seen_at, read.seen_at)
            one.received_at = max(one.received_at or read.received_at, read.received_at)
            one.changed = True

    def heard(
        self, agency: str, camera: str, at: datetime | None, problem: str, received_at: datetime
    ) -> None:
        """A heartbeat. `at` is the camera's clock (aware), None when it did not say.

        A heartbeat is never early either, so it is a sample of the clock like a read.
        """
        one = self._one(agency, camera, received_at)
        if one is None:
            return
        if at is not None:
            one.envelope.add(as_utc(at), received_at)
        one.heartbeat_at = max(one.heartbeat_at or received_at, received_at)
        one.problem = _CONTROL.sub(" ", problem).strip()[:PROBLEM_MAX]
        one.changed = True

    def take(self, now: datetime) -> list[CameraHealth]:
        """What changed since it was last taken, in the order of agency and camera.

        Give it back with `put_back` when it could not be written. Sets the gauges.
        """
        found = []
        for (agency, camera), one in sorted(self._cameras.items(), key=lambda item: item[0]):
            skew = one.envelope.skew(now)
            if skew.seconds is not None:
                SKEW.labels(agency, camera).set(skew.seconds)
            else:
                _without(SKEW, agency, camera)
            if one.received_at is not None:
                LAST.labels(agency, camera).set(one.received_at.timestamp())
            if not one.changed:
                continue
            one.changed = False
            found.append(
                CameraHealth(
                    agency=agency,
                    camera=camera,
                    last_seen_at=one.seen_at,
                    last_received_at=one.received_at,
                    skew=skew,
                    heartbeat_at=one.heartbeat_at,
                    problem=one.problem,
                )
            )
        return found

    def put_back(self, taken: Iterable[CameraHealth]) -> None:
        """What was taken counts as changed again."""
        for health in taken:
            one = self._cameras.get((health.agency, health.camera))
            if one is not None:
                one.changed = True

    def _one(self, agency: str, camera: str, now: datetime) -> _One | None:
        known = self._cameras.get((agency, camera))
        if known is not None:
            return known
        if len(camera) > CAMERA_MAX or not self._room(now):
            UNTRACKED.inc()
            return None
        return self._cameras.setdefault((agency, camera), _One())

    def _room(self, now: datetime) -> bool:
        if len(self._cameras) < self._limit:
            return True
        if self._looked_at is not None and now - self._looked_at < LOOK_AGAIN:
            return False
        self._looked_at = now
        gone = [
            key
            for key, one in self._cameras.items()
            if not one.changed and now - (one.heard_at() or now) > IDLE
        ]
        for key in gone:
            del self._cameras[key]
            _without(SKEW, *key)
            _without(LAST, *key)
        return bool(gone)


def _without(gauge: Gauge, agency: str, camera: str) -> None:
    with contextlib.suppress(KeyError):
        gauge.remove(agency, camera)
