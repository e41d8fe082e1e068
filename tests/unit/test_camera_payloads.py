"""Bodies: told from their bytes, bounded, and safe to parse."""

from __future__ import annotations

import time
from xml.etree.ElementTree import Element

import pytest

from cameras.bodies import understood
from cameras.incoming import BadBody, WrongKind
from cameras.parts import parts_of
from cameras.payloads import XML_BYTES, XML_DEPTH, EventStream, payload_from, text
from cameras.rejected import A_HOUR, Rate
from tests.camera_samples_xml import coded

LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">
<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]><EventNotificationAlert>&d;</EventNotificationAlert>"""
OUTSIDE = (
    b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>"""
)
PARAMETER = b"""<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:1/x.dtd"> %p;]><a/>"""
DTD = b"""<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd"><a/>"""


@pytest.mark.parametrize("body", [LAUGHS, OUTSIDE, PARAMETER, DTD])
def test_xml_with_a_dtd_or_an_entity_is_refused_unread(body: bytes) -> None:
    with pytest.raises(BadBody, match="a DTD, an entity or an external reference"):
        payload_from("text/xml", body)


def test_xml_is_bounded_in_bytes_depth_and_elements() -> None:
    huge = b"<a>" + b"x" * (100 * 1024 * 1024) + b"</a>"
    began = time.process_time()
    with pytest.raises(BadBody, match=f"the limit for XML is {XML_BYTES}"):
        payload_from("text/xml", huge)
    assert time.process_time() - began < 5, "refused by its size, not by parsing it"
    with pytest.raises(BadBody, match="nested deeper"):
        payload_from("text/xml", b"<a>" * 400_000)
    with pytest.raises(BadBody, match="more than 20000 elements"):
        payload_from("text/xml", b"<a>" + b"<b/>" * 30_000 + b"</a>")
    deepest = payload_from("", b"<a>" * XML_DEPTH + b"</a>" * XML_DEPTH)
    assert isinstance(deepest, Element)


@pytest.mark.parametrize(
    "body",
    [
        b"<a>",
        b"<a></b>",
        b"<a/><a/>",
        b"<!-- nothing -->",
        b"<a>\x00</a>",
        b'<?xml version="1.0" encoding="nonsense"?><a/>',
        b'<?xml version="1.0" encoding="gb2312"?><a/>',
        b"<a>\xff</a>",
        b"{",
        b"",
        b"\xff",
        b"[" * 300_000,
        b"Code=A;action=Pulse;index=0;data={",
        b"Code=A;action=Pulse;index=0;data=" + b"[" * 300_000,
        b"Code=A\n" * 6_000,
        b"Code=A\nwhat is this",
        b"Code=A\xff",
    ],
)
def test_what_is_broken_is_said_in_words(body: bytes) -> None:
    with pytest.raises(BadBody) as refused:
        payload_from("", body)
    assert refused.value.field == "body"
    assert refused.value.problem


def test_the_bytes_tell_what_a_body_is_and_not_its_content_type() -> None:
    for said in ("text/plain", "application/octet-stream", "", "application/json"):
        xml, _ = understood(said, b"\xef\xbb\xbf\r\n <a xmlns='urn:x'><b> c </b></a>")
        assert text(xml, "b") == "c"
        stream, _ = understood(said, coded({"UTC": 1}).encode())
        assert isinstance(stream, EventStream)
        assert understood(said, b' {"a": 1}')[0] == {"a": 1}
    with pytest.raises(WrongKind):
        understood("image/jpeg", b"{}")


def test_a_form_has_one_message_and_its_files() -> None:
    body = (
        b'--b\nContent-Disposition: form-data; name="note"\n\n[gate 1]\n'
        b'--b\nContent-Disposition: form-data; name="x"; filename="x.JSON"\n\n{"a": 1}\n'
        b'--b\nContent-Disposition: form-data; name="p"; filename="p.jpg"\n\n\xff\xd8\n--b--\n'
    )
    payload, (picture,) = understood("multipart/form-data; boundary=b", body)
    assert payload == {"a": 1}
    assert (picture.field, picture.name, picture.data) == ("p", "p.jpg", b"\xff\xd8")
    two = body.replace(b"\xff\xd8", b"<a/>").replace(b"p.jpg", b"p.xml")
    with pytest.raises(BadBody, match="holds 2 messages"):
        understood("multipart/form-data; boundary=b", two)
    with pytest.raises(BadBody, match="last boundary"):
        understood("multipart/form-data; boundary=b", body[:-6])
    with pytest.raises(BadBody, match="more than 40 parts"):
        parts_of("multipart/mixed; boundary=b", b"--b\n\nx\n" * 50 + b"--b--")


def test_a_captured_body_tells_its_own_boundary() -> None:
    body = b"--edge\r\nContent-Type: text/plain\r\n\r\nHeartbeat\r\n"
    assert understood("", body)[0] == EventStream(({"Code": "Heartbeat"},))
    assert understood("multipart/mixed; boundary=edge", body) == understood("", body)


def test_unreadable_messages_are_kept_one_a_second_and_a_hundred_an_hour() -> None:
    now = 0.0
    rate = Rate(lambda: now)
    kept = 0
    for _ in range(36_000):  # ten a second for an hour
        kept += rate.allows("a")
        now += 0.1
    assert kept == A_HOUR
    assert rate.allows("b"), "another token's are its own"
    now += 1
    assert rate.allows("a"), "the next hour"
    assert not rate.allows("a"), "the same second"
