"""Prometheus numbers of the lists. Labels are agency and list name; never a plate."""

from __future__ import annotations

from datetime import datetime

from prometheus_client import Counter, Gauge

from hotlists.model import RefreshResult
from matchers.watch import Watch

_LIST = ["agency", "source"]

REFRESHES = Counter(
    "bolo_hotlist_refreshes_total", "Refreshes of a list, by outcome", [*_LIST, "outcome"]
)
LAST_REFRESH = Gauge(
    "bolo_hotlist_last_refresh_timestamp_seconds", "When a refresh was last tried", _LIST
)
REJECTED = Gauge("bolo_hotlist_rejected_rows", "Rows rejected by the last refresh", _LIST)
PROHIBITED = Gauge(
    "bolo_hotlist_prohibited_rows", "Rows of prohibited categories dropped last time", _LIST
)
ENTRIES = Gauge("bolo_watch_entries", "Entries this process matches against", _LIST)
AGE = Gauge("bolo_watch_list_age_seconds", "Age of the list this process matches against", _LIST)
GENERATION = Gauge("bolo_watch_generation", "Generation this process matches against", _LIST)
STALE = Gauge("bolo_watch_stale_seconds", "How long this process has not reached the database")
LOAD_SECONDS = Gauge("bolo_watch_load_seconds", "How long the last loading of a list took", _LIST)
LOAD_FAILURES = Counter("bolo_watch_load_failures_total", "Lists that did not load", _LIST)
ARRIVALS_FAILED = Counter(
    "bolo_hotlist_arrival_failures_total", "Looks for a list's file that failed", _LIST
)
LIST_STALE = Gauge("bolo_watch_list_stale", "1 while a list is older than it may be", _LIST)


def refreshed(result: RefreshResult, now: datetime) -> None:
    """Count a refresh."""
    where = (result.agency, result.source_name)
    REFRESHES.labels(*where, result.outcome).inc()
    LAST_REFRESH.labels(*where).set(now.timestamp())
    REJECTED.labels(*where).set(sum(result.rejected.values()))
    PROHIBITED.labels(*where).set(result.prohibited)


def watching(watches: dict[str, Watch], now: datetime, stale_since: datetime | None) -> None:
    """Say what this process matches against right now."""
    for gauge in (ENTRIES, AGE, GENERATION):
        gauge.clear()
    for watch in watches.values():
        for generation in watch.generations.values():
            where = (watch.agency, generation.source_name)
            ENTRIES.labels(*where).set(len(generation))
            AGE.labels(*where).set((now - generation.refreshed_at).total_seconds())
            GENERATION.labels(*where).set(generation.number)
    STALE.set((now - stale_since).total_seconds() if stale_since else 0)
