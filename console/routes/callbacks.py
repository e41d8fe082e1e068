"""What Twilio posts to us: inbound messages and delivery states. Open to the world, but signed.

X-Twilio-Signature is checked against the public address (services.public_url and the path), never
against the Host header, which anybody can write. Without a valid signature the answer is
403 whatever was sent, so that nothing can be learned here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.datastructures import ImmutableMultiDict

from domain.errors import Unavailable
from notifiers import inbound
from notifiers.channels.sms import MESSAGE_PATH, STATUS_PATH, twiml
from storage.postgres import AWAY

if TYPE_CHECKING:
    from console.services import Services

BODY_LIMIT = 32 * 1024
FIELDS_LIMIT = 100

router = APIRouter(tags=["callbacks"])

Form = ImmutableMultiDict[str, str]


async def _signed(request: Request) -> Form | Response:
    """The form, if Twilio signed it for our public address; else the answer that refuses it."""
    services: Services = request.app.state.services
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > BODY_LIMIT:
            return Response("too large\n", 413, media_type="text/plain")
    try:
        form: Form = ImmutableMultiDict(
            parse_qsl(
                body.decode("utf-8"),
                keep_blank_values=True,
                max_num_fields=FIELDS_LIMIT,
                errors="strict",
            )
        )
    except ValueError:
        form = ImmutableMultiDict()
    url = services.public_url + request.url.path
    if request.url.query:
        url = f"{url}?{request.url.query}"
    signature = request.headers.get("x-twilio-signature", "")
    if services.sms is None or not form or not services.sms.valid_signature(url, form, signature):
        return Response("the signature is not valid\n", 403, media_type="text/plain")
    return form


@router.post(MESSAGE_PATH, response_class=Response)
async def message(request: Request) -> Response:
    """An officer's SMS: "ACK 7K3QHTA". Answers TwiML."""
    form = await _signed(request)
    if isinstance(form, Response):
        return form
    services: Services = request.app.state.services
    provider_id = form.get("MessageSid", "")[:64]
    if not provider_id:
        return Response("MessageSid is missing\n", 400, media_type="text/plain")
    sender, body = form.get("From", "")[:64], form.get("Body", "").replace("\0", "")
    try:
        async with services.db.transaction() as conn:
            answer = await inbound.message(
                conn, provider_id, sender.replace("\0", ""), body, services.clock()
            )
    except AWAY:
        return _later()
    return Response(twiml(answer), media_type="application/xml")


@router.post(STATUS_PATH, response_class=Response)
async def status(request: Request) -> Response:
    """What became of an SMS of ours. 204 whether or not it changed anything."""
    form = await _signed(request)
    if isinstance(form, Response):
        return form
    services: Services = request.app.state.services
    error = form.get("ErrorCode", "")
    try:
        delivery = UUID(request.query_params["delivery"])
    except (KeyError, ValueError):
        delivery = None
    try:
        async with services.db.transaction() as conn:
            await inbound.status(
                conn,
                form.get("MessageSid", "")[:64].replace("\0", ""),
                form.get("MessageStatus", "").lower(),
                int(error) if error.isascii() and error.isdigit() else None,
                services.clock(),
                delivery=delivery,
            )
    except AWAY:
        return _later()
    return Response(status_code=204)


def _later() -> Response:
    seconds = str(int(Unavailable("the database").retry_after))
    return Response("try again\n", 503, {"retry-after": seconds}, media_type="text/plain")
