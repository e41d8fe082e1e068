"""What a worker tells Prometheus. No label holds a plate."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

READS = Counter("bolo_reads_total", "Reads taken from the log", ["group"])
RECORDS = Counter("bolo_records_total", "Records taken from the log", ["group", "topic"])
MATCHES = Counter("bolo_matches_total", "Matches sent on to be raised", ["tier"])
ALERTS = Counter("bolo_alerts_total", "What came of matches", ["result"])
ARCHIVED = Counter("bolo_archived_total", "Reads newly archived")
REJECTED = Counter("bolo_rejected_total", "Records or reads sent to bolo.rejects", ["topic"])
RETRIES = Counter("bolo_retries_total", "Tries again in place, by what was away", ["agent", "what"])
WAITING = Gauge("bolo_waiting", "What of an agent's waits for a server that is away", ["agent"])
LATENCY = Histogram(
    "bolo_read_to_alert_seconds",
    "From the read's arrival to its alert or sighting in the database",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
