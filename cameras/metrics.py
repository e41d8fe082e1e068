"""What the intake counts. Labels are formats and reasons, never plates, cameras or people."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

ACCEPTED = Counter("bolo_intake_reads_accepted", "Reads that Kafka has acked", ["format"])
REFUSED = Counter(
    "bolo_intake_requests_refused", "Requests that were not taken", ["format", "reason"]
)
WITHOUT_PLATE = Counter(
    "bolo_intake_results_without_plate", "Vendor results that held no plate", ["format"]
)
NOT_CUT = Counter(
    "bolo_intake_plates_not_cut",
    "Plates with a box in the frame that have no crop: outside of it, or beyond the limits",
)
PACK = Histogram(
    "bolo_intake_reads_per_record",
    "Reads packed into one record of bolo.reads",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500),
)
SECONDS = Histogram(
    "bolo_intake_accept_seconds",
    "From a request's body in hand to Kafka's ack",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
UNREADABLE = Counter(
    "bolo_intake_unreadable",
    "Messages that no format could read: kept in bolo.rejects, limited, or lost without Kafka",
    ["outcome"],
)
