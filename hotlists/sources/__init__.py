"""One file a kind of source. A file in this folder registers itself by being here.

Each module has a constant `KIND` and a function `parse(data, about, today) -> Batch`.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import import_module
from typing import Protocol

from domain.entry import Entry
from domain.errors import BadInput
from hotlists.model import HotlistSource, Parsed


@dataclass(frozen=True)
class Batch:
    """What a parser gives: the counts, and the entries to store."""

    found: Parsed
    entries: Iterable[Entry]


class SourceKind(Protocol):
    """What each file in this folder offers."""

    KIND: str

    def parse(self, data: bytes, about: HotlistSource, today: date) -> Batch:
        """Every row of `data` accepted, rejected by a reason, or dropped as prohibited.

        Never raises for what is in `data`: damage is counted, for the guards to judge. Raises
        Prohibited and BadInput for what is wrong in the source's own settings.
        """
        ...


@cache
def kinds() -> dict[str, SourceKind]:
    """Every kind of source there is, by name."""
    modules = (import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__))
    return {module.KIND: module for module in modules}


def kind(name: str) -> SourceKind:
    """One kind. Raises BadInput."""
    try:
        return kinds()[name]
    except KeyError:
        known = ", ".join(sorted(kinds()))
        problem = f"no kind of source {name!r}; there are: {known}"
        raise BadInput("kind", problem) from None
