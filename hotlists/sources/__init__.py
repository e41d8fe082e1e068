"""One file a kind of source. A file in this folder registers itself by being here.

Each module has a constant `KIND` and a function `parse(data, context, out)`: bytes in, rows out.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import import_module
from typing import Protocol

from domain.errors import BadInput
from hotlists.columns import Rows
from hotlists.model import HotlistSource, Parsed
from policy.model import Policy


@dataclass(frozen=True)
class Context:
    """What a parser works with. `found` is filled in as it goes; `now` is aware UTC, `today` its
    day. `secrets` are the settings that a template or a source names, by name. `state` is what the
    source left behind last time ("" the first time), for sources that remember."""

    source: HotlistSource
    policy: Policy
    now: datetime
    found: Parsed
    secrets: dict[str, str]
    state: str = ""

    @property
    def today(self) -> date:
        """The day of `now`."""
        return self.now.date()


class Out(Protocol):
    """Where a parser puts what it found, as it goes."""

    def rows(self, rows: Rows) -> None:
        """Accepted rows, in the order of the file."""

    def original(self, data: bytes) -> None:
        """The file as it came, without what is prohibited; kept encrypted, if at all."""

    def remove(self, plate: str, state: str, after: int) -> None:
        """A row takes a plate or pattern (of any state, when "") off an incremental list; `after`
        so many rows of those that are handed over next. It is counted as rejected by
        guards.REMOVES, which is no failure."""

    def unclear(self, record: Mapping[str, object]) -> None:
        """A record that a person must read first, as JSON; its "key" makes it the same next time.
        The source has counted it in `found.waiting`."""

    def remember(self, state: str) -> None:
        """What to hand in as `Context.state` next time, if this generation gets in force."""


class SourceKind(Protocol):
    """What each file in this folder offers."""

    KIND: str

    def parse(self, data: Iterable[bytes], context: Context, out: Out) -> None:
        """Every row of `data` accepted, rejected by a reason, or dropped as prohibited.

        Never raises for what is in `data`: damage is counted in `context.found`, for the guards to
        judge. Raises Prohibited and BadInput for what is wrong in the source's own settings.
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
