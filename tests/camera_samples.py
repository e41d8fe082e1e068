"""Posts of cameras, written by hand from the vendors' documentation: what the JSON formats take.

The first sample of each format is the same event: camera gate-1, plate "482 KTB", confidence 0.5
where the format has one, seen at 2026-11-22T03:02:09Z. The others show a trap each. `reads` is how
many reads a sample holds.
"""

from __future__ import annotations

import base64
import io
import json
from dataclasses import dataclass
from typing import Any

from PIL import Image

SECONDS = 1795316529
MILLIS = SECONDS * 1000
FORM = "multipart/form-data; boundary=edge"


@dataclass(frozen=True)
class Sample:
    """A body as it is posted, with its Content-Type, and the reads that it holds."""

    body: bytes
    content_type: str
    reads: int
    note: str


def of_json(payload: Any, reads: int, note: str) -> Sample:
    """A JSON body."""
    return Sample(json.dumps(payload).encode(), "application/json", reads, note)


def of_form(payload: Any, file: bytes, reads: int, note: str) -> Sample:
    """A form with the payload in the field `json` and a file `upload` beside it."""
    parts = (
        b'--edge\r\nContent-Disposition: form-data; name="json"\r\n\r\n',
        json.dumps(payload).encode(),
        b'\r\n--edge\r\nContent-Disposition: form-data; name="upload"; filename="a.png"\r\n',
        b"Content-Type: image/png\r\n\r\n",
        file,
        b"\r\n--edge--\r\n",
    )
    return Sample(b"".join(parts), FORM, reads, note)


def a_png() -> bytes:
    """A small picture."""
    out = io.BytesIO()
    Image.new("RGB", (64, 32), (90, 110, 130)).save(out, "PNG")
    return out.getvalue()


PNG = a_png()
PICTURE = base64.b64encode(PNG).decode()

NATIVE: dict[str, Any] = {
    "camera": "gate-1",
    "plate": "482 KTB",
    "seen_at": "2026-11-21T21:02:09-06:00",
    "confidence": 0.5,
}
PLATE_RECOGNIZER: dict[str, Any] = {
    "hook": {"id": "gate-1", "event": "recognition"},
    "data": {
        "camera_id": "gate-1",
        "timestamp": "2026-11-22T03:02:09Z",
        "results": [{"plate": "482 ktb", "score": 0.5}],
    },
}
PLATE_RECOGNIZER_PROPS: dict[str, Any] = {
    "hook": {"id": "gate-1", "event": "recognition"},
    "data": {
        "camera_id": "gate-1",
        "timestamp": "2026-11-22T03:02:09Z",
        "results": [
            {
                "plate": {
                    "box": {"xmin": 10, "ymin": 10, "xmax": 30, "ymax": 20},
                    "props": {
                        "plate": [
                            {"value": "482ktb", "score": 0.5},
                            {"value": "4b2ktb", "score": 0.3},
                        ],
                        "region": [{"value": "us-ks", "score": 0.7}],
                    },
                },
                "vehicle": {"type": "Sedan", "props": {"color": [{"value": "red", "score": 0.9}]}},
            },
            {"plate": "", "vehicle": {"type": "SUV"}},
        ],
    },
}
GROUP: dict[str, Any] = {
    "data_type": "alpr_group",
    "version": 2,
    "agent_uid": "AGENT0000000000000000000000000000000000A",
    "camera_id": "gate-1",
    "best_plate_number": "482 KTB",
    "best_confidence": 50,
    "best_region": "us-ks",
    "best_region_confidence": 83.5,
    "best_uuid": "AGENT0000000000000000000000000000000000A-7-1795316529400",
    "best_plate": {
        "plate": "482KTB",
        "plate_index": 0,
        "plate_crop_jpeg": PICTURE,
        "coordinates": [{"x": 5, "y": 6}, {"x": 25, "y": 6}, {"x": 25, "y": 14}, {"x": 5, "y": 14}],
    },
    "uuids": ["AGENT0000000000000000000000000000000000A-7-1795316529400"],
    "plate_indexes": [0],
    "epoch_start": MILLIS,
    "epoch_end": MILLIS + 800,
    "gps_latitude": -1,
    "gps_longitude": -1,
    "travel_direction": 182.5,
    "is_preview": False,
    "vehicle_crop_jpeg": PICTURE,
    "candidates": [
        {"plate": "482KTB", "confidence": 50, "matches_template": 1},
        {"plate": "4B2KTB", "confidence": 31.5, "matches_template": 0},
    ],
    "vehicle": {
        "color": [
            {"name": "white", "confidence": 80},
            {"name": "silver-gray", "confidence": 15},
        ],
        "make": [{"name": "ford", "confidence": 70}],
        "make_model": [{"name": "ford_f-150", "confidence": 60}],
        "body_type": [{"name": "truck-standard", "confidence": 90}],
        "year": [{"name": "2015-2019", "confidence": 55}],
        "orientation": [{"name": "180", "confidence": 75}],
    },
}
GROUP_V1: dict[str, Any] = {
    "data_type": "alpr_group",
    "version": 1,
    "agent_uid": "AGENT0000000000000000000000000000000000A",
    "camera_id": 7,
    "country": "us",
    "epoch_start": MILLIS,
    "best_plate": {
        "plate": "482KTB",
        "confidence": 91.25,
        "region": "ne",
        "region_confidence": 40,
        "candidates": [{"plate": "482KTB", "confidence": 91.25}],
    },
}
RESULTS: dict[str, Any] = {
    "data_type": "alpr_results",
    "version": 2,
    "camera_id": 7,
    "uuid": "AGENT0000000000000000000000000000000000A-7-1795316529400",
    "epoch_time": MILLIS,
    "img_width": 64,
    "img_height": 32,
    "results": [
        {
            "plate": "482KTB",
            "confidence": 92.5,
            "region": "mo",
            "region_confidence": 34,
            "coordinates": GROUP["best_plate"]["coordinates"],
            "candidates": [{"plate": "48ZKTB", "confidence": 60}],
        },
        {"plate": "", "confidence": 0},
        {"plate": "GVR311", "confidence": 80, "region": "us-ks"},
    ],
}
HEARTBEAT: dict[str, Any] = {
    "data_type": "heartbeat",
    "agent_uid": "AGENT0000000000000000000000000000000000A",
    "timestamp": MILLIS,
    "license_valid": True,
    "video_streams": [
        {"camera_id": 7, "camera_name": "4th and Main", "is_streaming": True, "fps": 30},
        {"camera_id": 8, "is_streaming": False, "url": "rtsp://user:secret@10.0.0.8/s"},
    ],
}
ALERT: dict[str, Any] = {
    "data_type": "alpr_alert",
    "alert_list": "watch",
    "list_type": "Blacklist",
    "site_name": "town",
    "camera_name": "4th and Main",
    "camera_number": 7,
    "plate_number": "482KTB",
    "description": "a note",
    "group": GROUP,
}
GENETEC: dict[str, Any] = {
    "CameraName": "gate-1",
    "Plate": "482 KTB",
    "State": "KS",
    "DateUtc": "22/11/2026",
    "TimeUtc": "03:02:09",
    "ConfidenceScore": "50",
    "ContextImage": PICTURE,
    "PlateImage": PICTURE,
    "Attributes": {
        "Vehicle Color": "White",
        "Vehicle Make": "Ford",
        "Vehicle Type": "Pickup",
        "State Name Confidence Score": "72",
    },
}
SHARP: dict[str, Any] = {
    "ContextCameraName": "Context Camera",
    "ContextImage": "",
    "Id": "5b2f3c7e-0000-4000-8000-000000000001",
    "Latitude": 0.0,
    "Longitude": 0.0,
    "LprCameraName": "Lpr Camera",
    "PlateAnalytics": [
        {"Key": "State Name", "Score": 0.75, "Value": "Nebraska"},
        {"Key": "Vehicle Type", "Score": 1.0, "Value": "-"},
        {"Key": "Confidence Score", "Score": 1.0, "Value": "88"},
    ],
    "PlateImage": "",
    "PlateRead": "482KTB",
    "SourceUrl": "SHARPV00001",
    "Timestamp": "2026-11-22T03:02:09.797",
}
BLUE_IRIS: dict[str, Any] = {
    "ai_dump": [
        {
            "api": "alpr",
            "found": {
                "success": True,
                "predictions": [
                    {
                        "plate": "482 KTB",
                        "confidence": 0.5,
                        "label": "Plate: 482 KTB",
                        "x_min": 10,
                        "y_min": 10,
                        "x_max": 30,
                        "y_max": 20,
                    }
                ],
            },
        },
        {"api": "objects", "found": {"predictions": [{"label": "car", "confidence": 0.9}]}},
    ],
    "Image": PICTURE,
    "camera": "gate-1",
    "timestamp": "2026-11-21T21:02:09-06:00",
}
AXIS: dict[str, Any] = {
    "packetCounter": "77",
    "capture_timestamp": str(MILLIS),
    "plateText": "482 KTB",
    "plateUTF8": "482 KTB",
    "plateCountry": "USA",
    "plateConfidence": "0.500000",
    "carState": "lost",
    "carID": "4711",
    "carMoveDirection": "in",
    "geotag": {"lat": 37.41, "lon": -94.7},
    "imageType": "plate",
    "plateCoordinates": [10, 10, 20, 10],
    "imagesURI": ["/local/fflprapp/tools.cgi?action=getImage&name=1.jpg"],
    "camera_info": {"SerialNumber": "gate-1", "ProdShortName": "AXIS P1465-LE"},
}
FRIGATE: dict[str, Any] = {
    "type": "lpr",
    "id": "1795316520.475377-mxklsc",
    "name": "the chief's car",
    "plate": "482 KTB",
    "score": 0.5,
    "camera": "gate-1",
    "timestamp": float(SECONDS),
    "plate_box": [10, 10, 30, 20],
}

SAMPLES: dict[str, list[Sample]] = {
    "native": [
        of_json(NATIVE, 1, "one read"),
        of_json({"reads": [NATIVE, NATIVE | {"plate": "GVR311"}]}, 2, "an envelope"),
        of_json(
            [NATIVE | {"character_confidences": [0.9, 0.8, 0.7, 0.1, 0.6, 0.9, 0.9]}],
            1,
            "a confidence for each character, the space too",
        ),
    ],
    "plate-recognizer": [
        of_json(PLATE_RECOGNIZER, 1, "the flat shape"),
        of_json(PLATE_RECOGNIZER_PROPS, 1, "the shape with properties, and a vehicle without"),
        of_form(PLATE_RECOGNIZER_PROPS, PNG, 1, "a form with the frame"),
        of_json({"hook": {"event": "heartbeat"}, "data": {}}, 0, "a notice of the device"),
    ],
    "rekor": [
        of_json(GROUP, 1, "a group of version 2"),
        of_json(GROUP_V1, 1, "a group of version 1, the plate in an object, a bare region"),
        of_json(GROUP | {"is_preview": True}, 0, "a preview"),
        of_json(RESULTS, 2, "a frame of two plates and a vehicle without"),
        of_json(HEARTBEAT, 0, "a heartbeat"),
        of_json(ALERT, 1, "an alert around a group"),
    ],
    "genetec": [
        of_json(GENETEC, 1, "the template shape"),
        of_json(SHARP, 1, "the shape of the Sharp's HTTP extension"),
        of_json(GENETEC | {"Plate": "NO PLATE"}, 0, "no plate"),
    ],
    "blue-iris": [
        of_json(BLUE_IRIS, 1, "an ai_dump"),
        of_json(
            {"memo": "482KTB:90%,car:80%", "camera": "gate-1", "timestamp": "2026-11-21T21:02:09"},
            1,
            "a memo, with a local time",
        ),
        of_json({"plate_number": "", "camera": "gate-1", "timestamp": SECONDS}, 0, "no plate"),
    ],
    "axis": [
        of_json(AXIS, 1, "a car that has left"),
        of_json(AXIS | {"carState": "new"}, 0, "a car that was just seen"),
        of_json(AXIS | {"carState": "update", "plateUTF8": "4B2 KTB"}, 0, "a car still in sight"),
    ],
    "frigate": [
        of_json(FRIGATE, 1, "a plate of a tracked car"),
        of_json({"type": "lpr", "name": None, "plate": None, "camera": "gate-1"}, 0, "all gone"),
        of_json({"type": "description", "id": "1.2-a", "description": "a car"}, 0, "another type"),
    ],
}
"""Samples of each format by its name."""
