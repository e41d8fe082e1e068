"""A pair's evidence as a table of plain text, or as JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from bolo.match_pairs import Pair
from domain.entry import Entry
from domain.read import Read
from matchers import telling
from matchers.evidence import Evidence, Feature
from matchers.twins import told
from matchers.vehicle_features import vehicle_features

HEADS = ("feature", "camera saw", "entry says", "weight", "in words")
LONGEST = 24
"""Characters of a cell before it is cut: the words say it whole."""


def as_text(pair: Pair, evidence: Evidence | None) -> str:
    """The same list as the alert's page, in plain text."""
    said = [f"read   {_read(pair.read)}", f"entry  {_entry(pair.entry)}"]
    said += [f"note   {note}" for note in pair.notes]
    said.append("")
    if evidence is None:
        rows = [_row(f) for f in vehicle_features(pair.entry, pair.read.vehicle)]
        said += _table(rows)
    else:
        rows = [_row(feature) for feature in evidence.features]
        total = (
            "sum",
            "",
            "",
            f"{evidence.score:+.2f}",
            f"all together: {telling.odds(evidence.score)}",
        )
        if telling.always(evidence):
            floor = ("needed", "", "", "", telling.needed(evidence))
        else:
            words = f"at priority {pair.entry.priority}, {telling.needed_by(evidence)}"
            floor = ("needed", "", "", telling.needed(evidence), words)
        said += _table([*rows, None, total, floor])
    said += ["", *result(pair, evidence)]
    if evidence is not None:
        said += ["", telling.LEGEND]
    if alike := told(pair.entry.plate, pair.entry.state):
        said += ["", alike]
    return "\n".join(said)


def result(pair: Pair, evidence: Evidence | None) -> list[str]:
    """What came of it, one line each."""
    if evidence is None:
        why = telling.why_none(pair.read, pair.entry)
        return [f"No alert: {why[:1].lower()}{why[1:]}.", "The plates were not weighed."]
    said = [f"{telling.outcome(evidence)}."]
    if pair.held:
        said = [f"No alert, whatever the sum: {held}." for held in pair.held]
    return said


def as_json(pair: Pair, evidence: Evidence | None) -> str:
    """For scripts. Weights, sum and threshold are natural logarithms of odds."""
    whole: dict[str, Any] = {
        "read": msgspec.to_builtins(pair.read),
        "entry": msgspec.to_builtins(pair.entry),
        "notes": list(pair.notes),
        "evidence": None,
        "alerts": evidence is not None and telling.alerts(evidence) and not pair.held,
        "outcome": " ".join(result(pair, evidence)),
        "twins": told(pair.entry.plate, pair.entry.state),
    }
    if evidence is not None:
        whole["evidence"] = {
            "reading": evidence.reading,
            "tier": evidence.tier,
            "features": msgspec.to_builtins(evidence.features),
            "differences": msgspec.to_builtins(evidence.differences),
            "sum": evidence.score,
            "threshold": None if telling.always(evidence) else evidence.threshold,
            "needed": telling.needed(evidence),
        }
    return json.dumps(whole, indent=2, ensure_ascii=False)


def _read(read: Read) -> str:
    sure = "" if read.confidence is None else f" ({read.confidence:.0%})"
    state = f" {read.state}" if read.state else ""
    more = [g.value for g in read.candidates]
    others = f", or {', '.join(more[:5])}" if more else ""
    return f"{read.plate}{state}{sure}{others}, camera {read.camera}, {read.seen_at:%Y-%m-%d %H:%M}"


def _entry(entry: Entry) -> str:
    what = entry.plate or entry.pattern or "no plate"
    parts = [what, entry.state, entry.year, entry.make, entry.model, entry.style, entry.color]
    return f"{' '.join(p for p in parts if p)}, {entry.category}, priority {entry.priority}"


def _row(feature: Feature) -> tuple[str, ...]:
    weight = f"{feature.weight:+.2f}" if abs(feature.weight) >= 0.005 else "0"
    mark = " (CONFLICT)" if feature.verdict == "conflict" else ""
    return (
        feature.name, _cut(feature.seen), _cut(feature.expected), weight, feature.words + mark,
    )  # fmt: skip


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _table(rows: Sequence[tuple[str, ...] | None]) -> list[str]:
    whole = [HEADS, *(row for row in rows if row is not None)]
    widths = [max(len(row[n]) for row in whole) for n in range(len(HEADS) - 1)]

    def line(row: tuple[str, ...]) -> str:
        name, seen, expected, weight, words = row
        return (
            f"{name:<{widths[0]}}  {seen:<{widths[1]}}  {expected:<{widths[2]}}"
            f"  {weight:>{widths[3]}}  {words}"
        ).rstrip()

    rule = "-" * (sum(widths) + 6)
    return [line(HEADS), *(rule if row is None else line(row) for row in rows)]
