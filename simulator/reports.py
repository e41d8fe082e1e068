"""A pass as the camera reports it: the native JSON of one read, pictures included."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime, timedelta, timezone
from typing import Any

from simulator.eyes import Guesses, Look
from simulator.pictures import Scene, plate_jpeg, vehicle_jpeg
from simulator.traffic import Pass

LOCAL = timezone(timedelta(hours=-6))
"""These cameras keep Central Standard Time the year round, and say so in every time they send."""


def is_night(seen_at: datetime) -> bool:
    """Whether it is dark in town: before 7 and from 18 o'clock local time, good enough here."""
    return not 7 <= seen_at.astimezone(LOCAL).hour < 18


def report(one: Pass, look: Look, seen_at: datetime, number: int) -> dict[str, Any]:
    """The read without pictures. `number` makes the id differ from every other of this camera."""
    camera = one.camera
    moment = seen_at.astimezone(LOCAL)
    read: dict[str, Any] = {
        "id": f"{camera.id}-{int(moment.timestamp() * 1000)}-{number}",
        "camera": camera.id,
        "plate": look.plate,
        "confidence": look.confidence,
        "seen_at": moment.isoformat(timespec="milliseconds"),
        "candidates": [{"plate": text, "confidence": c} for text, c in look.candidates],
        "vehicle": {
            "make": _guesses(look.make),
            "model": _guesses(look.model),
            "color": _guesses(look.color),
            "body": _guesses(look.body),
            "plate_type": "motorcycle" if one.vehicle.body == "motorcycle" else "passenger",
        },
        "place": {
            "name": camera.name,
            "latitude": camera.latitude,
            "longitude": camera.longitude,
            "heading": camera.heading,
        },
    }
    if look.state:
        read |= {"state": look.state, "state_confidence": look.state_confidence}
    return read


def pictures(one: Pass, look: Look, *, night: bool, number: int) -> list[dict[str, str]]:
    """Its two pictures, drawn on first use (about 20 ms the two)."""
    car = one.vehicle
    scene = Scene(
        plate=car.plate,
        state=car.state,
        color=car.color,
        body=car.body,
        night=night,
        worn=look.misread_at,
        seed=number % 1000,
    )
    return [
        {"kind": "plate", "data": b64encode(plate_jpeg(scene)).decode()},
        {"kind": "vehicle", "data": b64encode(vehicle_jpeg(scene)).decode()},
    ]


def _guesses(guesses: Guesses) -> list[dict[str, Any]]:
    return [{"value": value, "confidence": confidence} for value, confidence in guesses]
