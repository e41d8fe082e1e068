"""CAP documents written by hand, for tests: one function an element, in the schema's order."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

CAP_12 = "urn:oasis:names:tc:emergency:cap:1.2"
CAP_11 = "urn:oasis:names:tc:emergency:cap:1.1"
SENDER = "amber@kbi.example"
XS = "{http://www.w3.org/2001/XMLSchema}"


def element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>" if text else ""


def pair(name: str, key: str, value: str) -> str:
    return f"<{name}><valueName>{escape(key)}</valueName><value>{escape(value)}</value></{name}>"


def area(name: str = "Kansas", polygon: str = "", circle: str = "", geocode: str = "") -> str:
    said = element("areaDesc", name) + element("polygon", polygon) + element("circle", circle)
    said += pair("geocode", "SAME", geocode) if geocode else ""
    return f"<area>{said}</area>"


def info(
    description: str = "",
    *,
    headline: str = "AMBER Alert",
    language: str = "en-US",
    event: str = "Child Abduction Emergency",
    same: str = "CAE",
    effective: str = "2026-11-21T21:00:00-06:00",
    onset: str = "",
    expires: str = "2026-11-22T21:00:00-06:00",
    instruction: str = "",
    parameters: Mapping[str, str] | None = None,
    areas: Sequence[str] = (),
) -> str:
    said = element("language", language) + "<category>Rescue</category>" + element("event", event)
    said += "<urgency>Immediate</urgency><severity>Severe</severity><certainty>Observed</certainty>"
    said += pair("eventCode", "SAME", same) if same else ""
    said += element("effective", effective) + element("onset", onset) + element("expires", expires)
    said += element("senderName", "Kansas Bureau of Investigation") + element("headline", headline)
    said += element("description", description) + element("instruction", instruction)
    said += "".join(pair("parameter", key, value) for key, value in (parameters or {}).items())
    return f"<info>{said}{''.join(areas)}</info>"


def alert(
    *infos: str,
    identifier: str = "KS-1",
    sender: str = SENDER,
    sent: str = "2026-11-21T21:00:00-06:00",
    status: str = "Actual",
    msg_type: str = "Alert",
    references: str = "",
    space: str = CAP_12,
    prefix: str = "",
) -> str:
    said = element("identifier", identifier) + element("sender", sender) + element("sent", sent)
    said += element("status", status) + element("msgType", msg_type) + "<scope>Public</scope>"
    said += element("references", references) + "".join(infos)
    if not prefix:
        return f'<alert xmlns="{space}">{said}</alert>'
    named = re.sub(r"<(/?)(\w)", rf"<\1{prefix}:\2", said)
    return f'<{prefix}:alert xmlns:{prefix}="{space}">{named}</{prefix}:alert>'


def reference(identifier: str, sent: str, sender: str = SENDER) -> str:
    return f"{sender},{identifier},{sent}"


def document(*alerts: str) -> bytes:
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + "".join(alerts)).encode()


def atom(*alerts: str) -> bytes:
    entries = "".join(
        f'<entry><title>x</title><content type="text/xml">{a}</content></entry>' for a in alerts
    )
    return document(f'<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title>{entries}</feed>')


def wrapped(*alerts: str) -> bytes:
    return document(f'<f:alerts xmlns:f="http://feed.example/">{"".join(alerts)}</f:alerts>')


def schema_path() -> Path:
    """Where the CAP 1.2 schema may be: not a part of this repository."""
    here = Path(__file__).resolve().parents[1]
    folder = Path(os.environ.get("BOLO_FORMATS") or here.parent / "shared" / "formats")
    return folder / "amber-cap" / "CAP-v1.2.xsd"


def against_schema(found: Element, schema: Element) -> list[str]:
    """What an element has against a schema of nested sequences: order, number, values.

    Only what the CAP schema uses: sequence, ref, minOccurs, maxOccurs, enumeration, pattern.
    """
    tops = {e.get("name", ""): e for e in schema.findall(f"{XS}element")}
    return _check(found, tops["alert"], tops)


def _check(found: Element, rule: Element, tops: Mapping[str, Element]) -> list[str]:
    sequence = rule.find(f"{XS}complexType/{XS}sequence")
    if sequence is None:
        return _value(found, rule)
    problems: list[str] = []
    children = list(found)
    for one in sequence:
        if one.tag != f"{XS}element":
            continue
        name = one.get("name") or one.get("ref", "").rpartition(":")[2]
        inner = tops[name] if one.get("ref") else one
        most = one.get("maxOccurs", "1")
        count = 0
        while children and children[0].tag == f"{{{CAP_12}}}{name}":
            problems += _check(children.pop(0), inner, tops)
            count += 1
        if count < int(one.get("minOccurs", "1")) or (most != "unbounded" and count > int(most)):
            problems.append(f"{name}: {count} times")
    return problems + [f"{child.tag}: out of place" for child in children]


def _value(found: Element, rule: Element) -> list[str]:
    text = found.text or ""
    allowed = [e.get("value", "") for e in rule.iter(f"{XS}enumeration")]
    patterns = [e.get("value", "") for e in rule.iter(f"{XS}pattern")]
    bad = (allowed and text not in allowed) or any(not re.fullmatch(p, text) for p in patterns)
    return [f"{found.tag}: {text!r}"] if bad else []
