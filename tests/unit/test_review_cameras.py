"""Events that must not become one read, or two."""

from __future__ import annotations

from typing import Any

from cameras.formats import genetec, hikvision
from cameras.payloads import payload_from

SHARP: dict[str, Any] = {
    "PlateRead": "482KTB",
    "Timestamp": "2026-11-22T03:02:09",
    "LprCameraName": "north",
    "Id": "17",
}
ALERT = (
    "<EventNotificationAlert><macAddress>d4:e8:53:00:00:02</macAddress><channelID>1</channelID>"
    "<dateTime>{at}</dateTime><eventType>ANPR</eventType><UUID>1</UUID>"
    "<ANPR><licensePlate>482KTB</licensePlate></ANPR></EventNotificationAlert>"
)


def test_a_unit_that_counts_from_one_again_does_not_hide_a_later_read() -> None:
    (first,) = genetec.parse(SHARP).reads
    (again,) = genetec.parse(dict(SHARP)).reads
    (later,) = genetec.parse(SHARP | {"Timestamp": "2026-11-25T03:02:09"}).reads
    assert first.event_id == again.event_id
    assert first.event_id != later.event_id


def test_a_firmware_with_one_uuid_for_ever_does_not_make_all_reads_one() -> None:
    said = [ALERT.format(at=f"2026-11-2{day}T21:02:09-06:00").encode() for day in (1, 1, 2)]
    reads = [hikvision.parse(payload_from("application/xml", xml)).reads[0] for xml in said]
    assert reads[0].event_id == reads[1].event_id
    assert reads[0].event_id != reads[2].event_id
