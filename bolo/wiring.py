"""What every process of bolo begins with: settings, logs, the database, the operator's door."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from bolo import logs
from bolo.ops import Check, OpsServer
from bolo.policy_file import named
from bolo.settings import Settings, load, secrets
from domain.errors import BadInput, CannotStart, PolicyError
from hotlists.refresh import Means
from hotlists.sealing import key_of
from notifiers.channels.sms import SmsChannel, SmsConfig
from policy.model import Policy
from storage.postgres import Database


def begin(role: str) -> Settings:
    """The settings, and logs that name the role.

    Raises BadInput, saying what to set, and CannotStart for a policy that contradicts itself.
    """
    settings = load()
    logs.configure(role=role, level=settings.log_level, json=settings.log_format == "json")
    policy(settings)
    return settings


def policy(settings: Settings) -> Policy:
    """The agency's policy. Raises CannotStart with the lines that are wrong or disagree."""
    return policy_named(settings.policy)


def policy_named(name: str) -> Policy:
    """The same by its preset's name or path, for what starts without settings."""
    try:
        return named(name)
    except (PolicyError, BadInput) as wrong:
        msg = f"the policy {name} stops the start (bolo policy check says more):\n{wrong}"
        raise CannotStart(msg) from wrong


def means(settings: Settings) -> Means:
    """What refreshes of lists work with: policy, the key of originals, secrets by name."""
    key = settings.list_key.get_secret_value()
    named = {name: value.get_secret_value() for name, value in secrets(os.environ).items()}
    return Means(policy(settings), key_of(key) if key else None, named)


@asynccontextmanager
async def database(settings: Settings, role: str) -> AsyncIterator[Database]:
    """A pool; connections come when the server is there."""
    name = f"bolo-{role}"
    async with Database(settings.database_url, size=settings.database_pool, name=name) as db:
        yield db


async def ops(stack: AsyncExitStack, settings: Settings, checks: dict[str, Check]) -> None:
    """Metrics and health of this process, where the settings want them."""
    await stack.enter_async_context(OpsServer(settings.ops_port, checks, host=settings.ops_host))


async def ended(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait until it is gone."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def sms_channel(settings: Settings) -> SmsChannel | None:
    """The SMS gateway, or None when none is configured."""
    if not settings.sms:
        return None
    return SmsChannel(
        SmsConfig(
            account=settings.twilio_account_sid,
            token=settings.twilio_auth_token.get_secret_value(),
            sender=settings.twilio_from,
            public_url=settings.public_url,
            api_url=settings.twilio_api_base,
        )
    )
