"""What looks like a plate and has no label: for a person, but for one unmistakable form.

`2014 BUICK 4-DR, BLUE (ABC1234)`: characters of a plate alone in parentheses, right after a
make with a color or a year. Everything else without a label is never sure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from hotlists.cap import states
from hotlists.cap.descriptions import Description
from hotlists.cap.plates import Find, denied_near
from hotlists.cap.runs import Run, is_measure, is_road, run_at
from hotlists.cap.tokens import Text, word_set
from hotlists.cap.vehicle_terms import body_in, color_in, make_in

REACH = 45
"""Characters between a description and something that may be its plate."""
MAX_FINDS = 20

_NUMBERED = word_set(
    """
    case incident report vin caso caso# ori nic badge unit room apt exit hwy highway route
    number no file expediente call suite box interstate sr us cr fm loop rt rte mile bill
    statute event flight serial phone tel text fax ext
    """
)
_APART = (" ", "-", "/", ": ", " - ")
_SENTENCE_END = re.compile(r"[.!?]\s|;|\n\s*\n")


def loose(text: Text, known: Sequence[Find], descriptions: Sequence[Description]) -> list[Find]:
    """Finds without a label that are not among those known already."""
    found: list[Find] = []
    number = 0
    while number < len(text.tokens) and len(found) < MAX_FINDS:
        find = _at(text, number, descriptions)
        overlaps = find and any(f.start < find.end and find.start < f.end for f in known)
        if find and not overlaps:
            found.append(find)
            number = text.at(find.end)
        else:
            number += 1
    return found


def _at(text: Text, number: int, descriptions: Sequence[Description]) -> Find | None:
    token = text.tokens[number]
    if not token.plate or text.word(number - 1) in _NUMBERED:
        return None
    if _word_before(text, token.start) in _NUMBERED or text.text[token.start - 1 : token.start] in (
        "#",
        "$",
        "@",
        "/",
        ".",
    ):
        return None
    if states.code_at(text, number) and run_at(text, number + 1) and text.gap(number) in _APART:
        return None  # the state of the next one
    state, place = states.before(text, number)
    run = run_at(text, number)
    if run is None or not _like_a_plate(text, number, run, bool(state)):
        return None
    near = _description_near(text, run, descriptions)
    if near is None and not state:
        return None
    last = text.at(run.end) - 1
    after, _ = states.after(text, last)
    if state and after and state != after:
        state = ""
    since = text.tokens[place].start if state else run.start
    why = denied_near(text, run.start, run.end) or run.why or "no label says that it is a plate"
    grave = bool(denied_near(text, run.start, run.end))
    alone = _alone_in_parentheses(text, number, run)
    certain = near is not None and near.end <= run.start and near.make and (near.color or near.year)
    letters = sum(c.isalpha() for c in run.plate)
    whole = 6 <= len(run.plate) <= 8 and 2 <= letters <= len(run.plate) - 2
    sure = bool(alone and certain and whole and not grave and not run.why)
    return Find(
        run.start, run.end, run.plate, "", state or after, sure, "" if sure else why, since, grave
    )


def _word_before(text: Text, place: int) -> str:
    found = re.search(r"([a-z]+)[\s#:.]{1,4}$", text.folded[max(0, place - 24) : place])
    return found[1] if found else ""


def _like_a_plate(text: Text, number: int, run: Run, has_state: bool) -> bool:
    letters = sum(c.isalpha() for c in run.plate)
    if (
        not 5 <= len(run.plate) <= 8
        or not letters
        or letters == len(run.plate)
        or is_road(run.plate)
    ):
        return False
    first = text.tokens[number]
    if is_measure(text, number) or make_in(first.word) or color_in(first.raw, first.word):
        return False
    if body_in(first.word) or first.word in (
        "mon",
        "tue",
        "wed",
        "thu",
        "fri",
        "sat",
        "sun",
        "nov",
        "dec",
        "jan",
        "feb",
        "mar",
        "apr",
        "jun",
        "jul",
        "aug",
        "sep",
        "oct",
    ):
        return False
    chunks = text.at(run.end) - number
    if chunks == 1:
        return has_state or (letters >= 2 and len(run.plate) - letters >= 2)
    if not all(t.is_upper for t in text.tokens[number : number + chunks]):
        return False
    tight = "-" in text.text[run.start : run.end]
    return (
        has_state
        or tight
        or (not text.is_shouted and letters >= 2)
        or first.is_mixed
        or first.is_digit
    )


def _alone_in_parentheses(text: Text, number: int, run: Run) -> bool:
    left = text.text[max(0, run.start - 20) : run.start].rpartition("(")
    right = text.text[run.end : run.end + 20].partition(")")
    if not left[1] or not right[1]:
        return False
    inside = (left[2] + " " + right[0]).strip(" ,-")
    return not inside or bool(
        states.before(text, number)[0] or states.after(text, text.at(run.end) - 1)[0]
    )


def _description_near(
    text: Text, run: Run, descriptions: Sequence[Description]
) -> Description | None:
    best, closest = None, REACH + 1
    for one in descriptions:
        if one.start <= run.start and run.end <= one.end:
            return one
        low, high = (one.end, run.start) if one.end <= run.start else (run.end, one.start)
        if high < low or _SENTENCE_END.search(text.text, low, high):
            continue
        if high - low < closest:
            best, closest = one, high - low
    return best
