"""The process's memory of who looked at what, as a dependency of the routes."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from console.reading import Looks


def looks(request: Request) -> Looks:
    """The app's own, made with it."""
    found = request.app.state.looks
    assert isinstance(found, Looks)
    return found


Seen = Annotated[Looks, Depends(looks)]
