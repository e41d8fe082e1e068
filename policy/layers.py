"""A policy file over the preset it is built on, with the place of every value.

A file says what differs: its values replace the preset's one by one, its [purposes] replace the
preset's list as a whole, `sources` and `left_open` come after the preset's, and
`without_categories` takes categories away.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from domain.errors import PolicyError, PolicyProblem
from policy import schema
from policy.lines import Lines, Path, lines_of
from policy.mke import plain

WHOLE = ("purposes",)
ADDED = ("sources", "left_open")
_AT_LINE = re.compile(r"\(at line (\d+)")


class Place(NamedTuple):
    """A line of a file."""

    where: str
    line: int
    text: str


@dataclass(frozen=True)
class Layer:
    """One file as read: its values, and where they stand."""

    where: str
    data: dict[str, Any]
    places: dict[Path, Place]

    def problem(self, path: Path, sentence: str) -> PolicyProblem:
        """Something wrong with one value."""
        return PolicyProblem(sentence, (self.places[path],))


@dataclass
class Merged:
    """Values of all layers, with the place of each; `dropped` are categories taken away."""

    data: dict[str, Any] = field(default_factory=dict)
    places: dict[Path, Place] = field(default_factory=dict)
    dropped: dict[str, Place] = field(default_factory=dict)

    def place(self, *path: str | int) -> Place:
        """Where a value is said; a default that nobody said has line 0."""
        found = self.places.get(path)
        return found or Place("built in", 0, f"{path[-1]} is not set, so bolo's default holds")


def read(text: str, where: str) -> Layer:
    """One file. Raises PolicyError for what is no TOML, no key, or no value the key can have."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    rows = text.split("\n")

    def place(line: int) -> Place:
        return Place(where, line, rows[line - 1].strip() if 0 < line <= len(rows) else "")

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as refused:
        raise PolicyError([_not_toml(str(refused), lines_of(text), place, len(rows))]) from None
    except RecursionError:
        raise PolicyError([PolicyProblem("nests too deep to be a policy", (place(1),))]) from None
    places = {path: place(line) for path, line in lines_of(text).first.items()}
    layer = Layer(where, data, places)
    problems = [layer.problem(path, sentence) for path, sentence in schema.wrong(data)]
    if problems:
        raise PolicyError(problems)
    return layer


def _not_toml(refused: str, lines: Lines, place: Any, last: int) -> PolicyProblem:
    found = _AT_LINE.search(refused)
    line = int(found[1]) if found else last
    for path, again in lines.again:
        if again == line:
            name = ".".join(map(str, path))
            sentence = f"{name} is said twice; which one is meant?"
            return PolicyProblem(sentence, (place(line), place(lines.first[path])))
    return PolicyProblem(f"is not TOML: {refused}", (place(line),))


def over(base: Merged, layer: Layer) -> Merged:
    """`layer` laid over `base`. Raises PolicyError for what cannot be taken away."""
    made = Merged(dict(base.data), dict(base.places), dict(base.dropped))
    for key, value in layer.data.items():
        if isinstance(value, dict) and key not in WHOLE:
            _table(made, layer, key, value)
        elif key in ADDED:
            made.data[key] = [*made.data.get(key, ()), *value]
        else:
            _put(made, layer, (key,), value)
    _without(made, base, layer)
    return made


def _table(made: Merged, layer: Layer, key: str, table: dict[str, Any]) -> None:
    here = dict(made.data.get(key, {}))
    made.places[(key,)] = layer.places[(key,)]
    for name, value in table.items():
        path: Path = (key, name)
        if isinstance(value, dict):
            here[name] = {**here.get(name, {}), **value}
            made.places[path] = layer.places[path]
            for inner in value:
                _places(made, layer, (*path, inner), (*path, inner))
        else:
            said = plain(name) if key == "message_keys" else name
            here[said] = value
            _places(made, layer, path, (key, said))
    made.data[key] = here


def _put(made: Merged, layer: Layer, path: tuple[str], value: object) -> None:
    made.data[path[0]] = value
    _places(made, layer, path, path)


def _places(made: Merged, layer: Layer, path: Path, as_path: Path) -> None:
    """The places of `path` and of all under it, and no longer those of the base."""
    for old in [p for p in made.places if p[: len(as_path)] == as_path]:
        del made.places[old]
    for new, place in layer.places.items():
        if new[: len(path)] == path:
            made.places[(*as_path, *new[len(path) :])] = place


def _without(made: Merged, base: Merged, layer: Layer) -> None:
    problems = []
    for number, code in enumerate(made.data.pop("without_categories", ())):
        path = ("without_categories", number)
        theirs = base.data.get("categories", {})
        if code in layer.data.get("categories", {}):
            both = (layer.places[("categories", code)], layer.places[path])
            problems.append(PolicyProblem(f"{code} is both set and taken away", both))
        elif code not in theirs:
            sentence = f"there is no category {code} to take away{schema.near(code, theirs)}"
            problems.append(layer.problem(path, sentence))
        else:
            made.data["categories"] = {
                c: r for c, r in made.data["categories"].items() if c != code
            }
            made.dropped[code] = layer.places[path]
    for code in layer.data.get("categories", {}):
        made.dropped.pop(code, None)
    if problems:
        raise PolicyError(problems)
