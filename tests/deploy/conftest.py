"""The deployment's files, read once."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?:(?P<how>:[-?])(?P<rest>[^}]*))?\}")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes most of a minute (leave out: -m 'not slow')")


@pytest.fixture(scope="session")
def compose_text() -> str:
    return (ROOT / "docker-compose.yml").read_text()


@pytest.fixture(scope="session")
def compose(compose_text: str) -> dict[str, Any]:
    """The compose file with its anchors and merges resolved, variables as they stand."""
    loaded: dict[str, Any] = yaml.safe_load(compose_text)
    return loaded


@pytest.fixture(scope="session")
def variables(compose_text: str) -> list[tuple[str, str, str]]:
    """Every ``${NAME:-rest}`` of the compose file as (name, ":-" or ":?" or "", rest)."""
    found = _VARIABLE.finditer(compose_text)
    return [(m["name"], m["how"] or "", m["rest"] or "") for m in found]


@pytest.fixture(scope="session")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def interpolated(text: str, given: dict[str, str]) -> str:
    """A value as compose fills it in. Raises KeyError for one that is required and not given."""

    def value(m: re.Match[str]) -> str:
        if given.get(m["name"]):
            return given[m["name"]]
        if m["how"] == ":-":
            return m["rest"]
        raise KeyError(m["name"])

    return _VARIABLE.sub(value, text)
