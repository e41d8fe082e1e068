"""The fake gateway's wire: Twilio's Messages resource and a Standard Webhooks receiver."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import json
import re
from collections.abc import Awaitable, Callable
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl

from standardwebhooks import Webhook, WebhookVerificationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulator.gateway_model import Behaviour, Hook, Memory, Text, new_sid, now

BODY_LIMIT = 256 * 1024
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")

# HTTP status and words of Twilio's answers (its error dictionary); others are 400.
_STATUS = {20003: 401, 20429: 429, 20503: 503, 30001: 429}
_WORDS = {
    20003: "Authenticate",
    21211: "The 'To' number is not a valid phone number.",
    21602: "Message body is required.",
    21603: "A 'From' phone number or Messaging Service is required.",
    21604: "A 'To' phone number is required.",
    21610: "Attempt to send to unsubscribed recipient",
    21617: "The concatenated message body exceeds the 1600 character limit.",
}

Taken = Callable[[Text], None]


def refusal(code: int) -> JSONResponse:
    """An error as Twilio words it."""
    status = _STATUS.get(code, 400)
    return JSONResponse(
        {
            "code": code,
            "message": _WORDS.get(code, f"Error {code}"),
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": status,
        },
        status,
        {"retry-after": "1"} if status in {429, 503} else None,
    )


async def misbehave(behaviour: Behaviour) -> Response | None:
    """The answer of a bad day, or None."""
    if behaviour.down:
        page = "<html><body><h1>503 Service Unavailable</h1></body></html>"
        return Response(page, 503, media_type="text/html")
    if behaviour.fail:
        return Response("something went wrong\n", behaviour.fail, media_type="text/plain")
    return None


def messages(
    account: str, token: str, memory: Memory, behaviour: Callable[[], Behaviour], taken: Taken
) -> Callable[[Request], Awaitable[Response]]:
    """POST /2010-04-01/Accounts/{sid}/Messages.json."""

    async def post(request: Request) -> Response:
        how = behaviour()
        bad_day = await misbehave(how)
        if bad_day is not None:
            return bad_day
        if not _basic(request, account, token) or request.path_params["sid"] != account:
            return refusal(20003)
        body = await request.body()
        if len(body) > BODY_LIMIT:
            return refusal(21617)
        fields = dict(parse_qsl(body.decode("utf-8", "replace")))
        problem = _problem(fields, how, memory)
        if problem:
            return refusal(problem)
        text = Text(
            sid=new_sid(),
            way="out",
            number=fields["To"],
            body=fields["Body"],
            at=now(),
            status="queued",
            segments=-(-len(fields["Body"]) // 160),
            callback=fields.get("StatusCallback", ""),
        )
        memory.texts.append(text)
        taken(text)
        await asyncio.sleep(how.delay)
        return JSONResponse(_made(text, account, fields), 201)

    return post


def _basic(request: Request, account: str, token: str) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    try:
        plain = base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        return False
    return scheme.lower() == "basic" and hmac.compare_digest(plain, f"{account}:{token}".encode())


def _problem(fields: dict[str, str], how: Behaviour, memory: Memory) -> int:
    """Twilio's error code for this form, 0 for none."""
    to, body = fields.get("To", ""), fields.get("Body", "")
    checks = (
        (not to, 21604),
        (not (fields.get("From") or fields.get("MessagingServiceSid")), 21603),
        (not body, 21602),
        (len(body) > 1600, 21617),
        (not _E164.fullmatch(to), 21211),
        (to in memory.stopped, 21610),
    )
    return next((code for wrong, code in checks if wrong), how.refuse.get(to, 0))


def _made(text: Text, account: str, fields: dict[str, str]) -> dict[str, Any]:
    """The Message resource as Twilio answers it (api_v2010 in its OpenAPI description)."""
    at = format_datetime(text.at)
    uri = f"/2010-04-01/Accounts/{account}/Messages/{text.sid}"
    return {
        "account_sid": account,
        "api_version": "2010-04-01",
        "body": text.body,
        "date_created": at,
        "date_sent": None,
        "date_updated": at,
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": fields.get("From"),
        "messaging_service_sid": fields.get("MessagingServiceSid"),
        "num_media": "0",
        "num_segments": str(text.segments),
        "price": None,
        "price_unit": "USD",
        "sid": text.sid,
        "status": "queued",
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "tags": None,
        "to": text.number,
        "uri": f"{uri}.json",
    }


def webhook(
    secret: str, memory: Memory, behaviour: Callable[[], Behaviour]
) -> Callable[[Request], Awaitable[Response]]:
    """POST /webhook: verified by the official library, replays are never taken twice.

    A known id with a fresh signature is the sender trying again, and is answered 200 so that it
    stops; an old timestamp or a wrong signature is refused.
    """

    async def post(request: Request) -> Response:
        how = behaviour()
        bad_day = await misbehave(how)
        if bad_day is not None:
            return bad_day
        body = await request.body()
        try:
            verifier: Any = Webhook(secret)
            event = verifier.verify(body, dict(request.headers))
        except (WebhookVerificationError, UnicodeDecodeError, ValueError) as bad:
            memory.refused += 1
            return JSONResponse({"error": type(bad).__name__}, 401)
        if not isinstance(event, dict) or event.get("specversion") != "1.0":
            memory.refused += 1
            return JSONResponse({"error": "not a CloudEvent 1.0"}, 400)
        known = memory.hooks.get(request.headers["webhook-id"])
        if known is not None:
            known.times += 1
        else:
            which = request.headers["webhook-id"]
            memory.hooks[which] = Hook(id=which, event=event, at=now())
        await asyncio.sleep(how.delay)
        return Response(json.dumps({"ok": True}), 200, media_type="application/json")

    return post
