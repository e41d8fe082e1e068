"""Running a command to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import typer

from domain.errors import BoloError


def run(work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run to the end; an error of ours is one clear line and exit 1, never a traceback."""
    try:
        return asyncio.run(work())
    except BoloError as wrong:
        typer.echo(f"bolo: {wrong}", err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
