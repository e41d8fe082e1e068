"""Plates after a label, or after a state and a slash: where they stand and how sure it is.

CAP has no field for a plate. A find is **sure** only when a label ("license plate", "LIC/", "tag",
"placa") stands right before it and the characters after it can only be read one way, with a digit
among them; or when a state's code, a slash and such characters do (`MO/7GH T21`). Everything
else that may be a plate is a find that is not sure, with the reason in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from hotlists.cap import states
from hotlists.cap.runs import NO_DIGIT, Run, run_at
from hotlists.cap.tokens import Text, word_set
from hotlists.cap.words import (
    ADJECTIVES,
    AND_ALSO,
    COUNTS,
    DENIED,
    DOUBT,
    ENDS,
    FILLERS,
    HOLDS,
    LABEL,
    NOT_LABEL_BEFORE,
    OR_ELSE,
    PARTIAL,
    STARTS,
)  # fmt: skip

MAX_FINDS = 40
MAX_FILLERS = 12

_LABEL = re.compile(rf"(?<![a-z0-9])(?:{LABEL})|(?<![a-z0-9])(?:partial|parcial)\b")
_SOFT = re.compile(r"[\s:#\"'“”‘’().,/=\-–—*?_\[\]|]{0,16}")
_SENTENCE_END = re.compile(r"(?<!\.)[.!]\s|\?\s|\n\s*\n|;")
_ABBREVIATION = word_set("lic no num nbr reg plt lp tag st")
_UNKNOWN = frozenset({"unknown", "unk", "desconocida", "desconocido"})
_WILD = re.compile(r"[a-z0-9?*_]*(?:-[a-z0-9?*_]+)?")
_DENIED = re.compile(DENIED)
_CONDITION = re.compile(r"\b(?:if|when|anyone|help|si|cuando|ayude|ayuda)\b")
_GONE = (
    "found",
    "located",
    "recovered",
    "abandoned",
    "encontrad",
    "localizad",
    "recuperad",
    "abandonad",
)
_NEAR = 70
_ONLY_OR = re.compile(r"[\W_]*(?:or|o|ou)[\W_]*")
_ONE_OR_ANOTHER = "the text names one plate or another"
_TWO_STATES = "the text names two states for it"


@dataclass(frozen=True)
class Find:
    """One plate in a text. `plate` or `pattern` is set; `start` and `end` are its place.

    `since` is where its label or state begins: nothing before that belongs to it. `grave`: it is
    the text that casts the doubt, so another sure find of the same plate does not remove it.
    """

    start: int
    end: int
    plate: str = ""
    pattern: str = ""
    state: str = ""
    sure: bool = False
    why: str = ""
    since: int = 0
    grave: bool = False

    @property
    def name(self) -> str:
        return self.plate or self.pattern


def labelled(text: Text, known_characters: int) -> list[Find]:
    """Every find of a text that a label or a state and a slash announces, in order."""
    found: list[Find] = []
    end = 0
    for label in _LABEL.finditer(text.folded):
        if label.start() < end or _is_no_label(text, label.start()):
            continue
        for find in _after_label(text, label.start(), label.end(), known_characters):
            found.append(find)
            end = find.end
        if len(found) >= MAX_FINDS:
            return found
    found += [
        f for f in _slashed(text) if not any(o.start < f.end and f.start < o.end for o in found)
    ]
    return _apart_by_or(text, sorted(found[:MAX_FINDS], key=lambda find: find.start))


def _apart_by_or(text: Text, found: list[Find]) -> list[Find]:
    """The finds; two with only an "or" and a label between them are both doubted."""
    for number in range(len(found) - 1):
        one, other = found[number], found[number + 1]
        _, last = states.after(text, text.at(one.end) - 1)
        between = text.folded[text.tokens[last].end : max(text.tokens[last].end, other.since)]
        if _ONLY_OR.fullmatch(between):
            for n in (number, number + 1):
                found[n] = replace(found[n], sure=False, grave=True, why=_ONE_OR_ANOTHER)
    return found


def _is_no_label(text: Text, start: int) -> bool:
    number = text.at(start)
    word, one_before = text.word(number - 1), text.word(number - 2)
    return (one_before if word == "s" else word) in NOT_LABEL_BEFORE


def _after_label(text: Text, start: int, end: int, known: int) -> Iterator[Find]:
    number = text.at(end)
    first = text.at(start)
    state, since = _state_before_label(text, first)
    doubt = any(text.word(first - k) in DOUBT for k in (1, 2, 3) if _same(text, first - k, first))
    partial = "any" if text.folded[start:end] in PARTIAL or text.word(first - 1) in PARTIAL else ""
    place, previous = end, text.word(number - 1)
    for _ in range(MAX_FILLERS):
        if number >= len(text.tokens):
            return
        token = text.tokens[number]
        gap = text.text[place : token.start]
        if not _SOFT.fullmatch(gap) or (
            _SENTENCE_END.search(gap) and previous not in _ABBREVIATION
        ):
            return
        wild = _wild(text, place, number)
        if wild:
            yield _pattern_find(text, wild, state, since, known)
            return
        word, taken = token.word, 0
        run = run_at(text, number)
        code = states.code_at(text, number)
        rest = run_at(text, number + 1) if code and _soft(text, number) else None
        name, length = states.named_at(text, number)
        if name and not (token.is_alpha and len(token.raw) < 4):
            state, taken = _one(state, name), length
            doubt = doubt or state == "?"
        elif code and rest and state in ("", code) and (len(rest.plate) >= 3 or partial):
            if run and rest.plate.isdigit() and text.gap(number) == "-":
                why = run.why or "its first two letters may be a state"
                yield _find(text, replace(run, why=why), state, since, doubt, partial, known)
                return
            short = rest.plate.isdigit() and len(rest.plate) < 5
            find = _find(text, rest, _one(state, code), since, doubt, partial, known)
            if short and find.plate:
                why = f"it could also be {code}{rest.plate} with no state"
                find = replace(find, sure=False, why=find.why or why)
            yield from _with_more(text, find, known)
            return
        elif word in DOUBT and not run_is_strong(run):
            doubt, taken = True, 1
        elif word in _UNKNOWN and (skip := _until_a_part(text, number)):
            taken = skip
            doubt = doubt or any(text.word(number + k) in DOUBT for k in range(skip))
        elif word in PARTIAL:
            partial, taken = partial or "any", 1
        elif word in STARTS:
            partial, taken = "start", 1
        elif word in ENDS:
            partial, taken = "end", 1
        elif word in HOLDS:
            partial, taken = "any", 1
        elif (
            partial and word in COUNTS and (not token.is_digit or text.word(number + 1) in COUNTS)
        ) or (word in FILLERS and not (word == "a" and token.is_upper and run and run.has_digit)):
            taken = 1
        if taken:
            number += taken
            place, previous = text.tokens[number - 1].end, text.word(number - 1)
            continue
        if run and len(run.plate) < 3 and not partial:
            return
        if run and (run.has_digit or (partial and len(run.plate) <= 4) or run.quoted):
            find = _find(text, run, state, since, doubt, partial, known)
            yield from _with_more(text, find, known)
        return


def _until_a_part(text: Text, number: int) -> int:
    """Tokens from "unknown" to a word that says that a part is known; 0 for none."""
    for k in range(1, 6):
        if text.word(number + k) in PARTIAL | STARTS | ENDS | HOLDS:
            return k if _same(text, number, number + k) else 0
    return 0


def run_is_strong(run: Run | None) -> bool:
    """Whether a run cannot be a word."""
    return run is not None and run.has_digit


def _soft(text: Text, number: int) -> bool:
    return bool(re.fullmatch(r"[\s:#\-/.]{0,3}", text.gap(number)))


def _same(text: Text, one: int, other: int) -> bool:
    """Whether two tokens stand in one sentence."""
    if one < 0 or other >= len(text.tokens):
        return False
    return not _SENTENCE_END.search(text.text[text.tokens[one].end : text.tokens[other].start])


def _state_before_label(text: Text, first: int) -> tuple[str, int]:
    number = first
    for _ in range(3):
        if text.word(number - 1) in ADJECTIVES:
            number -= 1
    code, start = states.before(text, number)
    place = text.tokens[start].start if start < len(text.tokens) else len(text.text)
    return code, place


def _one(one: str, other: str) -> str:
    """The state when both agree; "?" when they do not."""
    return other if one in ("", other) else "?"


def _find(
    text: Text, run: Run, state: str, since: int, doubt: bool, partial: str, known: int
) -> Find:
    last = text.at(run.end) - 1
    code, last = states.after(text, last)
    why = run.why
    if code:
        state = _one(state, code)
    if state == "?":
        state, why = "", _TWO_STATES
    if doubt or _doubt_after(text, run.end):
        doubt = True
        why = "the text itself is not sure of it"
    denied = denied_near(text, run.start, run.end)
    why = denied or why
    grave = bool(denied or doubt or (state == "" and why == _TWO_STATES))
    start, end = run.start, run.end
    since = min(since, start)
    if partial:
        return _partial(text, run, state, since, partial, known, why)
    if len(run.plate) < 4:
        why = why or "it is short for a plate and may be a part of one"
    elif len(run.plate) > 8:
        why = why or "it is long for a plate"
    elif run.plate.isdigit() and len(run.plate) < 5:
        why = why or "it has few digits and no letter"
    return Find(start, end, run.plate, "", state, not why, why, since, grave)


def _doubt_after(text: Text, place: int) -> bool:
    """Whether a question mark or "(unconfirmed)" follows."""
    if text.text[place : place + 2].lstrip(')"').startswith("?"):
        return True
    number = text.at(place)
    gap = text.gap(number - 1)
    return "(" in gap and len(gap) <= 3 and text.word(number) in DOUBT


def _partial(
    text: Text, run: Run, state: str, since: int, partial: str, known: int, why: str
) -> Find:
    plate, end = run.plate, run.end
    pattern = {"start": f"{plate}*", "end": f"*{plate}"}.get(partial, f"*{plate}*")
    characters = len(plate)
    if plate.isalpha() and why == NO_DIGIT and not text.is_shouted:
        why = ""
    tail = _ending(text, run.end) if partial == "start" else None
    if tail:
        pattern, end, characters = f"{plate}*{tail.plate}", tail.end, characters + len(tail.plate)
    if partial == "any":
        why = why or "a part of a plate, and the text does not say which part"
    elif characters < known:
        why = why or f"a part of a plate with fewer than {known} characters"
    return Find(run.start, end, "", pattern, state, not why, why, since)


def _ending(text: Text, place: int) -> Run | None:
    """The characters of "and ends with 12" right after a beginning."""
    number, seen = text.at(place), False
    for k in range(number, min(number + 7, len(text.tokens))):
        word = text.word(k)
        if word in ENDS:
            seen = True
        elif seen and word not in COUNTS:
            return run_at(text, k)
        elif not seen and word not in AND_ALSO:
            return None
    return None


def _wild(text: Text, place: int, number: int) -> tuple[int, int, str] | None:
    """(start, end, pattern) of characters with ?, * or _ for unknown ones, right after `place`."""
    token = text.tokens[number]
    start = token.start
    while start > place and text.text[start - 1] in "?*_":
        start -= 1
    found = _WILD.match(text.folded, start)
    if not found or not any(c in found.group() for c in "?*_"):
        return None
    said = found.group().upper().replace("-", "").replace("_", "?")
    end = found.end()
    if said[-1:] == "?" and said.count("?") == 1 and "*" not in said:
        return None  # the end of a question
    if not any(c.isdigit() for c in said) and not re.search(r"[?*]", said):
        return None
    return (start, end, said) if 2 <= len(said) <= 12 and re.search(r"[A-Z0-9]", said) else None


def _pattern_find(
    text: Text, wild: tuple[int, int, str], state: str, since: int, known: int
) -> Find:
    start, end, pattern = wild
    code, _ = states.after(text, text.at(end) - 1)
    state = _one(state, code) if code else state
    why = _TWO_STATES if state == "?" else ""
    if sum(c.isalnum() for c in pattern) < known:
        why = why or f"a part of a plate with fewer than {known} characters"
    why = denied_near(text, start, end) or why
    return Find(start, end, "", pattern, state.strip("?"), not why, why, min(since, start))


def _with_more(text: Text, find: Find, known: int) -> list[Find]:
    """A find, and the one that follows after "and" or "or" without a label of its own."""
    number = text.at(find.end)
    _, last = states.after(text, number - 1)
    number, word = last + 2, text.word(last + 1)
    if find.pattern or word not in OR_ELSE | AND_ALSO or not _same(text, last, last + 1):
        return [find]
    state = ""
    code = states.code_at(text, number)
    if code and run_at(text, number + 1):
        state, number = code, number + 1
    run = run_at(text, number)
    if run is None or not run.has_digit or len(run.plate) < 5 or run.plate.isdigit():
        return [find]
    doubt = word in OR_ELSE
    if doubt:
        find = replace(find, sure=False, grave=True, why=_ONE_OR_ANOTHER)
    return [find, _find(text, run, state, run.start, doubt, "", known)]


def _slashed(text: Text) -> Iterator[Find]:
    """State, slash, plate: `MO/7GH T21`. The state must not be one of several ("KS/MO")."""
    for number, token in enumerate(text.tokens[:-1]):
        code = states.code_at(text, number)
        if not code or text.gap(number) != "/" or text.gap(number - 1) in ("/", "-"):
            continue
        run = run_at(text, number + 1)
        if run and 5 <= len(run.plate) <= 8 and run.has_digit and not run.plate.isdigit():
            find = _find(text, run, code, token.start, False, "", 1)
            yield find


def denied_near(text: Text, start: int, end: int) -> str:
    """Why what the text says near a plate must be read by a person; "" for nothing."""
    low, high = max(0, start - _NEAR), min(len(text.text), end + _NEAR)
    breaks = [m.end() for m in _SENTENCE_END.finditer(text.text, low, start)]
    low = breaks[-1] if breaks else low
    stop = _SENTENCE_END.search(text.text, end, high)
    high = stop.start() if stop else high
    around = text.folded[low:high]
    for found in _DENIED.finditer(around):
        said = found.group()
        at = low + found.start()
        if said == "not" and not 0 <= start - at <= 20:
            continue
        if said.startswith(_GONE) and _CONDITION.search(around):
            continue
        return f"the text says {said!r} near it"
    return ""
