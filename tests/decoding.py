"""One record of bolo.reads, decoded."""

from __future__ import annotations

from datetime import datetime

from cameras.records import Decoded, decode_records


def decode_record(value: bytes, *, received_at: datetime) -> Decoded:
    """`decode_records` of it alone."""
    return decode_records([(value, received_at)])[0]
