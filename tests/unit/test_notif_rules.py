"""Small pure rules of the notifiers: addresses, pauses, Twilio's codes."""

from __future__ import annotations

import ipaddress
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadInput
from notifiers import addresses
from notifiers.backoff import Backoff, pause
from notifiers.channels.base import LONGEST_WAIT, Permanent, Retryable, retry_after
from notifiers.channels.twilio_codes import CODES, STOPPED, judge

NOW = datetime(2026, 11, 21, 21, 2, tzinfo=UTC)


def test_a_phone_number_is_brought_to_e164() -> None:
    assert addresses.phone("+1 (620) 555-0142") == "+16205550142"


@pytest.mark.parametrize("text", ["6205550142", "+0123456789", "+1", "", "+1620555014x", "+" * 20])
def test_what_is_no_phone_number_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="address"):
        addresses.phone(text)


@pytest.mark.parametrize(
    "text",
    [
        "http://hooks.example.org/",
        "https://",
        "https://user:word@hooks.example.org/",
        "https://hooks.example.org/#part",
        "https://localhost/",
        "https://db.internal/",
        "https://127.0.0.1/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://168.63.129.16/",
        "https://hooks.example.org:99999/",
        "https://hooks.example.org/a b",
        "file:///etc/passwd",
        "https://[nonsense/",
    ],
)
def test_a_webhook_address_that_could_reach_inside_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="address"):
        addresses.webhook(text)


def test_a_public_https_address_is_taken_as_it_is() -> None:
    url = "https://hooks.example.org:8443/bolo?x=1"
    assert addresses.webhook(f" {url} ") == url


@pytest.mark.parametrize(
    "text",
    ["127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.1.1", "100.64.0.1", "0.0.0.0",
     "224.0.0.1", "255.255.255.255", "100.100.100.200", "::1", "fe80::1", "fd00:ec2::254",
     "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "ff02::1", "::"],
)  # fmt: skip
def test_addresses_of_the_inside_are_not_public(text: str) -> None:
    assert not addresses.is_public(ipaddress.ip_address(text))


def test_addresses_of_the_internet_are_public() -> None:
    for text in ("93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"):
        assert addresses.is_public(ipaddress.ip_address(text))


def test_a_new_secret_is_a_valid_one() -> None:
    assert addresses.secret(addresses.new_secret())
    for bad in ("", "whsec_", "whsec_!!!!", "plain", "whsec_QUJD"):
        with pytest.raises(BadInput, match="secret"):
            addresses.secret(bad)


def test_the_pause_doubles_up_to_its_longest() -> None:
    rules = Backoff()
    waits = [pause(rules, "sms", n, NOW, NOW, None, dice=0.5) for n in range(1, 10)]
    seconds = [w.total_seconds() for w in waits if w is not None]
    assert seconds == [1, 2, 4, 8, 16, 32, 64, 120, 120]


def test_an_sms_is_given_up_after_a_quarter_of_an_hour_and_a_webhook_after_a_day() -> None:
    rules = Backoff()
    at = NOW + timedelta(minutes=15)
    assert pause(rules, "sms", 9, NOW, at, None) is None
    assert pause(rules, "webhook", 9, NOW, at, None) is not None
    assert pause(rules, "webhook", 60, NOW, NOW + timedelta(hours=24), None) is None


@given(
    attempts=st.integers(0, 10_000),
    age=st.integers(0, 899),
    asked=st.none() | st.integers(0, 10_000),
    dice=st.floats(0, 1, exclude_max=True),
)
def test_a_pause_honors_what_the_gateway_asked_but_never_passes_the_limit(
    attempts: int, age: int, asked: int | None, dice: float
) -> None:
    now = NOW + timedelta(seconds=age)
    after = None if asked is None else timedelta(seconds=asked)
    wait = pause(Backoff(), "sms", attempts, NOW, now, after, dice)
    left = timedelta(minutes=15) - timedelta(seconds=age)
    assert wait is not None
    assert timedelta(0) < wait <= left
    if after is not None:
        assert wait >= min(after, left)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        (None, None),
        ("", None),
        ("7", timedelta(seconds=7)),
        ("99999999999999", LONGEST_WAIT),
        ("-3", None),
        ("soon", None),
        ("Sat, 21 Nov 2026 21:02:30 GMT", timedelta(seconds=30)),
        ("Sat, 21 Nov 2020 21:02:30 GMT", timedelta(0)),
        ("Sat, 99 Nov 2026 99:02:30 GMT", None),
        ("٣", None),
    ],
)
def test_retry_after_is_read_and_bounded(header: str | None, wait: timedelta | None) -> None:
    assert retry_after(header, NOW) == wait


def test_a_known_code_decides_and_an_unknown_one_goes_by_its_status() -> None:
    stopped = judge(STOPPED, 400)
    assert isinstance(stopped, Permanent)
    assert stopped.gone
    assert isinstance(judge(20503, 400), Retryable)
    assert isinstance(judge(99999, 400), Permanent)
    assert isinstance(judge(99999, 503), Retryable)
    assert isinstance(judge(None, 429), Retryable)
    assert isinstance(judge(None, 302), Retryable)
    assert judge(20429, 429, timedelta(seconds=9)) == Retryable(
        timedelta(seconds=9), "too many requests (20429)"
    )


def test_our_table_agrees_with_the_formats_notes() -> None:
    folder = Path(os.environ.get("BOLO_FORMATS", Path(__file__).parents[3] / "shared/formats"))
    notes = folder / "webhooks" / "twilio_error_codes.json"
    if not notes.exists():
        pytest.skip(f"the formats notes are not at {folder}: set BOLO_FORMATS")
    for known in json.loads(notes.read_text())["codes"]:
        assert CODES[known["code"]].again is known["retry"].startswith("yes"), known
