"""The topics of the log, and what each record is.

| topic | key | value |
|---|---|---|
| bolo.reads | camera (none when packed from several) | a read, or a JSON array of up to 500 |
| bolo.matches | entry | one match (matchers.watch.Match) |
| bolo.alerts | alert | one CloudEvent (alerts.events), of verified alerts and later only |
| bolo.rejects | - | the bytes that could not be read; headers say why and from where |
"""

from __future__ import annotations

READS = "bolo.reads"
MATCHES = "bolo.matches"
ALERTS = "bolo.alerts"
REJECTS = "bolo.rejects"

ALL = (READS, MATCHES, ALERTS, REJECTS)

READS_A_RECORD = 500
"""The most reads one record of bolo.reads may hold."""
