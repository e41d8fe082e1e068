"""What an officer's SMS means. Pure, and strict: a recall must never come from a loose guess.

    ACK 7K3QHTA | 7K3QHTA     acknowledged
    GOING 7K3QHTA             on my way
    NOT 7K3QHTA               not the vehicle: recalls the alert
    HELP, START, STOP         Twilio answers STOP itself; we note it
Anything else ("NOT GOING 7K3QHTA") is asked to say it again.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from alerts.model import Reply

LENGTH_MAX = 1600
"""Characters of an SMS that Twilio takes; what is longer was not typed on a phone."""

_CODE = re.compile(r"[ACDEFGHJKLMNPQRTUVWXY34679]{7}")  # alerts.raising_store.CODE_ALPHABET
_WORDS = re.compile(r"[A-Z0-9]+")

_ANSWERS: dict[str, Reply] = {
    "": Reply.ACKNOWLEDGE,
    "ACK": Reply.ACKNOWLEDGE,
    "ACKNOWLEDGE": Reply.ACKNOWLEDGE,
    "ACKNOWLEDGED": Reply.ACKNOWLEDGE,
    "OK": Reply.ACKNOWLEDGE,
    "GOING": Reply.GOING,
    "ON MY WAY": Reply.GOING,
    "OMW": Reply.GOING,
    "NOT": Reply.NOT_THE_VEHICLE,
    "NOT THE VEHICLE": Reply.NOT_THE_VEHICLE,
}
# Twilio's default opt-out words (its Advanced Opt-Out documentation).
_STOP = frozenset(
    {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "OPT OUT"}
)
_START = frozenset({"START", "UNSTOP"})


@dataclass(frozen=True)
class Said:
    """An answer to one alert, by its code."""

    reply: Reply
    code: str


Meaning = Said | Literal["help", "stop", "start"]


def meaning(body: str) -> Meaning:
    """What a message says. Case, punctuation and full-width letters do not matter."""
    plain = unicodedata.normalize("NFKC", body[:LENGTH_MAX]).upper()
    words = _WORDS.findall(plain)
    phrase = " ".join(words)
    if phrase in _STOP:
        return "stop"
    if phrase in _START:
        return "start"
    codes = [w for w in words if _CODE.fullmatch(w)]
    if len(codes) != 1:
        return "help"
    words.remove(codes[0])
    reply = _ANSWERS.get(" ".join(words))
    return Said(reply, codes[0]) if reply is not None else "help"
