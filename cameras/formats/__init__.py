"""Formats: one module a vendor. A format is found because its file is here; nothing lists them.

A payload is what a body decodes to, by what the body itself is (cameras.payloads): a JSON value,
an ``xml.etree.ElementTree.Element`` from a hardened parser, or an `EventStream` (cameras.payloads)
for a text event stream. Files of a form are its attachments.

A format module gives

- ``NAME``: what reads are marked with, also the last part of the vendor's own address
  ``/api/reads/NAME``;
- ``TITLE``: vendor and product in a person's words;
- ``recognizes(payload) -> bool``: whether a payload is of this format. Must not raise, whatever
  the payload;
- ``resembles(payload) -> str``: for a payload that no format recognizes, why it looks like this one
  and what is missing ("looks like Genetec: has Plate and CameraName, but no DateUtc"), "" when it
  does not. Must not raise;
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
    TITLE: str

    def recognizes(self, payload: Any) -> bool: ...

    def resembles(self, payload: Any) -> str: ...

    def parse(self, payload: Any, attachments: Sequence[Attachment] = ()) -> Parsed: ...


NATIVE = "native"


@lru_cache(maxsize=1)
def all_formats() -> MappingProxyType[str, Format]:
    """Every format by its name."""
    found: dict[str, Format] = {}
    for module in pkgutil.iter_modules(__path__):
        loaded = cast("Format", importlib.import_module(f"{__name__}.{module.name}"))
        found[loaded.NAME] = loaded
    return MappingProxyType(found)


def format_of(payload: Any) -> Format:
    """The one format that recognizes the payload. Raises BadInput with a hint when none does.

    The native format is asked last: it takes any array and any object with a plate.
    """
    for candidate in sorted(all_formats().values(), key=lambda one: one.NAME == NATIVE):
        if candidate.recognizes(payload):
            return candidate
    hints = resemblances(payload)
    if hints:
        raise BadInput("body", f"is in no format that is known here, but {hints[0]}")
    names = ", ".join(sorted(all_formats()))
    problem = f"is in no format that is known here ({names}); see docs/reads.md for the native one"
    raise BadInput("body", problem)


def resemblances(payload: Any) -> list[str]:
    """What a payload that no format recognizes looks like, in words, vendors' formats first."""
    found = (
        (one.NAME == NATIVE, hint)
        for one in all_formats().values()
        if (hint := one.resembles(payload))
    )
    return [hint for _, hint in sorted(found)]
