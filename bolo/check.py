"""`bolo check`: the configuration and every connection, each with what to do when it fails."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from bolo import logs
from bolo.policy_file import named
from bolo.settings import Settings, load, secrets, strangers
from domain import topics
from domain.errors import BoloError
from storage import migrate
from storage.images import ImageStore
from storage.kafka import Producer
from storage.postgres import Database

PATIENCE = 15.0


async def check() -> bool:
    """Print a line for each; whether all is well. All are asked at once: several servers that are
    away cost one wait."""
    logs.configure(role="check", level="critical")
    settings = load()
    for name in strangers(os.environ):
        print(f"look    {name} is no setting of bolo: a typo? docs/settings.md has them all")
    checks: tuple[tuple[str, Callable[[Settings], Awaitable[str]], str], ...] = (
        ("configuration", _configuration, ""),
        ("policy", _policy, "bolo policy check explains it; docs/policy.md has every key"),
        ("list files", _list_files, "docs/hotlists.md says how a list arrives"),
        ("database", _database, "is BOLO_DATABASE_URL right, and does the server run?"),
        ("Kafka", _kafka, "is BOLO_KAFKA right, and does the broker run? Then: bolo migrate"),
        ("image store", _images, "may this user write to BOLO_IMAGES_URL?"),
        ("SMS gateway", _sms, "is BOLO_TWILIO_API_BASE right, and may this machine reach it?"),
        ("lists", _lists, "bolo hotlists import FILE --agency ORI --name NAME"),
    )
    well = True
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(_asked(work, settings)) for _, work, _ in checks]
        for (what, _, advice), one in zip(checks, asked, strict=True):
            ok, found = await one
            print(f"{'ok' if ok else 'FAILED':8}{what}: {found}")
            if not ok and advice:
                print(f"        {advice}")
            well &= ok
    return well


async def _asked(
    work: Callable[[Settings], Awaitable[str]], settings: Settings
) -> tuple[bool, str]:
    """Whether it is well, and what was found. Never raises: the others would be ended unasked, and
    what they have to say may be the cause of this one (a database without tables)."""
    try:
        async with asyncio.timeout(PATIENCE):
            found = await work(settings)
    except TimeoutError:
        return False, f"no answer within {PATIENCE:.0f} s"
    except (BoloError, httpx.HTTPError, OSError) as wrong:
        return False, str(wrong) or type(wrong).__name__
    except Exception as wrong:  # its words may quote a row
        return False, type(wrong).__name__
    return True, found


class _Wrong(BoloError):
    """A check that did not pass, in words."""


async def _configuration(settings: Settings) -> str:
    loopback = urlsplit(settings.public_url).hostname in ("127.0.0.1", "localhost")
    if settings.public_url.startswith("http://") and not loopback:
        msg = "BOLO_PUBLIC_URL must be https: log-ins and alerts would cross the network in clear"
        raise _Wrong(msg)
    if settings.public_url.startswith("https://") and not settings.trusted_proxies:
        msg = (
            "set BOLO_TRUSTED_PROXIES to your TLS proxy's address: without it every log-in seems to"
            " come from the proxy, and one person's wrong passwords lock all of them out"
        )
        raise _Wrong(msg)
    return f"console at {settings.public_url}" + ("" if settings.sms else ", no SMS gateway set")


async def _policy(settings: Settings) -> str:
    found = named(settings.policy)
    return f"{found.name}, {len(found.categories)} categories"


async def _list_files(settings: Settings) -> str:
    names = sorted(secrets(os.environ))
    said = f"secrets {', '.join(names)}" if names else "no secret set"
    if settings.list_key.get_secret_value():
        return f"original files are kept encrypted; {said}"
    return f"BOLO_LIST_KEY is not set, so original files are not kept; {said}"


async def _database(settings: Settings) -> str:
    async with Database(settings.database_url, size=2) as db:
        await db.wait(5)
    at = await asyncio.to_thread(migrate.current, settings.database_url)
    if at != migrate.heads():
        msg = f"is at revision {at or 'none'}, this version needs {migrate.heads()}: bolo migrate"
        raise _Wrong(msg)
    return f"answers, at revision {at}"


async def _kafka(settings: Settings) -> str:
    producer = Producer(settings.kafka, client_id="bolo-check")
    await producer.start()
    try:
        found = {topic: await producer.partitions(topic) for topic in topics.ALL}
    finally:
        await producer.stop()
    return ", ".join(f"{topic} ({count})" for topic, count in found.items())


async def _images(settings: Settings) -> str:
    store = ImageStore(settings.images_url)
    key = f"check/{uuid4().hex}.txt"
    await store.put(key, b"bolo", "text/plain")
    same = await store.get(key) == b"bolo"
    await store.delete(key)
    if not same:
        msg = "gave back other bytes than were put"
        raise _Wrong(msg)
    return "takes, gives back and deletes"


async def _sms(settings: Settings) -> str:
    if not settings.sms:
        return "none set; officers are told by webhook alone"
    async with httpx.AsyncClient(timeout=8) as http:
        answer = await http.get(
            f"{settings.twilio_api_base}/2010-04-01/Accounts/{settings.twilio_account_sid}.json",
            auth=(settings.twilio_account_sid, settings.twilio_auth_token.get_secret_value()),
        )
    if answer.status_code == 401:
        msg = "refuses BOLO_TWILIO_ACCOUNT_SID with BOLO_TWILIO_AUTH_TOKEN"
        raise _Wrong(msg)
    return f"answers ({answer.status_code})"


async def _lists(settings: Settings) -> str:
    from hotlists.store import in_force

    async with Database(settings.database_url, size=2) as db, db.connection() as conn:
        lists = await in_force(conn)
    if not lists:
        msg = "no list is in force, so nothing can match"
        raise _Wrong(msg)
    return f"{len(lists)} in force"
