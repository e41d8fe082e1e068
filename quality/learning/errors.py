"""What can go wrong while learning."""

from __future__ import annotations


class ToolMissing(Exception):
    """A program, typeface or model that only the full rebuild needs is not installed."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what} is not installed: {remedy}")
