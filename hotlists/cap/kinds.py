"""What an alert is about: a child abduction, another kind, or a test.

Source: SAME event codes of 47 CFR 11.31 (CAE child abduction emergency, BLU blue alert, MEP missing
and endangered persons; RWT, RMT, NPT, NMN, DMO tests). The code decides where there is one;
the event in words is asked only without it. "Amber" alone is a color of weather warnings elsewhere.
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from hotlists.cap.model import CapAlert, CapInfo
from hotlists.cap.settings import CapSettings

TEST_CODES = frozenset({"RWT", "RMT", "NPT", "NMN", "DMO", "NAT"})
CAE = "CAE"

_EVENT = re.compile(
    r"\bchild abduction\b|\bamber alert\b|\balerta amber\b|^\s*amber\s*$"
    r"|\b(?:secuestro|sustracci[oó]n) de (?:un |una )?(?:menor|ni[nñ])|\benl[eè]vement d.enfant",
    re.IGNORECASE,
)


def code_of(info: CapInfo) -> str:
    """The SAME event code of an info, "" when it gives none."""
    for name, value in info.codes:
        if name.strip().casefold().endswith("same"):
            return value.strip().upper()
    return ""


def category_of(info: CapInfo, settings: CapSettings) -> str:
    """The category of an info's entries, "" for a kind of alert that is not taken."""
    code = code_of(info)
    if code == CAE or (not code and _EVENT.search(info.event)):
        return "amber"
    return settings.events.get(code, "")


def is_test(alert: CapAlert) -> bool:
    """Whether the message says in any way that it is none in earnest."""
    return alert.status != "Actual" or any(code_of(i) in TEST_CODES for i in alert.infos)


def taken(alert: CapAlert, settings: CapSettings) -> CapAlert | None:
    """The alert with only the infos whose kind is taken; None when there is none."""
    infos = tuple(info for info in alert.infos if category_of(info, settings))
    if not infos:
        return None
    return alert if len(infos) == len(alert.infos) else replace(alert, infos=infos)
