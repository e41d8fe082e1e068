"""What the courier and fan_out count, for Prometheus. No label ever carries a person or a plate."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

FANNED_OUT = Counter("bolo_events_fanned_out_total", "Events turned into deliveries", ["type"])
PUBLISHED = Counter("bolo_events_published_total", "Events that Kafka has acknowledged")
ATTEMPTS = Counter(
    "bolo_delivery_attempts_total", "Attempts by what the gateway answered", ["channel", "outcome"]
)
FAILED = Counter("bolo_deliveries_failed_total", "Deliveries handed to a person", ["channel"])
SECONDS = Histogram(
    "bolo_delivery_seconds",
    "From the delivery's row to the gateway's acceptance",
    ["channel"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 900, 3600),
)
REPAIRED = Counter("bolo_courier_repaired_total", "Jobs found missing and made again", ["what"])
CONNECTED = Gauge("bolo_courier_connected", "1 while the courier's own connection is up")
RECONNECTS = Counter("bolo_courier_reconnects_total", "Times the courier lost PostgreSQL")
INBOUND = Counter("bolo_messages_in_total", "Inbound SMS by what they came to", ["understood"])
