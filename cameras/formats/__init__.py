"""Formats: one module a vendor. A format is found because its file is here; nothing lists them.

A format module gives

- ``NAME``: what reads are marked with;
- ``recognizes(payload) -> bool``: whether a decoded JSON payload is of this format. Must not
  raise, whatever the payload;
- ``parse(payload, attachments) -> Parsed``: its reads. Raises BadInput (BadRead, TooLarge, ...)
  with the dotted field, and nothing else, whatever the payload. Confidences become 0-1 here.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Protocol, cast

from cameras.incoming import Attachment, Parsed
from domain.errors import BadInput


class Format(Protocol):
    """What a format module offers."""

    NAME: str

    def recognizes(self, payload: Any) -> bool: ...

    def parse(self, payload: Any, attachments: Sequence[Attachment] = ()) -> Parsed: ...


@lru_cache(maxsize=1)
def all_formats() -> MappingProxyType[str, Format]:
    """Every format by its name."""
    found: dict[str, Format] = {}
    for module in pkgutil.iter_modules(__path__):
        loaded = cast("Format", importlib.import_module(f"{__name__}.{module.name}"))
        found[loaded.NAME] = loaded
    return MappingProxyType(found)


def format_of(payload: Any) -> Format:
    """The one format that recognizes the payload. Raises BadInput when none does."""
    for candidate in all_formats().values():
        if candidate.recognizes(payload):
            return candidate
    names = ", ".join(sorted(all_formats()))
    problem = f"is in no format that is known here ({names}); see docs/reads.md for the native one"
    raise BadInput("body", problem)
