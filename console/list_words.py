"""What lists, their settings and their makers are called on screen. Pure; American English."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit
from uuid import UUID

from domain.entry import Entry
from domain.plate import shown
from hotlists.arrivals import scheme_of
from hotlists.model import HotlistSource
from hotlists.staleness import limit_of, spoken_hours
from hotlists.tables import template_of
from hotlists.templates import WORDS
from matchers import vehicle_words
from policy.model import Policy

_PARTS = {
    "schedule": "its schedule", "watch": "its folder", "refresh": "a refresh",
    "clock": "the clock", "system": "the system", "cli": "the command line",
}  # fmt: skip
_WAYS = {"": "a file on the server", "https": "HTTPS", "http": "HTTP", "sftp": "SFTP"}
_BLANKS = {"?": "any one character", "*": "anything or nothing"}


def called(by: str, names: Mapping[UUID, str]) -> str:
    """Who or what `by` of a row is: a person's name, else the part of bolo in words."""
    try:
        return names.get(UUID(by), "a person who is no longer here")
    except ValueError:
        part, _, who = by.partition(":")
        return f"{who} at the command line" if part == "cli" and who else _PARTS.get(part, by)


def comes_from(source: HotlistSource) -> str:
    """How the list arrives, without paths: "HTTPS from lists.example", "by hand"."""
    if not source.location:
        return "by hand"
    scheme = scheme_of(source.location)
    way = _WAYS.get(scheme, scheme.upper())
    host = urlsplit(source.location).hostname if scheme else ""
    return f"{way} from {host}" if host else way


def category_name(code: str, policy: Policy) -> str:
    """The policy's name of a category; a code that it does not have stays as it is."""
    rule = policy.categories.get(code)
    return rule.name if rule else code


def wanted(entry: Entry) -> str:
    """The plate or pattern as people write it, or that there is none."""
    return shown(entry.plate) if entry.plate else entry.pattern or "no plate"


def vehicle_said(entry: Entry) -> str:
    """ "2019 Blue Hyundai Elantra, sedan"; "" when nothing of it is given."""
    color = " and ".join(vehicle_words.colors_of(entry.color)) or entry.color
    make = vehicle_words.make_of(entry.make) or entry.make
    text = " ".join(part for part in (entry.year, color, make, entry.model) if part)
    body = vehicle_words.body_of(entry.style) or entry.style
    return ", ".join(part for part in (text, body) if part)


def settings_said(source: HotlistSource, policy: Policy) -> tuple[str, ...]:
    """A list's settings as sentences. A secret is named, never shown."""
    own = source.settings
    said = [f"It comes by {comes_from(source)}." if source.location else "It comes by hand."]
    if own.get("schedule"):
        said.append(f"It is looked for by the schedule {own['schedule']}, in the agency's time.")
    elif source.location:
        said.append("It has no schedule: somebody must ask for it.")
    whose = "its own limit" if own.get("max_age_hours") else "the policy's limit"
    said.append(f"It is too old after {spoken_hours(limit_of(own, policy))}, {whose}.")
    name = category_name(str(own.get("category", "local")), policy)
    said.append(f"A row whose message key nobody knows counts as {name}.")
    said += [
        f"Message key {key} counts as {category_name(str(code), policy)}."
        for key, code in sorted(own.get("mke", {}).items())
    ]
    if own.get("drop"):
        said.append(f"Rows with these message keys are dropped, too: {', '.join(own['drop'])}.")
    if own.get("limits"):
        theirs = ", ".join(f"{name} {value:g}" for name, value in sorted(own["limits"].items()))
        said.append(f"The guards object by limits of its own: {theirs}.")
    if own.get("secret"):
        said.append(f"It is opened with the secret {own['secret']}, which is never shown.")
    return tuple(said)


def template_said(source: HotlistSource) -> str:
    """The layout of a table's columns in a sentence."""
    if source.kind != "table":
        return ""
    template = template_of(source.settings)
    if not template.columns:
        return "Its first line names the columns."
    words = [WORDS[word].partition(",")[0] if word else "not used" for word in template.columns]
    return f"Its columns: {', '.join(words)}."


def pattern_words(pattern: str) -> str:
    """What a pattern would match: "4, then 8, then any one character, then K, then anything"."""
    parts: list[str] = []
    for c in pattern:
        if c in _BLANKS:
            parts.append(_BLANKS[c])
        elif parts and parts[-1] not in _BLANKS.values():
            parts[-1] += f" {c}"
        else:
            parts.append(c)
    return ", then ".join(parts)
