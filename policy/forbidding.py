"""Prohibited uses cannot be configured in: every text of a policy file is looked at for them."""

from __future__ import annotations

from collections.abc import Iterator

from domain.errors import PolicyProblem
from policy.layers import Layer
from policy.lines import Path
from policy.prohibited import why_prohibited, why_prohibited_use


def forbidden(layer: Layer) -> Iterator[PolicyProblem]:
    """Each name, purpose, category, message key or remark that says a prohibited use."""
    for path, why in _asked(layer):
        if why:
            yield layer.problem(path, f"{why}; no policy can allow it")


def _asked(layer: Layer) -> Iterator[tuple[Path, str]]:
    data = layer.data
    yield ("name",), why_prohibited_use(data.get("name", ""))
    for key in ("sources", "left_open"):
        for number, said in enumerate(data.get(key, ())):
            yield (key, number), why_prohibited_use(said)
    for name, words in data.get("purposes", {}).items():
        yield ("purposes", name), _named(name) or why_prohibited_use(words, purpose=True)
    for code, rule in data.get("categories", {}).items():
        yield ("categories", code), _named(code)
        if "name" in rule:
            yield ("categories", code, "name"), _named(rule["name"])
    for key, code in data.get("message_keys", {}).items():
        yield ("message_keys", key), why_prohibited(key) or _named(code)


def _named(name: str) -> str:
    """A category's or purpose's name is judged like a message key in words, and as a purpose."""
    return why_prohibited(name) or why_prohibited_use(name, purpose=True)
