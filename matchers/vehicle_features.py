"""What the camera saw of the vehicle, beside the entry's description.

A camera's guesses of one word are added up first (Porsche 911 43 % and Porsche Carrera 20 % make
Porsche 63 %). Then one of: it agrees; it is near, or only offered as a later guess; the camera was
unsure; it contradicts; there is no answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from domain.entry import Entry
from domain.vehicle import Guess, VehicleSeen
from matchers import vehicle_words as words
from matchers import weights
from matchers.evidence import Feature, Verdict

_NOTHING_SEEN = VehicleSeen()


@dataclass(frozen=True)
class _Seen:
    """The camera's best word, how sure it is (None: not said), and the later ones it offered."""

    best: str
    confidence: float | None
    offered: tuple[str, ...]


@dataclass(frozen=True)
class _Aspect:
    """One thing to compare: its table of words, its weights, and what is near in it."""

    name: str
    word_of: Callable[[str], str]
    weights: tuple[float, float, float]
    is_near: Callable[[str, str], bool]


def _make_near(one: str, other: str) -> bool:
    return words.near(words.NEAR_MAKES, one, other)


def _color_near(one: str, other: str) -> bool:
    return words.near(words.NEAR_COLORS, one, other)


def _body_near(one: str, other: str) -> bool:
    return any(
        words.near(words.NEAR_BODIES, w, other) for w in (one, *words.SAME_BODIES.get(one, ()))
    )


def _type_near(one: str, other: str) -> bool:
    return one in words.ORDINARY_PLATES and other in words.ORDINARY_PLATES


MAKE = _Aspect("make", words.make_of, weights.MAKE, _make_near)
COLOR = _Aspect("color", words.color_of, weights.COLOR, _color_near)
BODY = _Aspect("body", words.body_of, weights.BODY, _body_near)
PLATE_TYPE = _Aspect("plate type", words.plate_type_of, weights.PLATE_TYPE, _type_near)


def vehicle_features(entry: Entry, vehicle: VehicleSeen | None) -> list[Feature]:
    """The features for which the entry or the camera has something to say."""
    seen = vehicle or _NOTHING_SEEN
    colors = words.colors_of(entry.color) or _words_of(entry.color, COLOR)
    body_code = entry.style or ("MC" if entry.plate_type == "MC" else "")
    found = [
        _compare(MAKE, _words_of(entry.make, MAKE), _best(seen.make, MAKE)),
        _compare(COLOR, colors, _best(seen.color, COLOR)),
        _compare(BODY, _words_of(body_code, BODY), _best(seen.body, BODY)),
        _compare(
            PLATE_TYPE, _words_of(entry.plate_type, PLATE_TYPE), _best(seen.plate_type, PLATE_TYPE)
        ),
    ]
    return [feature for feature in found if feature is not None]


def _words_of(code: str, aspect: _Aspect) -> tuple[str, ...]:
    """The entry's words; a code that the table does not know stays as it is, to be shown."""
    return (aspect.word_of(code) or code.strip(),) if code.strip() else ()


def _best(guesses: Sequence[Guess], aspect: _Aspect) -> _Seen | None:
    sums: dict[str, float | None] = {}
    for guess in guesses:
        word = aspect.word_of(guess.value) or guess.value.strip()
        if not word or word.lower() in {"unknown", "other", "none", "missing"}:
            continue
        had = sums.get(word)
        if guess.confidence is None:
            sums.setdefault(word, None)
        else:
            sums[word] = (had or 0.0) + guess.confidence
    if not sums:
        return None
    # Best first, as the camera has it; where all have confidences, by their sums.
    order = list(sums)
    if None not in sums.values():
        order.sort(key=lambda w: -(sums[w] or 0.0))
    later = tuple(w for w in order[1:] if (sums[w] or 0.0) >= weights.MENTIONED)
    top = sums[order[0]]
    return _Seen(order[0], None if top is None else min(top, 1.0), later)


def _compare(aspect: _Aspect, wanted: tuple[str, ...], seen: _Seen | None) -> Feature | None:
    name = aspect.name
    agrees, close, against = aspect.weights
    expected = " or ".join(wanted)
    if seen is None:
        if not wanted:
            return None
        said = f"Camera did not say the {name}, {_low(expected)} expected"
        return _feature(name, said, expected, "", 0.0, "no answer")
    got = seen.best
    if not wanted:
        return _feature(name, f"{got}; the entry has no {name}", "", got, 0.0, "no answer")
    share = 1.0 if seen.confidence is None else min(1.0, max(0.2, seen.confidence))
    if got in wanted or any(got in words.SAME_BODIES.get(w, ()) for w in wanted):
        said = got if got in wanted else f"{got}, which fits {_low(expected)}"
        return _feature(name, said, expected, got, agrees * share, "agrees")
    if any(w in words.ANY_COLOR for w in (*wanted, got)):
        said = f"{got}; {_low(expected)} expected: it says nothing"
        return _feature(name, said, expected, got, 0.0, "no answer")
    if not aspect.word_of(got) or not any(aspect.word_of(w) for w in wanted):
        said = (
            f"Entry says {expected}, camera saw {got}: not comparable, a word is not in the table"
        )
        return _feature(name, said, expected, got, 0.0, "no answer")
    if any(aspect.is_near(w, got) for w in wanted):
        said = f"{got}; {_low(expected)} expected: often mixed up"
        return _feature(name, said, expected, got, close * share, "differs")
    if any(w in seen.offered for w in wanted):
        said = f"{got}, with {_low(expected)} as a later guess"
        return _feature(name, said, expected, got, 0.0, "differs")
    said = _contradiction(name, expected, got)
    if seen.confidence is not None and seen.confidence < weights.CLEAR:
        said = f"{said}, but the camera was unsure ({seen.confidence:.0%})"
        return _feature(name, said, expected, got, against * weights.UNSURE, "differs")
    return _feature(name, said, expected, got, against, "conflict")


def _contradiction(name: str, expected: str, got: str) -> str:
    if name == "color":
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
