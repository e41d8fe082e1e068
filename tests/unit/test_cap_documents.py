"""CAP documents in every wrapping, and what must never be read."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime

import pytest
from defusedxml.ElementTree import fromstring

from hotlists.cap.area import bounding_circle
from hotlists.cap.documents import parsed_time, read_documents
from hotlists.cap.model import CapAlert, CapArea, Reference
from tests.cap_documents import (
    CAP_11,
    SENDER,
    against_schema,
    alert,
    area,
    atom,
    document,
    info,
    reference,
    schema_path,
    wrapped,
)

FULL = alert(
    info(
        "LIC/482KTB (KS) blue Nissan",
        onset="2026-11-21T20:30:00-06:00",
        instruction="Call 911.",
        parameters={"CMAMtext": "short", "CMAMlongtext": "long"},
        areas=[area("Crawford", "37,-95 38,-95 38,-94 37,-95", "37.5,-94.7 25", "020037")],
    ),
    info("azul", language="es-US"),
    msg_type="Update",
    references=reference("KS-0", "2026-11-21T20:00:00-06:00"),
)


def only(data: bytes) -> CapAlert:
    (found,) = read_documents([data])
    assert isinstance(found, CapAlert), found
    return found


def reasons(data: bytes) -> list[str]:
    return [found for found in read_documents([data]) if isinstance(found, str)]


def test_an_alert_with_everything_it_can_have() -> None:
    found = only(document(FULL))
    assert (found.identifier, found.sender, found.status) == ("KS-1", SENDER, "Actual")
    assert found.sent == datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
    at = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
    assert found.references == (Reference(SENDER, "KS-0", at),)
    english, spanish = found.infos
    assert (english.language, spanish.language) == ("en-US", "es-US")
    assert english.codes == (("SAME", "CAE"),)
    assert english.parameter("cmamTEXT") == "short"
    assert english.onset == datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
    assert english.areas[0].circles == ((37.5, -94.7, 25.0),)
    assert len(english.areas[0].polygons[0]) == 4
    assert english.areas[0].geocodes == (("SAME", "020037"),)


def test_the_builder_writes_what_the_schema_allows() -> None:
    path = schema_path()
    if not path.is_file():
        pytest.skip("the CAP 1.2 schema is not here: name its folder BOLO_FORMATS")
    schema = fromstring(path.read_text())
    assert against_schema(fromstring(FULL), schema) == []
    assert against_schema(fromstring(alert(status="Live")), schema) != []
    assert against_schema(fromstring(alert().replace("<scope>Public</scope>", "")), schema) != []


@pytest.mark.parametrize(
    "data",
    [
        document(alert(info("x"), space=CAP_11)),
        document(alert(info("x"), prefix="cap")),
        alert(info("x")).encode(),
        b"\xef\xbb\xbf" + document(alert(info("x"))),
        document(alert(info("x"))).decode().replace("UTF-8", "UTF-16").encode("utf-16"),
        b"\n\n  " + document(alert(info("x"))) + b"\n",
        atom(alert(info("x"))),
        wrapped(alert(info("x"))),
    ],
    ids=["1.1", "prefix", "bare", "bom", "utf-16", "blanks", "atom", "wrapped"],
)
def test_every_wrapping(data: bytes) -> None:
    assert only(data).infos[0].description == "x"


@pytest.mark.parametrize("join", [b"", b"\n", b"\n\n<!-- next -->\n"])
@pytest.mark.parametrize("prefix", ["", "cap"])
@pytest.mark.parametrize("headed", [True, False])
def test_documents_one_after_the_other(join: bytes, prefix: str, headed: bool) -> None:
    texts = [alert(info("x"), identifier=f"A{n}", prefix=prefix) for n in range(3)]
    data = join.join(document(t) if headed else t.encode() for t in texts)
    found = [a for a in read_documents([data]) if isinstance(a, CapAlert)]
    assert [a.identifier for a in found] == ["A0", "A1", "A2"]


def test_a_broken_document_does_not_take_its_neighbors_along() -> None:
    broken = alert(info("x"), identifier="A1").replace("</sender>", "</sendr>")
    data = (alert(info("x"), identifier="A0") + broken + alert(info("x"), identifier="A2")).encode()
    found = list(read_documents([data]))
    assert [a.identifier if isinstance(a, CapAlert) else a for a in found] == [
        "A0",
        "the XML is broken",
        "A2",
    ]


def test_of_a_feed_cut_short_the_whole_alerts_are_taken() -> None:
    data = atom(alert(info("x"), identifier="A0"), alert(info("x"), identifier="A1"))
    found = list(read_documents([data[:-150]]))
    assert isinstance(found[0], CapAlert)
    assert found[1:] == ["the XML is broken"]


def test_a_feed_on_a_quiet_day_holds_nothing() -> None:
    assert list(read_documents([atom(), wrapped()])) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("<sent>2026-11-21T21:00:00-06:00</sent>", ""), "sent is not"),
        (("T21:00:00-06:00</sent>", "T21:00:00</sent>"), "sent is not"),
        (("2026-11-21T21", "2026-13-41T21"), "sent is not"),
        (("Actual", "Real"), "status is none"),
        (("<status>Actual</status>", ""), "status is none"),
        (("<msgType>Alert", "<msgType>Notice"), "msgType is none"),
        (("<identifier>KS-1</identifier>", ""), "identifier is missing"),
        (("KS-1", "K" * 501), "identifier is missing or too long"),
        ((f"<sender>{SENDER}</sender>", "<sender> </sender>"), "sender is missing"),
        (("what it says", "x" * 20_001), "a text is longer"),
        (("</info>", "</info>" + "<info/>" * 30), "more than 30 info"),
    ],
)
def test_what_an_alert_must_have(change: tuple[str, str], reason: str) -> None:
    text = alert(info("what it says"))
    assert change[0] in text
    (why,) = reasons(document(text.replace(*change)))
    assert why.startswith(reason)


BOMBS = {
    "billion laughs": '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    + alert(info("&amp;b;")),
    "external entity": '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + alert(info("x")),
    "external dtd": '<!DOCTYPE alert SYSTEM "http://dtd.example/cap.dtd">' + alert(info("x")),
    "bare dtd": "<!DOCTYPE alert>" + alert(info("x")),
    "undefined entity": alert(info("x")).replace(">x<", ">&nbsp;<"),
    "deep": "<a>" * 100_000,
    "deep inside": alert(info("x")).replace(">x<", ">" + "<b>" * 60 + "</b>" * 60 + "<"),
    "many elements": "<feed>" + "<a/>" * 400_001 + "</feed>",
    "one long tag": "<" + "a" * 1_000_000,
    "attributes": "<alerts " + " ".join(f'a{n}="1"' for n in range(20_000)) + "><x/>",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_one_reason(name: str) -> None:
    (found,) = read_documents([BOMBS[name].encode()])
    assert isinstance(found, str)


def test_fifty_megabytes_are_refused_without_reading_them() -> None:
    data = b"<alerts>" + b" " * 50_000_000 + b"</alerts>"
    tracemalloc.start()
    assert reasons(data) == ["the document is larger than 8,000,000 bytes"]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_alerts_beyond_the_bound_are_counted_one_by_one() -> None:
    found = list(read_documents([wrapped(*[alert()] * 2_010)]))
    assert len(found) == 2_010
    assert sum(isinstance(a, str) for a in found) == 10


@pytest.mark.parametrize(
    "data",
    [b"", b"   ", b"\0\1\2", b"PK\x03\x04zip", b"<html><body>503</body></html>", b"{}", b"\xff\xfe",
     b'<?xml version="1.0" encoding="nonsense"?><alert/>', b"<alert/>", b"<!-- only -->"],
)  # fmt: skip
def test_what_is_no_cap_is_one_reason(data: bytes) -> None:
    assert len(reasons(data)) == 1


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-11-21T21:00:00-06:00", 3),
        ("2026-11-21T21:00:00-00:00", 21),
        ("2026-11-21T21:00:00Z", 21),
        ("2026-11-21T21:00:00.123-06:00", 3),
        ("2026-11-21T21:00+05:30", 15),
    ],
)
def test_times_carry_an_offset(text: str, hour: int) -> None:
    found = parsed_time(text)
    assert found is not None
    assert (found.hour, found.tzinfo) == (hour, UTC)


@pytest.mark.parametrize(
    "text", ["", "2026-11-21T21:00:00", "2026-11-21", "21:00", "0001-01-01T00:00:00+14:00",
             "9999-12-31T23:59:59-14:00", "２０２６-11-21T21:00:00-06:00", "2026-11-21T24:61:00Z"]
)  # fmt: skip
def test_a_time_without_an_offset_or_beyond_the_calendar_is_none(text: str) -> None:
    assert parsed_time(text) is None


def test_areas_become_one_circle() -> None:
    square = CapArea(name="Crawford", polygons=(((37.0, -95.0), (38.0, -95.0), (38.0, -94.0)),))
    found = bounding_circle([square])
    assert found is not None
    assert (found.latitude, found.longitude, found.name) == (37.5, -94.5, "Crawford")
    assert 70_000 < found.radius < 72_500  # half the diagonal of 111 by 89 km
    circle = bounding_circle([CapArea(circles=((37.5, -94.7, 25.0),))])
    assert circle is not None
    assert circle.radius == 25_000
    aleutians = bounding_circle(
        [CapArea(polygons=(((52.0, 179.0), (53.0, -179.0), (52.0, -179.0)),))]
    )
    assert aleutians is not None
    assert abs(aleutians.longitude) == 180
    assert aleutians.radius < 100_000
    assert bounding_circle([CapArea(geocodes=(("SAME", "020037"),))]) is None


@pytest.mark.parametrize(
    ("polygon", "circle"),
    [("37,-95 38,-95", "37,-95"), ("91,0 0,0 0,1", "37,-95 nan"), ("a,b c,d e,f", "37,-95 -1"),
     ("37 -95 38", "37,-95 1e9"), ("inf,0 0,0 0,1", "1 2 3"), (",,, ,, ,", ",")],
)  # fmt: skip
def test_a_place_that_is_none_is_left_out(polygon: str, circle: str) -> None:
    found = only(document(alert(info("x", areas=[area("here", polygon, circle)]))))
    assert found.infos[0].areas == (CapArea(name="here"),)


def test_references_as_senders_write_them() -> None:
    text = "a@b.example,ID 1 only-id s,x,2026-11-21T21:00:00-06:00 s,with,comma,nonsense ,,"
    found = only(document(alert(info("x"), references=text)))
    assert [(r.sender, r.identifier) for r in found.references] == [
        ("a@b.example", "ID"), ("", "1"), ("", "only-id"), ("s", "x"), ("s", "with,comma"),
    ]  # fmt: skip
