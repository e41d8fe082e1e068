"""The page of a list's template: rows in, a guess with its reasons, corrections, save. And API."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import HTMLResponse, RedirectResponse, Response

from console import list_acting, list_templates
from console.auth import LoggedIn, Posting, Viewer, Wired
from console.errors import RESPONSES
from console.list_forms import Given, Trouble, Wrong, values_of
from console.list_models import Done
from console.list_uploading import begun, drained
from console.list_words import template_said
from console.models import Shown
from console.pages import page
from console.requests import Asked
from console.services import Services
from domain.errors import BadInput
from hotlists.template_files import checked, written

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/lists", tags=["lists"], responses=RESPONSES)

FIRST_BYTES = 256 * 1024


class SampleAsked(Asked):
    """The first rows of a file."""

    sample: str = Field(min_length=1, max_length=list_templates.SAMPLE)
    filename: str = Field(default="", max_length=200)


class TemplateAsked(Asked):
    """A template, as `bolo hotlists preview --save` writes it."""

    template: dict[str, Any]


class GuessShown(Shown):
    """A guess, for a person to confirm: None when the rows could not be understood."""

    template: dict[str, Any] | None
    because: tuple[str, ...]
    sure: float
    dropped: int


@router.get("/lists/{source}/template", response_class=HTMLResponse)
async def ask(request: Request, source: UUID, viewer: LoggedIn, s: Wired) -> Response:
    """The list's template as it is, and the form for the first rows of a file."""
    return await _page(request, s, viewer, source, Given())


@router.post("/lists/{source}/template", response_class=HTMLResponse)
async def guess(request: Request, source: UUID, viewer: LoggedIn, s: Wired) -> Response:
    """The guess for the rows that were sent, by file or by hand."""
    sent = await begun(request, s, viewer, longest=4 * list_templates.SAMPLE)
    values = {"sample": sent.fields.get("sample", "")}
    try:
        data = bytearray()
        async for piece in sent.pieces:
            if len(data) >= FIRST_BYTES:
                break
            data += piece
        await drained(sent.pieces)
        await list_acting.may_send(s, viewer, source)
        sample, dropped = list_templates.sample_of(bytes(data) or values["sample"].encode())
        found = list_templates.proposed(sample, sent.filename, s)
    except BadInput as wrong:
        return await _page(request, s, viewer, source, Given(values, Trouble.of(wrong)))
    template = written(found.template).decode() if found.template else ""
    values = {"sample": sample, "template": template}
    more = {"guessed": found, "dropped": dropped}
    return await _page(request, s, viewer, source, Given(values), **more)


@router.post("/lists/{source}/template/columns", response_class=HTMLResponse)
async def correct(request: Request, source: UUID, viewer: Posting, s: Wired) -> Response:
    """The rows again as the person corrected the template; or save it."""
    values = await values_of(request)
    try:
        await list_acting.may_send(s, viewer, source)
        sample, _ = list_templates.sample_of(values.get("sample", "").encode())
        template = list_templates.corrected(values, s.means.policy)
        if values.get("step") == "save":
            await list_templates.save(s, viewer, source, template)
            return RedirectResponse(f"/lists/{source}#settings", status_code=303)
    except Wrong as wrong:
        return await _page(request, s, viewer, source, Given(values, Trouble.of(wrong)))
    kept = {"sample": sample, "template": written(template).decode()}
    return await _page(request, s, viewer, source, Given(kept))


@api.post("/{source}/template/guess")
async def guess_it(source: UUID, asked: SampleAsked, viewer: Posting, s: Wired) -> GuessShown:
    """A template for the first rows of a file, with the reason for each column. Nothing is kept."""
    await list_acting.may_send(s, viewer, source)
    sample, dropped = list_templates.sample_of(asked.sample.encode())
    found = list_templates.proposed(sample, asked.filename, s)
    given = msgspec.json.decode(written(found.template)) if found.template else None
    return GuessShown(template=given, because=found.because, sure=found.sure, dropped=dropped)


@api.post("/{source}/template")
async def save(source: UUID, asked: TemplateAsked, viewer: Posting, s: Wired) -> Done:
    """Make this the list's template, from its next file on."""
    template = checked(asked.template, s.means.policy)
    saved = await list_templates.save(s, viewer, source, template)
    return Done(said=f"{saved.name} is read by it from the next file on.")


async def _page(
    request: Request, s: Services, viewer: Viewer, which: UUID, given: Given, **more: Any
) -> Response:
    source = await list_acting.may_send(s, viewer, which)
    seen = None
    trouble = given.trouble
    if given["template"] and given["sample"]:
        try:
            asked = given.values if trouble is None or "columns" in given.values else {}
            template = list_templates.corrected(asked, s.means.policy)
            seen = list_templates.shown(given["sample"], template, source, s)
        except Wrong:
            bare = {"template": given["template"]}
            template = list_templates.corrected(bare, s.means.policy)
            seen = list_templates.shown(given["sample"], template, source, s)
    context = {
        "source": source,
        "given": given,
        "now_read": template_said(source),
        "seen": seen,
        "rows": list_templates.rows_of(seen, s.means.policy) if seen else [],
        "carried": written(seen.template).decode() if seen else given["template"],
        "layouts": list_templates.known_layouts(),
        "words": list_templates.words(),
        "guessed": None,
        "dropped": 0,
        **more,
    }
    status = 422 if given.trouble else 200
    return page(request, "lists/template.html", context, viewer=viewer, status=status)
