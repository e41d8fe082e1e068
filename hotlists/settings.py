"""A source's own settings: checked when they are made, so that a refresh never finds them wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from domain.errors import BadInput
from hotlists.guards import Limits
from hotlists.sources import kind as kind_of_source
from policy.categories import CATEGORIES, STANDARD


def check_settings(kind: str, settings: Mapping[str, Any]) -> None:
    """Raises BadInput for a setting that is wrong, Prohibited for one that policy forbids."""
    kind_of_source(kind)
    unknown = set(settings) - {"category", "mke", "drop", "limits"}
    if unknown:
        where, problem = f"settings.{min(unknown)}", "there is no such setting of a hotlist"
        raise BadInput(where, problem)
    if settings.get("category", "local") not in CATEGORIES:
        problem = f"no such category; there are: {', '.join(sorted(CATEGORIES))}"
        raise BadInput("settings.category", problem)
    STANDARD.extended(settings.get("mke", {}), settings.get("drop", ()))
    limits_of(settings)


def limits_of(settings: Mapping[str, Any]) -> Limits:
    """The guards' limits for a source. Raises BadInput."""
    try:
        return msgspec.convert(settings.get("limits", {}), Limits)
    except msgspec.ValidationError as bad:
        raise BadInput("settings.limits", str(bad)) from bad
