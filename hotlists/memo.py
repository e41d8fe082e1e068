"""What a value of a column means, worked out once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

REMEMBERED = 200_000
"""Distinct values of a column whose meaning is remembered; more is a column gone astray."""

T = TypeVar("T")


class Memo(dict[Any, T]):
    """By value, what `work` makes of it: `memo[value]`."""

    def __init__(self, work: Callable[[Any], T]) -> None:
        super().__init__()
        self._work = work

    def __missing__(self, key: Any) -> T:
        value = self._work(key)
        if len(self) < REMEMBERED:
            self[key] = value
        return value
