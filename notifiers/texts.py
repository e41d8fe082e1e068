"""What goes out by SMS and what comes back in an answer: fixed words, a code and a link.

SMS is plain to every carrier on the way, so no criminal-justice information may be in it (FBI CJIS
Security Policy, policy notes). These functions are never given any: they take the
event's kind, the alert's code and the console's address, and nothing else of the alert.

Every alert text is one GSM-7 segment: at most 160 septets (GSM 03.38).
"""

from __future__ import annotations

from domain.errors import BadInput

SEGMENT = 160
PUBLIC_URL_MAX = 70
"""Longest console address that still leaves room for the words and the link's code."""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€")

_VERIFIED = "bolo.alert.verified"
_OPENINGS = {
    _VERIFIED: "bolo: verified alert {code}.",
    "bolo.alert.acknowledged": "bolo: alert {code} is acknowledged.",
    "bolo.alert.recalled": "bolo: RECALLED: do not act on {code}.",
    "bolo.alert.closed": "bolo: alert {code} is closed.",
}
_LATE = "bolo: verified alert {code}, LATE, not live."

UNDERSTOOD = {
    "acknowledge": "Alert {code} acknowledged. Thank you.",
    "going": "Alert {code}: on your way. Thank you.",
    "not the vehicle": "Alert {code} recalled: not the vehicle. Everyone who was told is told.",
    "no such alert": "No alert {code} for you. Check the code.",
    "recalled": "RECALLED: do not act on {code}.",
    "closed": "Alert {code} is closed.",
    "help": "Answer ACK, GOING or NOT (not the vehicle) and the code, for example: ACK 7K3QHTA",
    "start": "Ask your agency's administrator to turn your alerts on again.",
    "stop": "",
    "unknown sender": "",
}
"""What an inbound message came to, and its answer. "" is no answer: an unknown number gets none."""


def septets(text: str) -> int:
    """Length in GSM-7 septets. Raises BadInput for a character that GSM-7 does not have."""
    length = 0
    for character in text:
        if character in _BASIC:
            length += 1
        elif character in _EXTENDED:
            length += 2
        else:
            raise BadInput("text", f"{character!r} is not a GSM-7 character")
    return length


def check_public_url(url: str) -> str:
    """The console's address as SMS links use it, without a trailing slash.

    Raises BadInput when it is no web address, or too long for one segment.
    """
    plain = url.rstrip("/")
    if not plain.startswith(("https://", "http://")):
        raise BadInput("public_url", "must start with https://, for example https://bolo.city.gov")
    if septets(plain) > PUBLIC_URL_MAX:
        raise BadInput("public_url", f"may have at most {PUBLIC_URL_MAX} characters, for one SMS")
    return plain


def link(public_url: str, code: str) -> str:
    """Where the officer's page of an alert is."""
    return f"{public_url}/a/{code}"


def alert(kind: str, code: str, public_url: str, *, late: bool = False) -> str:
    """The SMS of an event. `kind` is the CloudEvent's type; the hint goes where there is room."""
    opening = _LATE if kind == _VERIFIED and late else _OPENINGS[kind]
    text = f"{opening.format(code=code)} {link(public_url, code)}"
    if kind == _VERIFIED and not late:
        hinted = f"{text} Reply ACK {code}, GOING {code} or NOT {code}"
        short = f"{text} Reply ACK {code}"
        text = next((t for t in (hinted, short) if septets(t) <= SEGMENT), text)
    return text


def answer(understood: str, code: str) -> str:
    """The answer to an inbound message; the same message gets the same answer again."""
    return UNDERSTOOD[understood].format(code=code)
