"""Verkada's LPR webhook, and how it is signed.

The object is that of apidocs.verkada.com/reference/lpr: {org_id, webhook_type "lpr", created_at,
webhook_id, data: {camera_id, created (seconds), detected (ms), license_plate_number, confidence
0-1, crop, image_url, license_plate_state "us-ca"}}. The page's sample has license_plate_state; the
confidence of it, ``license_plate_state_confidence``, is in deliveries but not on the page.

- The event is the camera, ``created`` and the plate: a delivery tried again is the same read.
  ``webhook_id`` is not used for it, because the page says "identifier of the webhook" and leaves
  open whether that is the delivery or the configured hook; the latter would make all reads one.
- ``image_url`` is not fetched: nobody who posts a body may make bolo open an address.
- Objects of other types (notification, sensor_alert, ...) are no reads.

Signature (apidocs.verkada.com/reference/securing-webhooks): the header ``Verkada-Signature`` holds
``<unix seconds>|<hex>``, where hex is HMAC-SHA256 with the shared secret over the raw body, the
character ``|`` and the seconds as they stand in the header. The page asks the receiver to choose
how old a signature may be (its sample takes one minute). Here it is TOLERANCE: implementers
report that a delivery tried again keeps its first time stamp, and within these minutes a replay
cannot do anything, since the same body is the same reads.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from cameras.fields import a_moment, a_share, a_text, says_no_plate
from cameras.incoming import Attachment, IncomingRead, Parsed
from cameras.states import from_region
from domain.errors import BadRead, NotAllowed

NAME = "verkada"
TITLE = "Verkada (LPR webhook)"

HEADER = "Verkada-Signature"
TOLERANCE = timedelta(minutes=5)

_SIGNATURE = re.compile(r"\s*(\d{1,12})\|([0-9a-fA-F]{64})\s*")


def check_signature(header: str, body: bytes, secret: str, now: datetime) -> None:
    """Raises NotAllowed unless `header` is the signature of these bytes, made within TOLERANCE."""
    found = _SIGNATURE.fullmatch(header)
    if found is None:
        msg = f"{HEADER}: is missing or not <seconds>|<HMAC-SHA256 in hex>"
        raise NotAllowed(msg)
    seconds, said = found.groups()
    right = hmac.new(secret.encode(), body + b"|" + seconds.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(right, said.lower()):
        msg = f"{HEADER}: is not made with this installation's secret and this body"
        raise NotAllowed(msg)
    if abs(now.timestamp() - int(seconds)) > TOLERANCE.total_seconds():
        minutes = int(TOLERANCE.total_seconds() // 60)
        msg = f"{HEADER}: is more than {minutes} minutes off; is the clock of this server right?"
        raise NotAllowed(msg)


def recognizes(payload: Any) -> bool:
    """An object with org_id, webhook_type and data."""
    return (
        isinstance(payload, dict)
        and isinstance(payload.get("webhook_type"), str)
        and isinstance(payload.get("data"), dict)
        and "org_id" in payload
    )


def resembles(payload: Any) -> str:
    """An envelope that lacks something, or its data alone."""
    if not isinstance(payload, dict) or recognizes(payload):
        return ""
    if "license_plate_number" in payload:
        return "looks like the data of a Verkada webhook without its envelope (webhook_type, data)"
    if "webhook_type" in payload:
        missing = [name for name in ("org_id", "data") if name not in payload] or ["usable data"]
        return f"looks like Verkada: has webhook_type, but no {' and no '.join(missing)}"
    return ""


def parse(payload: Any, attachments: Sequence[Attachment] = ()) -> Parsed:
    """The one read of an lpr object."""
    if not recognizes(payload):
        raise BadRead("webhook_type", "is missing: a Verkada webhook has it, org_id and data")
    kind = a_text(payload["webhook_type"], "webhook_type").lower()
    if kind != "lpr":
        return Parsed((), ignored=(f'a webhook of type "{kind[:40]}", which is not lpr',))
    ignored = ("files beside the webhook, which Verkada does not send",) if attachments else ()
    data = payload["data"]
    plate = a_text(data.get("license_plate_number"), "data.license_plate_number")
    if says_no_plate(plate):
        return Parsed((), 1, ignored)
    camera = a_text(data.get("camera_id"), "data.camera_id")
    if not camera:
        raise BadRead("data.camera_id", "is missing")
    region = a_text(data.get("license_plate_state"), "data.license_plate_state")
    sure = "license_plate_state_confidence"
    state, state_confidence = from_region(region), a_share(data.get(sure), f"data.{sure}")
    read = IncomingRead(
        camera=camera,
        seen_at=a_moment(data.get("created"), "data.created", timedelta(seconds=1)),
        plate=plate,
        format=NAME,
        confidence=a_share(data.get("confidence"), "data.confidence"),
        state=state,
        state_confidence=state_confidence if state else None,
    )
    return Parsed((read,), ignored=ignored)
