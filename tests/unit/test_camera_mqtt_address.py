"""The address of an MQTT broker: what is taken and what is refused."""

from __future__ import annotations

import contextlib
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bolo.run_mqtt import broker_of
from bolo.settings import load
from cameras.formats import frigate
from cameras.listening import MESSAGE_MAX, understood
from cameras.mqtt_address import Address, address_of, checked_topic
from domain.errors import BadInput

NEEDED = {"database_url": "postgresql://h/d", "kafka": "k:9092"}


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("mqtts://b@h.example:1", Address("h.example", 1, "b", True)),
        ("mqtts://h.example/", Address("h.example", 8883, "", True)),
        ("mqtts://a%40b@[2001:db8::1]", Address("2001:db8::1", 8883, "a@b", True)),
        ("mqtt://127.0.0.1", Address("127.0.0.1", 1883, "", False)),
        ("mqtt://u@localhost:1884", Address("localhost", 1884, "u", False)),
        ("mqtt://[::1]", Address("::1", 1883, "", False)),
    ],
)
def test_addresses_are_understood(url: str, address: Address) -> None:
    assert address_of(url) == address


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mqtt://10.0.0.2", "must be mqtts://: without TLS only a broker on this machine"),
        ("mqtt://192.168.1.5:1883", "must be mqtts://"),
        ("mqtt://mqtt.example.gov", "must be mqtts://"),
        ("mqtt://localhost.example.gov", "must be mqtts://"),
        ("mqtts://u:geheim@h", "must not hold the password"),
        ("mqtts://h/topic", "must end after the port"),
        ("mqtts://h?tls_insecure=1", "must end after the port"),
        ("mqtts://h:0", "must have a port"),
        ("mqtts://h:geheim", "must be mqtts://user@host:8883"),
        ("mqtts://", "must be mqtts://user@host:8883"),
        ("https://h", "must be mqtts://user@host:8883"),
        ("", "must be mqtts://user@host:8883"),
    ],
)
def test_what_is_refused_is_said_and_not_repeated(url: str, says: str) -> None:
    with pytest.raises(BadInput, match=re.escape(says)) as refused:
        address_of(url)
    assert "geheim" not in str(refused.value)


@given(st.text(max_size=60))
def test_no_text_crashes_it(text: str) -> None:
    for url in (text, f"mqtts://{text}"):
        with contextlib.suppress(BadInput):
            assert address_of(url).host


@pytest.mark.parametrize(
    "topic", ["a", "frigate/tracked_object_update", "+/x", "a/+/b", "a/#", "#"]
)
def test_topics_are_taken(topic: str) -> None:
    assert checked_topic(topic) == topic


@pytest.mark.parametrize("topic", ["", "a/#/b", "a#", "a+/b", "a\0", "a\n", "x" * 201])
def test_topics_that_no_broker_takes_are_refused(topic: str) -> None:
    with pytest.raises(BadInput):
        checked_topic(topic)


def test_the_settings_say_what_is_missing_and_hide_the_password() -> None:
    with pytest.raises(BadInput, match="MQTT needs BOLO_MQTT_AGENCY"):
        load(**NEEDED, mqtt_url="mqtts://h")
    with pytest.raises(BadInput, match=r"BOLO_MQTT_URL .*without TLS"):
        load(**NEEDED, mqtt_url="mqtt://10.0.0.2", mqtt_agency="KS0999900")
    more: dict[str, Any] = {"mqtt_agency": "KS0999900", "mqtt_password": "geheim"}
    broker = broker_of(load(**NEEDED, mqtt_url="mqtts://bolo@h", **more))
    assert broker.client_id == "bolo-KS0999900"
    assert broker.password == "geheim"
    assert "geheim" not in repr(broker)
    assert broker.tls is not None
    assert broker.tls.check_hostname
    with pytest.raises(BadInput, match="BOLO_MQTT_URL: set it"):
        broker_of(load(**NEEDED))


def test_a_message_of_the_wrong_topic_is_refused_with_a_hint() -> None:
    with pytest.raises(BadInput, match="plates come on frigate/tracked_object_update"):
        understood(b'{"before": {}, "after": {}}', frigate)
    with pytest.raises(BadInput, match="is larger than"):
        understood(b"1" * (MESSAGE_MAX + 1), frigate)
    assert understood(b'{"type": "face", "name": "someone"}', frigate) is None
