"""Verkada's webhook and its signature."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest

from cameras.formats.verkada import TOLERANCE, check_signature, parse, resembles
from domain.errors import BadRead, NotAllowed
from tests.camera_samples import SECONDS
from tests.camera_samples_xml import VERKADA
from tests.unit.test_camera_contract import NOW

SECRET = "shared between two"
BODY = json.dumps(VERKADA).encode()


def signed(body: bytes, seconds: int, secret: str = SECRET) -> str:
    """The header, as the page describes it."""
    digest = hmac.new(secret.encode(), body + f"|{seconds}".encode(), hashlib.sha256)
    return f"{seconds}|{digest.hexdigest()}"


def test_a_right_signature_passes_within_the_tolerance_both_ways() -> None:
    at = int(NOW.timestamp())
    check_signature(signed(BODY, at), BODY, SECRET, NOW)
    check_signature(signed(BODY, at), BODY, SECRET, NOW + TOLERANCE)
    check_signature(signed(BODY, at), BODY, SECRET, NOW - TOLERANCE)
    for off in (TOLERANCE, -TOLERANCE):
        with pytest.raises(NotAllowed, match="5 minutes off"):
            check_signature(
                signed(BODY, at), BODY, SECRET, NOW + off + timedelta(seconds=1) * (off / TOLERANCE)
            )


def test_a_wrong_signature_does_not_pass() -> None:
    at = int(NOW.timestamp())
    good = signed(BODY, at)
    for header, body in (
        ("", BODY),
        (good, BODY + b" "),
        (signed(BODY, at, "another secret"), BODY),
        (f"{at + 1}|{good.partition('|')[2]}", BODY),
        (good.partition("|")[2], BODY),
        (f"{at}|", BODY),
        (f"{at}|{'0' * 64}", BODY),
        (hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest(), BODY),
        ("9" * 4000 + "|" + "0" * 64, BODY),
    ):
        with pytest.raises(NotAllowed, match="Verkada-Signature"):
            check_signature(header, body, SECRET, NOW)


def webhook(**data: Any) -> dict[str, Any]:
    return VERKADA | {"data": VERKADA["data"] | data}


def test_a_webhook_is_a_read_with_its_state() -> None:
    (read,) = parse(VERKADA).reads
    assert (read.camera, read.plate, read.confidence) == ("gate-1", "482 KTB", 0.5)
    assert (read.state, read.state_confidence) == ("KS", 0.7)
    assert read.seen_at.timestamp() == SECONDS
    assert read.event_id == "", "webhook_id may be the hook's own and the same for all reads"
    assert read.images == (), "an address is not fetched"


def test_a_state_of_another_country_is_no_state() -> None:
    (read,) = parse(webhook(license_plate_state="mx-bcn")).reads
    assert (read.state, read.state_confidence) == ("", None)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"confidence": 96}, "data.confidence"),
        ({"created": None}, "data.created"),
        ({"created": 10**30}, "data.created"),
        ({"camera_id": ""}, "data.camera_id"),
        ({"license_plate_number": 12}, "data.license_plate_number"),
    ],
)
def test_what_is_wrong_is_named(data: dict[str, Any], field: str) -> None:
    with pytest.raises(BadRead) as refused:
        parse(webhook(**data))
    assert refused.value.field == field


def test_what_is_like_verkada_is_said() -> None:
    assert "without its envelope" in resembles(VERKADA["data"])
    assert "no org_id" in resembles({"webhook_type": "lpr", "data": {}})
    assert resembles({"plate": "A"}) == ""
    assert resembles(VERKADA) == ""
