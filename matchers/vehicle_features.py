"""What the camera saw of the vehicle, beside the entry's description.

All the camera's guesses count (matchers.vehicle_tables); the words speak of its best one. Guesses
of one word are added up first (Porsche 911 43 % and Porsche Carrera 20 % make Porsche 63 %). Then
one of: it agrees; it is near, or only offered as a later guess; the camera was unsure; it
contradicts; there is no answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from domain.entry import Entry
from domain.vehicle import Guess, VehicleSeen
from matchers import vehicle_words as words
from matchers.evidence import Feature, Verdict
from matchers.vehicle_model import likeness, model_log_ratio, told
from matchers.vehicle_tables import ASPECTS, log_ratio, numbers_of

CONFLICT = -1.0
"""A clear contradiction: a weight of less is one only in name (judgement)."""
MENTIONED = 0.1
"""Confidence from which a later guess of the camera counts as offered (judgement)."""
SURE_ENOUGH = 0.8
"""Confidence from which one guess alone contradicts: where it does not, others are behind it."""
NAMES = {"make": "make", "color": "color", "body": "body", "plate_type": "plate type"}

_NOTHING_SEEN = VehicleSeen()
_WORD_OF: dict[str, Callable[[str], str]] = {
    "make": words.make_of,
    "color": words.color_of,
    "body": words.body_of,
    "plate_type": words.plate_type_of,
}
_NO_WORDS = {"unknown", "other", "none", "missing"}

_Beside = Literal["fits", "any color", "unknown", "near", "other"]
"""What the camera's word is to the entry's ones."""


class _Seen(NamedTuple):
    """The camera's best word, how sure it is (None: not said), and the later ones it offered."""

    best: str
    confidence: float | None
    offered: tuple[str, ...]


def codes_of(entry: Entry) -> dict[str, str]:
    """The entry's code of each aspect. A motorcycle's plate is on a motorcycle."""
    body = entry.style or ("MC" if entry.plate_type == "MC" else "")
    return {
        "make": entry.make, "color": entry.color, "body": body, "plate_type": entry.plate_type,
    }  # fmt: skip


def vehicle_features(entry: Entry, vehicle: VehicleSeen | None) -> list[Feature]:
    """The features for which the entry or the camera has something to say."""
    seen = vehicle or _NOTHING_SEEN
    codes = codes_of(entry)
    found = [_compare(aspect, codes[aspect], getattr(seen, aspect)) for aspect in ASPECTS]
    found.insert(1, _model(entry, seen))
    return [feature for feature in found if feature is not None]


def _model(entry: Entry, seen: VehicleSeen) -> Feature | None:
    """The model, where both sides have one: one alone says nothing that a person could use."""
    got, wanted = told(seen.model), entry.model.strip()
    if not got or not wanted:
        return None
    weight = model_log_ratio(seen.model, entry.make, entry.model, seen.make)
    like = likeness(got, entry.model, entry.make)
    if like == "same" and weight > 0:
        fits = got if got.upper() == wanted.upper() else f"{got}, which fits {wanted}"
        return _feature("model", fits, wanted, got, weight, "agrees")
    said = f"Entry says {wanted}, camera saw {got}"
    if like == "other" and weight < 0:
        return _feature("model", said, wanted, got, weight, "differs")
    if weight:
        later = "its guesses together" if like == "unclear" else "with others as later guesses"
        return _feature("model", f"{said}, {later}", wanted, got, weight, "differs")
    return _feature("model", f"{said}: it says nothing", wanted, got, weight, "no answer")


@lru_cache(maxsize=8192)
def _words_of(aspect: str, code: str) -> tuple[str, ...]:
    """The entry's words; a code that the table does not know stays as it is, to be shown."""
    known = words.colors_of(code) if aspect == "color" else (_WORD_OF[aspect](code),)
    return tuple(word for word in known if word) or ((code.strip(),) if code.strip() else ())


def _best(aspect: str, guesses: Sequence[Guess]) -> _Seen | None:
    sums: dict[str, float | None] = {}
    for guess in guesses:
        word = _WORD_OF[aspect](guess.value) or guess.value.strip()
        if not word or word.lower() in _NO_WORDS:
            continue
        had = sums.get(word)
        if guess.confidence is None:
            sums.setdefault(word, None)
        else:
            sums[word] = (had or 0.0) + guess.confidence
    if not sums:
        return None
    order = list(sums)
    if len(order) > 1:
        # Best first, as the camera has it; where all have confidences, by their sums.
        if None not in sums.values():
            order.sort(key=lambda w: -(sums[w] or 0.0))
        # A word that the table knows stands before one that it does not: only that is compared.
        order.sort(key=lambda w: not _WORD_OF[aspect](w))
    later = tuple([w for w in order[1:] if (sums[w] or 0.0) >= MENTIONED])
    top = sums[order[0]]
    return _Seen(order[0], None if top is None else min(top, 1.0), later)


def _compare(aspect: str, code: str, guesses: tuple[Guess, ...]) -> Feature | None:
    name, wanted, seen = NAMES[aspect], _words_of(aspect, code), _best(aspect, guesses)
    expected = " or ".join(wanted)
    if seen is None:
        if not wanted:
            return None
        said = f"Camera did not say the {name}, {_low(expected)} expected"
        return _feature(name, said, expected, "", 0.0, "no answer")
    got = seen.best
    if not wanted:
        return _feature(name, f"{got}; the entry has no {name}", "", got, 0.0, "no answer")
    weight = log_ratio(aspect, guesses, numbers_of(aspect, code))
    said, verdict = _said(aspect, wanted, expected, seen, weight)
    return _feature(name, said, expected, got, weight, verdict)


def _said(
    aspect: str, wanted: tuple[str, ...], expected: str, seen: _Seen, weight: float
) -> tuple[str, Verdict]:
    """What the comparison is called, in words; `weight` has decided how much it says."""
    got, beside = seen.best, _beside(aspect, wanted, seen.best)
    if beside == "fits":
        fits = got if got in wanted else f"{got}, which fits {_low(expected)}"
        return (fits, "agrees") if weight >= 0 else (f"{fits}, which many do", "differs")
    if beside == "any color":
        if weight:
            return f"{got}; {_low(expected)} expected: its other guesses decide", "differs"
        return f"{got}; {_low(expected)} expected: it says nothing", "no answer"
    if beside == "unknown":
        said = f"Entry says {expected}, camera saw {got}"
        return f"{said}: not comparable, a word is not in the table", "no answer"
    if beside == "near":
        return f"{got}; {_low(expected)} expected: often mixed up", "differs"
    if any(w in seen.offered for w in wanted):
        return f"{got}, with {_low(expected)} as a later guess", "differs"
    said = _contradiction(aspect, expected, got)
    if weight <= CONFLICT:
        return said, "conflict"
    if weight >= 0 or (seen.confidence or 0.0) >= SURE_ENOUGH:
        return f"{said}, but its other guesses allow it", "differs"
    if seen.confidence is None:
        return f"{said}, which says little", "differs"
    return f"{said}, but the camera was unsure ({seen.confidence:.0%})", "differs"


@lru_cache(maxsize=8192)
def _beside(aspect: str, wanted: tuple[str, ...], got: str) -> _Beside:
    if got in wanted or any(got in words.SAME_BODIES.get(w, ()) for w in wanted):
        return "fits"
    if any(w in words.ANY_COLOR for w in (*wanted, got)):
        return "any color"
    if not _WORD_OF[aspect](got) or not any(_WORD_OF[aspect](w) for w in wanted):
        return "unknown"
    return "near" if any(words.is_near(aspect, w, got) for w in wanted) else "other"


def _contradiction(aspect: str, expected: str, got: str) -> str:
    if aspect == "color":
        return f"{got}, not {_low(expected)}"
    return f"Entry says {_low(expected)}, camera saw {_low(got)}"


def _low(text: str) -> str:
    """Words inside a sentence: "Motorcycle" in lower case, "SUV", "BMW" and makes as they are."""
    return text if text in words.PROPER or text.isupper() else text[:1].lower() + text[1:]


def _feature(
    name: str, said: str, expected: str, got: str, weight: float, verdict: Verdict
) -> Feature:
    return Feature(
        name=name, words=said, expected=expected, seen=got, weight=weight, verdict=verdict
    )
