"""Posts of Hikvision, Dahua and Verkada cameras, written by hand from the vendors' documentation.

As in tests/camera_samples.py the first sample of each format is the same event: camera gate-1,
plate "482 KTB", confidence 0.5, seen at 2026-11-22T03:02:09Z.
"""

from __future__ import annotations

import json
from typing import Any

from tests.camera_samples import PNG, SECONDS, Sample, of_json

BOUNDARY = "boundary"
STREAM = "multipart/x-mixed-replace; boundary=myboundary"
LOCAL = SECONDS - 6 * 3600
"""What Dahua writes as UTC: the wall clock of a camera at -06:00, as if it were an epoch."""

NAMESPACES = (
    "http://www.hikvision.com/ver20/XMLSchema",
    "http://www.hikvision.com/ver10/XMLSchema",
    "http://www.isapi.org/ver20/XMLSchema",
    "urn:psialliance-org",
    "",
)


def alert(
    *inside: str,
    namespace: str = NAMESPACES[0],
    kind: str = "ANPR",
    state: str = "active",
    device: str = "<deviceID>gate-1</deviceID>",
) -> bytes:
    """An EventNotificationAlert of the event's time with elements of its own."""
    mark = f' xmlns="{namespace}"' if namespace else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<EventNotificationAlert version="2.0"{mark}>'
        f"<ipAddress>192.0.2.7</ipAddress><protocol>HTTP</protocol>{device}"
        f"<dateTime>2026-11-21T21:02:09-06:00</dateTime><activePostCount>1</activePostCount>"
        f"<eventType>{kind}</eventType><eventState>{state}</eventState>"
        f"<eventDescription>{kind} alarm</eventDescription><channelName>Camera 01</channelName>"
        f"{''.join(inside)}</EventNotificationAlert>"
    ).encode()


def anpr(plate: str = "482 KTB", more: str = "") -> str:
    """The ANPR element of a white pickup."""
    return (
        f"<ANPR><country>172</country><licensePlate>{plate}</licensePlate><line>1</line>"
        "<direction>forward</direction><confidenceLevel>50</confidenceLevel>"
        "<plateCharBelieve>90,80,70,0,99,99,40</plateCharBelieve>"
        f"<vehicleType>pickupTruck</vehicleType>{more}"
        "<vehicleInfo><index>12</index><color>white</color></vehicleInfo></ANPR>"
    )


GPS = (
    "<DeviceGPSInfo><longitudeType>W</longitudeType><latitudeType>N</latitudeType>"
    "<Longitude><degree>97</degree><minute>20</minute><sec>15.0</sec></Longitude>"
    "<Latitude><degree>37</degree><minute>41</minute><sec>32.4</sec></Latitude></DeviceGPSInfo>"
)
UUID = "<UUID>20261121210209-0001-gate</UUID>"
MAC = "<macAddress>D4:E8:53:00:00:02</macAddress><channelID>1</channelID>"


def form(*parts: tuple[str, str, bytes]) -> bytes:
    """A form as Hikvision posts it: (name, Content-Type, bytes), each with a file name."""
    whole = b""
    for name, kind, data in parts:
        whole += (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n'
            f"Content-Type: {kind}\r\nContent-Length: {len(data)}\r\n\r\n"
        ).encode()
        whole += data + b"\r\n"
    return whole + f"--{BOUNDARY}--\r\n".encode()


HIKVISION_FORM = form(
    ("anpr.xml", "text/xml", alert(anpr(), UUID, GPS, device=MAC)),
    ("licensePlatePicture.jpg", "image/jpeg", PNG),
    ("detectionPicture.jpg", "image/jpeg", PNG + b"\0"),
)

JUNCTION: dict[str, Any] = {
    "Action": "Pulse",
    "Class": "Traffic",
    "Code": "TrafficJunction",
    "EventID": 516,
    "GroupID": 175,
    "Lane": 2,
    "Object": {
        "Action": "Appear",
        "BoundingBox": [10, 20, 60, 40],
        "Confidence": 50,
        "ObjectType": "Plate",
        "Text": "482 KTB",
    },
    "RealUTC": SECONDS,
    "TrafficCar": {
        "Country": None,
        "MachineName": "gate-1",
        "PlateColor": "White",
        "PlateNumber": "482 KTB",
        "PlateType": "Unknown",
        "VehicleColor": "White",
        "VehicleSign": "Ford",
        "VehicleType": "Pickup",
    },
    "UTC": LOCAL,
    "UTCMS": 0,
}


def coded(data: dict[str, Any], code: str = "TrafficJunction", index: int = 0) -> str:
    """An event as eventManager writes it, its JSON over several lines."""
    return f"Code={code};action=Pulse;index={index};data={json.dumps(data, indent=3)}\r\n"


def without(thing: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in thing.items() if name not in names}


LINES = "\r\n".join(
    [
        "Events[0].EventBaseInfo.Code=TrafficJunction",
        "Events[0].EventBaseInfo.Action=Pulse",
        "Events[0].EventBaseInfo.Index=0",
        "Events[0].Object.BoundingBox[0]=10",
        "Events[0].Object.Confidence=50",
        "Events[0].Object.ObjectType=Plate",
        "Events[0].Object.Text=482 KTB",
        f"Events[0].RealUTC={SECONDS}",
        "Events[0].TrafficCar.MachineName=gate-1",
        "Events[0].TrafficCar.PlateNumber=482 KTB",
        "Events[0].TrafficCar.VehicleColor=White",
        f"Events[0].UTC={LOCAL}",
        "",
    ]
)


def stream(*parts: tuple[str, bytes]) -> bytes:
    """Parts of multipart/x-mixed-replace, which has no last boundary."""
    whole = b""
    for kind, data in parts:
        head = f"--myboundary\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\n\r\n"
        whole += head.encode() + data + b"\r\n"
    return whole


VERKADA: dict[str, Any] = {
    "org_id": "0f4f3a4e-0000-4000-8000-000000000001",
    "webhook_type": "lpr",
    "created_at": SECONDS + 2,
    "webhook_id": "0f4f3a4e-0000-4000-8000-000000000002",
    "data": {
        "camera_id": "gate-1",
        "created": SECONDS,
        "detected": SECONDS * 1000 + 1600,
        "license_plate_number": "482 KTB",
        "confidence": 0.5,
        "crop": [0.1, 0.2, 0.3, 0.4],
        "image_url": "https://media.example/plate.jpg",
        "license_plate_state": "us-ks",
        "license_plate_state_confidence": 0.7,
    },
}

XML_SAMPLES: dict[str, list[Sample]] = {
    "hikvision": [
        Sample(alert(anpr()), "application/xml", 1, "plain XML"),
        Sample(HIKVISION_FORM, f"multipart/form-data; boundary={BOUNDARY}", 1, "with pictures"),
        *(
            Sample(alert(anpr(), namespace=space), "text/plain", 1, f'namespace "{space}"')
            for space in NAMESPACES
        ),
        Sample(alert(anpr("unknown")), "application/octet-stream", 0, "no plate"),
        Sample(alert(kind="videoloss", state="inactive"), "text/xml", 0, "the heartbeat"),
        Sample(alert(kind="linedetection"), "text/xml", 0, "another event"),
    ],
    "dahua": [
        Sample(coded(JUNCTION).encode(), "text/plain", 1, "eventManager's text"),
        Sample(LINES.encode(), "text/plain", 1, "snapManager's lines"),
        of_json({"Events": [{"Code": "TrafficJunction", "Data": JUNCTION}]}, 1, "JSON"),
        of_json(
            {"params": {"eventList": [{"Code": "TrafficJunction", "Data": JUNCTION}]}},
            1,
            "a notification of its RPC",
        ),
        Sample(
            stream(
                ("text/plain", b"Heartbeat"),
                ("text/plain", coded(JUNCTION).encode()),
                ("image/jpeg", PNG),
            ),
            STREAM,
            1,
            "a stream with a heartbeat and a picture",
        ),
        Sample(
            (coded(JUNCTION) + coded(JUNCTION, "VideoMotion") + coded({**JUNCTION, "Object": {}}))
            .replace('"482 KTB"', '"482 KTC"', 1)
            .encode(),
            "text/plain",
            2,
            "three events, one of them motion",
        ),
        Sample(
            coded(without(JUNCTION, "RealUTC", "TrafficCar")).encode(), "", 1, "local time, no name"
        ),
        Sample(
            coded({**JUNCTION, "Object": {}, "TrafficCar": {"PlateNumber": ""}}).encode(),
            "text/plain",
            0,
            "an empty plate",
        ),
        Sample(b"Heartbeat\r\n", "text/plain", 0, "a heartbeat"),
    ],
    "verkada": [
        of_json(VERKADA, 1, "an lpr webhook"),
        of_json(
            VERKADA | {"data": without(VERKADA["data"], "detected", "license_plate_state")},
            1,
            "as the page's first version had it",
        ),
        of_json(VERKADA | {"webhook_type": "notification"}, 0, "another webhook"),
    ],
}
"""Samples of each format by its name."""
