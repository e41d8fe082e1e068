"""Rendering: the templates, and the words and clocks they use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2
from fastapi import Request
from starlette.responses import HTMLResponse

from alerts.model import Outcome, RejectReason, SecondSource
from console import words
from console.auth import Viewer
from console.list_forms import Given
from domain.plate import shown
from people.roles import Action, may
from storage.texts import REPLACEMENT

HERE = Path(__file__).parent

WAYS: tuple[tuple[str, str, Action | None], ...] = (
    ("/", "Desk", None),
    ("/lists", "Lists", "see the lists"),
    ("/entries", "Entries", "make entries"),
    ("/confirmations", "To read", "approve entries"),
    ("/learned", "Learned", "see what is learned"),
    ("/policy", "Policy", None),
    ("/budget", "Alert budget", "see the alert budget"),
)
"""Where every page leads: address, name, and the action that a person must be allowed."""

_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def as_written(value: object) -> object:
    """A text without the signs that turn the direction of what follows: with them, what a file or a
    person wrote could read otherwise on the screen than it stands (482KTB as BTK284)."""
    return _TURNING.sub(REPLACEMENT, value) if type(value) is str else value


TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    finalize=as_written,
)
TEMPLATES.filters.update(
    clock=words.clock,
    short_clock=words.short_clock,
    span=words.span,
    spoken=words.spoken,
    minutes=words.minutes,
    state_name=words.state_name,
    shown=shown,
    list_grade=words.list_grade,
    capital=lambda text: text[:1].upper() + text[1:],
    signed=words.signed,
    iso=lambda moment: moment.isoformat(timespec="milliseconds"),
)
TEMPLATES.globals.update(
    SOURCES=tuple(SecondSource),
    REASONS=tuple(RejectReason),
    OUTCOMES=tuple(Outcome),
    LEASE_SOON=words.LEASE_SOON,
    day_clock=words.day_clock,
    may=may,
    PRIORITY=words.PRIORITY,
    STATES=tuple(code for code in words.STATES if code != "NB"),
    WAYS=WAYS,
    blank=Given(),
)


def render(name: str, context: Mapping[str, Any]) -> str:
    """A template as text."""
    return TEMPLATES.get_template(name).render(**context)


def page(
    request: Request,
    name: str,
    context: Mapping[str, Any],
    *,
    viewer: Viewer | None = None,
    now: datetime | None = None,
    status: int = 200,
) -> HTMLResponse:
    """A whole page. What every page needs (viewer, now, tz, lease) is added to the context."""
    services = request.app.state.services
    moment = now or services.clock()
    full = {
        "viewer": viewer,
        "path": request.url.path,
        "now": moment,
        "lease": services.lease,
        "tz": viewer.agency.zone if viewer else words.zone("UTC"),
        **context,
    }
    return HTMLResponse(render(name, full), status_code=status)
