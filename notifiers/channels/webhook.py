"""Webhooks: a CloudEvent, signed by Standard Webhooks, posted to a public https address.

Refuses to be turned against the agency's own network: the host is resolved here, every address
it has must be public, and the request goes to the very address that was checked, so
a name that answers differently a moment later (DNS rebinding) gains nothing. No redirects.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import certifi
import httpx
from standardwebhooks import Webhook

from domain.clock import Clock, system_clock
from domain.errors import BadInput
from notifiers import addresses
from notifiers.channels.base import (
    BODY_LIMIT,
    Message,
    Outcome,
    Permanent,
    Retryable,
    Sent,
    channel,
    retry_after,
)

# httpx logs each address at INFO, and a webhook's address may hold a token.
logging.getLogger("httpx").setLevel(logging.WARNING)

_AGAIN = frozenset({408, 425, 429})
_GONE = 410


@dataclass(frozen=True)
class WebhookConfig:
    """`timeout` is for all of it, in seconds. `allow_private` is for demos and tests alone.

    `ca_file`: certificates (PEM) to trust instead of the usual ones, for an agency's own authority.
    """

    timeout: float = 8.0
    allow_private: bool = False
    ca_file: str = ""


class NotPublic(Exception):
    """The address may not be called."""


class NoAddress(Exception):
    """The name has no address now."""


def _trust(ca_file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file or certifi.where())
    except (OSError, ssl.SSLError):
        raise BadInput("webhook.ca_file", "not a readable file of PEM certificates") from None


@channel("webhook")
class WebhookChannel:
    """A 2xx answer is the confirmation: there is none to wait for."""

    name = "webhook"
    confirms = False

    def __init__(self, config: WebhookConfig | None = None, clock: Clock = system_clock) -> None:
        self.config = config or WebhookConfig()
        self._clock = clock
        self._http = httpx.AsyncClient(
            timeout=self.config.timeout,
            follow_redirects=False,
            trust_env=False,
            verify=_trust(self.config.ca_file),
            # The pool knows a connection by its pinned address, not by the name its certificate
            # was checked for: kept alive, it would carry another name's message unchecked.
            limits=httpx.Limits(max_keepalive_connections=0),
            headers={"user-agent": "bolo-webhooks/1"},
        )

    async def send(self, message: Message) -> Outcome:
        """Post the event once. Never raises."""
        try:
            async with asyncio.timeout(self.config.timeout):
                return await self._post(message)
        except (TimeoutError, httpx.TimeoutException):
            return Retryable(None, f"no answer in {self.config.timeout:g} s")
        except NoAddress:
            return Retryable(None, "the webhook's host name has no address")
        except NotPublic:
            return Permanent("the webhook's host is not public")
        except BadInput as bad:
            return Permanent(f"the webhook's {bad.field} cannot be used: {bad.problem}")
        except httpx.InvalidURL:
            return Permanent("the webhook's address cannot be used")
        except (httpx.HTTPError, OSError) as broken:
            return Retryable(None, f"the webhook cannot be reached ({type(broken).__name__})")

    async def _post(self, message: Message) -> Outcome:
        url = httpx.URL(addresses.webhook(message.address, allow_private=self.config.allow_private))
        port = url.port or (443 if url.scheme == "https" else 80)
        found = await resolve(url.host, port, allow_private=self.config.allow_private)
        headers = {
            "content-type": "application/cloudevents+json; charset=utf-8",
            "host": url.netloc.decode("ascii"),
            **sign(message),
        }
        for pinned in found[:-1]:  # a host with IPv6 and IPv4 may be reachable by one alone
            with suppress(httpx.ConnectError):
                return await self._post_to(url, pinned, headers, message.body)
        return await self._post_to(url, found[-1], headers, message.body)

    async def _post_to(
        self, url: httpx.URL, pinned: str, headers: dict[str, str], body: bytes
    ) -> Outcome:
        async with self._http.stream(
            "POST",
            url.copy_with(host=pinned),
            content=body,
            headers=headers,
            # The certificate is checked for the name, not for the pinned address.
            extensions={"sni_hostname": url.host} if url.scheme == "https" else {},
        ) as answer:
            read = 0
            async for part in answer.aiter_raw():
                read += len(part)
                if read > BODY_LIMIT:
                    break
            return self._judge(answer)

    def _judge(self, answer: httpx.Response) -> Outcome:
        status = answer.status_code
        if 200 <= status < 300:
            return Sent()
        words = f"the webhook answered HTTP {status}"
        if status == _GONE:
            return Permanent(f"{words}: it wants no more", gone=True)
        if status < 400 or status in _AGAIN or status >= 500:
            return Retryable(retry_after(answer.headers.get("retry-after"), self._clock()), words)
        return Permanent(words)

    async def aclose(self) -> None:
        await self._http.aclose()


async def resolve(host: str, port: int, *, allow_private: bool = False) -> tuple[str, ...]:
    """The host's addresses (at most 4), after all that it has were found public.

    Raises NoAddress, and NotPublic when a single one is not.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        hosts = [ipaddress.ip_address(str(a[4][0]).partition("%")[0]) for a in found]
    except (OSError, ValueError):
        raise NoAddress from None
    if not hosts:
        raise NoAddress
    if not allow_private and not all(addresses.is_public(a) for a in hosts):
        raise NotPublic
    return tuple(str(h) for h in dict.fromkeys(hosts))[:4]


def sign(message: Message) -> dict[str, str]:
    """The three headers of Standard Webhooks. The id is the delivery's, the same at each attempt.

    Raises BadInput when the recipient's secret is none.
    """
    signer: Any = Webhook(addresses.secret(message.secret))
    return {
        "webhook-id": str(message.delivery),
        "webhook-timestamp": str(int(message.at.timestamp())),
        "webhook-signature": signer.sign(str(message.delivery), message.at, message.body.decode()),
    }
