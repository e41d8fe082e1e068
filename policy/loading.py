"""A policy from its TOML text: checked by itself, by its preset, and by what is prohibited.

The text says what differs from `preset`; without that key it is built on `standard`, and with
`preset = "none"` on nothing. docs/policy.md has every key.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from domain.errors import PolicyError, PolicyProblem
from policy import contradictions, layers, schema
from policy.forbidding import forbidden
from policy.layers import Layer, Merged
from policy.limiting import beyond, reworded
from policy.model import AlertBudget, CategoryRule, Limits, Lists, Policy, Retention, Sharing
from policy.ncic_states import POSTAL, STATES

STANDARD = "standard"
NONE = "none"
"""What `preset` says for a file that is built on nothing."""
_FOLDER = files("policy") / "presets"
_NAMED = "policy/presets/"
"""How a preset is named in a message."""


def parse(text: str, where: str = "policy.toml") -> Policy:
    """The policy that `text` says. `where` names the file in every message.

    Raises PolicyError with every problem that was found, each with its lines; the lines of a
    contradiction are both there, the preset's own included.
    """
    layer = _read(text, where)
    if "limits" in layer.data:
        sentence = "limits are what law asks, and are a preset's: leave [limits] out"
        raise PolicyError([layer.problem(("limits",), sentence)])
    name = _preset_of(layer)
    return _policy(layer, _base(layer), "" if name == NONE else name)


def presets() -> tuple[str, ...]:
    """The names of the presets that come with bolo, `standard` first."""
    names = sorted(
        f.name.removesuffix(".toml") for f in _FOLDER.iterdir() if f.name[-5:] == ".toml"
    )
    return (STANDARD, *(name for name in names if name != STANDARD))


@cache
def preset(name: str) -> Policy:
    """One of `presets`. Raises PolicyError for a name that is none."""
    layer = _preset_layer(name)
    return _policy(layer, _base(layer), name)


def standard() -> Policy:
    """bolo's careful default."""
    return preset(STANDARD)


def preset_text(name: str) -> str:
    """A preset as its file has it, comments included."""
    if name not in presets():
        raise PolicyError([PolicyProblem(f"no preset {name}{schema.near(name, presets())}", ())])
    return (_FOLDER / f"{name}.toml").read_text("utf-8")


def _read(text: str, where: str) -> Layer:
    layer = layers.read(text, where)
    problems = [*forbidden(layer), *contradictions.in_file(layer)]
    if problems:
        raise PolicyError(problems)
    return layer


@cache
def _preset_layer(name: str) -> Layer:
    return _read(preset_text(name), f"{_NAMED}{name}.toml")


def _preset_of(layer: Layer) -> str:
    return str(layer.data.get("preset") or STANDARD)


def _base(layer: Layer) -> Merged:
    """What `layer` is built on: presets are built on `standard` or on nothing, never on others."""
    name = _preset_of(layer)
    if name == NONE or layer.where == f"{_NAMED}{STANDARD}.toml":
        return Merged()
    if name not in presets():
        sentence = f"there is no preset {name}{schema.near(name, (*presets(), NONE))}"
        raise PolicyError([layer.problem(("preset",), sentence)])
    under = _preset_layer(name)
    base = layers.over(_base(under) if name != STANDARD else Merged(), under)
    for whose in ("name", *(layers.ADDED if name == STANDARD else ())):
        base.data.pop(whose, None)
    return base


def _policy(layer: Layer, base: Merged, name: str) -> Policy:
    merged = layers.over(base, layer)
    problems = [*_missing(merged, layer, base), *_states(merged)]
    if problems:
        raise PolicyError(problems)
    policy = _made(merged.data, merged, name)
    problems = [p for check in contradictions.CHECKS for p in check(merged, policy)]
    problems += [*beyond(merged, policy), *reworded(merged, base, policy)]
    if problems:
        raise PolicyError([_own_first(problem) for problem in problems])
    return policy


def _own_first(problem: PolicyProblem) -> PolicyProblem:
    """The agency's own line before a preset's: that is where a person can change something."""
    return problem._replace(
        places=tuple(sorted(problem.places, key=lambda p: (not p[1], p[0].startswith(_NAMED))))
    )


def _missing(merged: Merged, layer: Layer, base: Merged) -> list[PolicyProblem]:
    """What must be said and is not."""
    found = []
    first = layers.Place(layer.where, 1, "")
    if "name" not in merged.data:
        found.append(PolicyProblem('say whose policy this is: name = "..."', (first,)))
    if not merged.data.get("purposes"):
        found.append(PolicyProblem("no [purposes]: nothing could be entered", (first,)))
    if not merged.data.get("categories"):
        found.append(PolicyProblem("no [categories]: nothing could be held", (first,)))
    known = base.data.get("categories", {})
    for code, rule in merged.data.get("categories", {}).items():
        lacks = [key for key in ("name", "priority", "purpose") if key not in rule]
        if lacks:
            like = schema.near(code, known) if known else ""
            sentence = f"{code} is a new category and needs {', '.join(lacks)}{like}"
            found.append(PolicyProblem(sentence, (merged.place("categories", code),)))
    return found


def _states(merged: Merged) -> list[PolicyProblem]:
    said = [(("state",), merged.data.get("state", ""))]
    listed = merged.data.get("sharing", {}).get("states", ())
    said += [(("sharing", "states", n), code) for n, code in enumerate(listed)]  # type: ignore[misc]
    found = []
    for path, code in said:
        if code in STATES or (not code and path == ("state",)):
            continue
        meant = POSTAL.get(code.upper(), code.upper())
        like = f"; is {meant} meant?" if meant in STATES else ""
        sentence = f"{code!r} is no NCIC code of a state{like}"
        found.append(PolicyProblem(sentence, (merged.place(*path),)))
    return found


def _made(data: dict[str, Any], merged: Merged, name: str) -> Policy:
    """The structs; every value was checked against its type before."""
    purposes = data["purposes"]
    return Policy(
        name=data["name"],
        state=data.get("state", ""),
        sources=tuple(data.get("sources", ())),
        purposes=tuple(purposes),
        categories={
            code: msgspec.convert(rule, type=CategoryRule)
            for code, rule in data["categories"].items()
        },
        message_keys=dict(data.get("message_keys", {})),
        retention=msgspec.convert(data.get("retention", {}), type=Retention),
        sharing=msgspec.convert(data.get("sharing", {}), type=Sharing),
        lists=msgspec.convert(data.get("lists", {}), type=Lists),
        alert_budget=msgspec.convert(data.get("alert_budget", {}), type=AlertBudget),
        left_open=tuple(data.get("left_open", ())),
        preset=name,
        purpose_words=dict(purposes),
        limits=msgspec.convert(data.get("limits", {}), type=Limits),
        origins={
            ".".join(map(str, path)): f"{place.where}:{place.line}"
            for path, place in merged.places.items()
            if not any(isinstance(part, int) for part in path)
        },
    )
