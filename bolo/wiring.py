"""What every process of bolo begins with: settings, logs, the database, the operator's door."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from bolo import logs
from bolo.ops import Check, OpsServer
from bolo.settings import Settings, load
from notifiers.channels.sms import SmsChannel, SmsConfig
from storage.postgres import Database


def begin(role: str) -> Settings:
    """The settings, and logs that name the role. Raises BadInput, saying what to set."""
    settings = load()
    logs.configure(role=role, level=settings.log_level, json=settings.log_format == "json")
    return settings


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
