"""SMS by Twilio's official client. The only file that imports twilio.

The client speaks through httpx, so that time and size are bounded, nothing is redirected and the
base address can be another server (a proxy of the agency, or the fake gateway).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import httpx
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.twiml.messaging_response import MessagingResponse

from domain.clock import Clock, system_clock
from domain.errors import BadInput
from notifiers import texts
from notifiers.channels.base import (
    BODY_LIMIT,
    Message,
    Outcome,
    Retryable,
    Sent,
    channel,
    retry_after,
)
from notifiers.channels.twilio_codes import judge

TWILIO = "https://api.twilio.com"
STATUS_PATH = "/callbacks/twilio/status"
MESSAGE_PATH = "/callbacks/twilio/message"

_Client: TypeAlias = Any  # twilio has no types
_logger = logging.getLogger(__name__)
_asked: ContextVar[str | None] = ContextVar("retry_after", default=None)
"""The Retry-After of this task's last answer: Twilio's exceptions do not carry it."""


@dataclass(frozen=True)
class SmsConfig:
    """The agency's account. `sender` is a number in E.164 or a messaging service ("MG...").

    `public_url` is how phones and Twilio reach the console; `api_url` another base address.
    Raises BadInput for what cannot work.
    """

    account: str
    token: str = field(repr=False)
    sender: str
    public_url: str
    api_url: str = TWILIO
    timeout: float = 8.0

    def __post_init__(self) -> None:
        if not self.account.startswith("AC"):
            raise BadInput("sms.account", "a Twilio account SID starts with AC")
        if not self.token:
            raise BadInput("sms.token", "the account's auth token is missing")
        if not self.sender.startswith(("+", "MG")):
            raise BadInput("sms.sender", "a number like +16205550142, or a service SID MG...")
        if urlsplit(self.api_url).scheme not in {"https", "http"}:
            raise BadInput("sms.api_url", "must be a web address")
        object.__setattr__(self, "public_url", texts.check_public_url(self.public_url))


class _Wire(AsyncHttpClient):  # type: ignore[misc]
    """httpx under Twilio's client: its own base address, no redirects, a bounded answer."""

    def __init__(self, api_url: str, timeout: float) -> None:
        super().__init__(_logger, True, timeout)
        self._base = httpx.URL(api_url)
        self._http = httpx.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=False)

    async def request(
        self,
        method: str,
        uri: str,
        params: Any = None,
        data: Any = None,
        headers: Any = None,
        auth: Any = None,
        timeout: float | None = None,  # noqa: ARG002 (Twilio's signature)
        allow_redirects: bool = False,  # noqa: ARG002
    ) -> Any:
        base = self._base
        url = httpx.URL(uri).copy_with(scheme=base.scheme, host=base.host, port=base.port)
        # Raw and unpacked by nobody: a small packed answer cannot grow in here.
        headers = {**(headers or {}), "Accept-Encoding": "identity"}
        async with self._http.stream(
            method, url, params=params or None, data=data, headers=headers, auth=auth
        ) as answer:
            _asked.set(answer.headers.get("retry-after"))
            body = b""
            async for part in answer.aiter_raw():
                body += part
                if len(body) > BODY_LIMIT:
                    break
            text = body[:BODY_LIMIT].decode("utf-8", "replace")
            return Response(answer.status_code, text, answer.headers)

    async def aclose(self) -> None:
        await self._http.aclose()


@channel("sms")
class SmsChannel:
    """One SMS an attempt; whether it arrived comes later, by a signed status callback."""

    name = "sms"
    confirms = True

    def __init__(self, config: SmsConfig, clock: Clock = system_clock) -> None:
        self.config = config
        self._clock = clock
        self._wire = _Wire(config.api_url, config.timeout)
        # An empty environment: an account of the shell must not sneak in.
        self._client: _Client = Client(
            config.account, config.token, http_client=self._wire, environment={"_": ""}
        )
        self._validator = RequestValidator(config.token)

    async def send(self, message: Message) -> Outcome:
        """Hand the text to Twilio. Never raises."""
        sender = (
            {"messaging_service_sid": self.config.sender}
            if self.config.sender.startswith("MG")
            else {"from_": self.config.sender}
        )
        callback = f"{self.config.public_url}{STATUS_PATH}?delivery={message.delivery}"
        _asked.set(None)
        try:
            async with asyncio.timeout(self.config.timeout):
                made = await self._client.messages.create_async(
                    to=message.address, body=message.text, status_callback=callback, **sender
                )
        except (TwilioRestException, TwilioServiceException) as refused:
            return self._refused(refused)
        except TimeoutError:
            return Retryable(None, f"no answer in {self.config.timeout:g} s")
        except httpx.TimeoutException:
            return Retryable(None, f"no answer in {self.config.timeout:g} s")
        except httpx.HTTPError as broken:
            return Retryable(None, f"the gateway cannot be reached ({type(broken).__name__})")
        except (TwilioException, ValueError, TypeError, KeyError, AttributeError):
            return Retryable(None, "the gateway's answer was not understood")
        sid = made.sid
        if not isinstance(sid, str) or not sid:
            return Retryable(None, "the gateway's answer was not understood")
        return Sent(sid[:64])

    def _refused(self, refused: Any) -> Outcome:
        """Twilio's words are not repeated: they may quote the number or the text."""
        status = refused.status if isinstance(refused.status, int) else 500
        code = refused.code if isinstance(refused.code, int) else None
        return judge(code, status, retry_after(_asked.get(), self._clock()))

    def valid_signature(self, url: str, params: Mapping[str, Any], signature: str) -> bool:
        """Whether Twilio signed this request: X-Twilio-Signature over our own public address.

        `url` is public_url, path and query as Twilio called it; `params` the form fields.
        """
        if not signature.isascii():
            return False
        return bool(self._validator.validate(url, params, signature))

    async def aclose(self) -> None:
        await self._wire.aclose()


def twiml(text: str) -> str:
    """The answer to an inbound message in Twilio's XML; "" answers nothing."""
    response = MessagingResponse()
    if text:
        response.message(text)
    return str(response.to_xml())
