"""What the headings of a file of pairs mean: `colour_truth` and `Truth Color` are one.

A heading is cut into words; their order, their case and what stands between them do not matter.
What is not known stays unused, and the report names it: a column that is misspelled must not be
drawn without a word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

SUBJECTS = ("state", "make", "color", "body")
"""What both sides may say beside the plate."""
_SIDES = {"truth": "truth", "true": "truth", "read": "read"}
_SAME = {"colour": "color", "style": "body"}
_SILENT = frozenset({"vehicle", "plate", "ground"})
"""Words that say nothing more beside another: `vehicle_make_read`, `plate_truth`."""
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")


def meaning(heading: str) -> str:
    """The field (`truth`, `read`, `confidence`, `candidates`, `make_read` and so on) that a heading
    means; "" when it is none. One without a side (`make`) is the vehicle's own."""
    words = [_SAME.get(w.lower(), w.lower()) for w in _WORD.findall(heading)]
    if "body" in words:
        words = [w for w in words if w != "type"]  # body_type_read
    words = [w for w in words if w not in _SILENT]
    sides = [_SIDES[w] for w in words if w in _SIDES]
    rest = [w for w in words if w not in _SIDES]
    if len(sides) > 1 or len(rest) > 1:
        return ""
    if not rest:
        return sides[0] if sides else ""
    if rest[0] in SUBJECTS:
        return f"{rest[0]}_{sides[0] if sides else 'truth'}"
    return rest[0] if rest[0] in {"confidence", "candidates"} and sides != ["truth"] else ""


def places_of(header: Sequence[str]) -> tuple[dict[str, int], tuple[str, ...], tuple[str, ...]]:
    """(field: its column, headings that mean no field, fields that several columns mean equally
    plainly). Of several headings for one field the one that is spelled as documented counts."""
    by_field: dict[str, list[int]] = {}
    unused = []
    for at, heading in enumerate(header):
        field = meaning(heading)
        if field:
            by_field.setdefault(field, []).append(at)
        elif heading.strip():
            unused.append(heading.strip())
    places, twice = {}, []
    for field, several in by_field.items():
        ranks = [_rank(header[at], field) for at in several]
        best = min(ranks)
        if ranks.count(best) > 1:
            twice.append(field)
        places[field] = several[ranks.index(best)]
        unused += [header[at].strip() for at in several if at != places[field]]
    return places, tuple(unused), tuple(twice)


def _rank(heading: str, field: str) -> int:
    """0: as documented; 1: with a side, spelled otherwise; 2: without one."""
    plain = heading.strip().lower()
    if plain == field:
        return 0
    return 1 if any(side in plain for side in _SIDES) else 2
