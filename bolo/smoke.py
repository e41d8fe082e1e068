"""`bolo smoke`: one read all the way, as a camera, a dispatcher and an officer would do it.

Without --url it starts a private embedded stack. With --url it uses a running one: it makes an
agency of its own there (ORI SMOKE0000), so that no agency's desk sees the alert.
"""

from __future__ import annotations

import asyncio
import json as json_module
import secrets
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from bolo import logs
from bolo.settings import load
from bolo.smoke_agency import ORI, StepFailed, clear, set_up
from bolo.stack import fake_gateway_env, running
from bolo.visitor import Visitor
from domain.errors import BoloError
from notifiers.store import deliveries_of
from simulator.gateway import ACCOUNT, TOKEN, FakeGateway
from storage.postgres import Database

OFFICER_PHONE = "+13165550199"
PATIENCE = 30.0
"""Seconds that any one step may take."""

T = TypeVar("T")


class Steps:
    """Runs steps, remembers each with its milliseconds, prints as it goes."""

    def __init__(self, *, quiet: bool) -> None:
        self.done: list[dict[str, Any]] = []
        self._quiet = quiet

    async def do(
        self, name: str, work: Callable[[], Awaitable[T]], *, patience: float = PATIENCE
    ) -> T:
        """The step's result. Raises StepFailed with the cause in a sentence."""
        start = time.perf_counter()
        problem = ""
        try:
            async with asyncio.timeout(patience):
                return await work()
        except TimeoutError:
            problem = f"did not happen within {patience:.0f} s"
        except (BoloError, httpx.HTTPError, OSError) as wrong:
            problem = str(wrong) or type(wrong).__name__
        finally:
            took = (time.perf_counter() - start) * 1000
            self.done.append({"step": name, "ms": round(took, 1), "problem": problem})
            if not self._quiet:
                print(f"{'FAILED' if problem else 'ok':7}{took:9.1f} ms  {name}", flush=True)
        msg = f"{name}: {problem}"
        raise StepFailed(msg)


async def smoke(*, url: str, sms_to: str, as_json: bool) -> bool:
    """Print each step; whether all happened."""
    logs.configure(role="smoke", level="critical")
    steps = Steps(quiet=as_json)
    problem = ""
    try:
        async with AsyncExitStack() as stack:
            if url:
                await _of_running(stack, steps, url.rstrip("/"), sms_to)
            else:
                await _of_private(stack, steps)
    except BoloError as wrong:
        problem = str(wrong)
    ok = not problem
    if as_json:
        print(json_module.dumps({"ok": ok, "problem": problem, "steps": steps.done}))
    else:
        print("All of it happened." if ok else f"It did not all happen. {problem}")
    return ok


async def _of_private(stack: AsyncExitStack, steps: Steps) -> None:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bolo-smoke-")))
    folder.chmod(0o755)  # the database runs as a user of its own when we are root
    gateway = await stack.enter_async_context(FakeGateway())
    env = fake_gateway_env(gateway.url)
    started = running(folder, say=lambda _: None, env=env)
    at = await steps.do(
        "a private stack is up", lambda: stack.enter_async_context(started), patience=90
    )
    await _walk(steps, at.console_url, at.database_url, gateway, OFFICER_PHONE)


async def _of_running(stack: AsyncExitStack, steps: Steps, url: str, sms_to: str) -> None:
    settings = load()
    base = urlsplit(settings.twilio_api_base)
    fake = settings.sms and base.hostname == "127.0.0.1" and bool(base.port)
    gateway = FakeGateway(
        account=settings.twilio_account_sid or ACCOUNT,
        token=settings.twilio_auth_token.get_secret_value() or TOKEN,
        port=base.port or 0 if fake and not sms_to else 0,
    )
    if not fake and not sms_to:
        msg = "the installation texts through a real gateway: give --sms-to +1... to receive it"
        raise StepFailed(msg)
    if not settings.webhook_allow_private:
        msg = (
            "the webhook is received on this machine: start the courier with"
            " BOLO_WEBHOOK_ALLOW_PRIVATE=true while you check"
        )
        raise StepFailed(msg)
    await stack.enter_async_context(gateway)
    await _walk(steps, url, settings.database_url, gateway, sms_to or OFFICER_PHONE, not sms_to)


async def _walk(
    steps: Steps,
    url: str,
    database_url: str,
    gateway: FakeGateway,
    phone: str,
    sms_is_ours: bool = True,
) -> None:
    plate = f"SMK{secrets.randbelow(10**4):04d}"
    async with Database(database_url, size=3) as db:
        made = await steps.do(
            "agency, people, camera and list", lambda: set_up(db, plate, gateway, phone)
        )
        try:
            async with Visitor(url) as dispatcher, Visitor(url) as officer:
                await _acts(
                    steps, db, url, plate, made, dispatcher, officer, gateway, phone, sms_is_ours
                )
        finally:
            await clear(db, made)


async def _acts(
    steps: Steps,
    db: Database,
    url: str,
    plate: str,
    made: dict[str, str],
    dispatcher: Visitor,
    officer: Visitor,
    gateway: FakeGateway,
    phone: str,
    sms_is_ours: bool,
) -> None:
    await steps.do("dispatcher logs in", lambda: dispatcher.log_in(made["dispatcher"], made["pw"]))
    await steps.do("officer logs in", lambda: officer.log_in(made["officer"], made["pw"]))
    await asyncio.sleep(1.2)  # a new list is in force in every worker within a second
    await steps.do("camera posts a read, Kafka has it", lambda: _post_read(url, plate, made))
    row = await steps.do("possible hit on the desk", lambda: _until(lambda: _queued(dispatcher)))
    alert, code = row["id"], row["code"]
    told = len(gateway.texts(phone)) + len(gateway.events())

    async def hidden() -> None:
        page = await officer.page(f"/a/{code}")
        if page.status_code != 404:
            msg = f"an officer may not see an unverified alert, got {page.status_code}"
            raise StepFailed(msg)

    await steps.do("officer cannot see it yet", hidden)
    api = f"/api/alerts/{alert}"
    await steps.do("dispatcher claims", lambda: dispatcher.post(f"{api}/claim"))
    verification = {"source": "NCIC, live query", "reference": "SMOKE-1"}
    await steps.do("dispatcher verifies", lambda: dispatcher.post(f"{api}/verify", verification))
    if told != 0 and sms_is_ours:
        msg = "somebody was told before verification"
        raise StepFailed(msg)
    if sms_is_ours:
        text = await steps.do("SMS received", lambda: _until(lambda: _first(gateway.texts(phone))))
        if plate in text.body or f"/a/{code}" not in text.body:
            msg = f"the SMS must hold the link and no plate: {text.body!r}"
            raise StepFailed(msg)
    else:
        await steps.do(
            "SMS confirmed by the gateway", lambda: _until(lambda: _delivered(db, alert))
        )
    await steps.do(
        "webhook received, signature checked", lambda: _until(lambda: _hook(gateway, alert))
    )

    async def opened() -> None:
        page = await officer.page(f"/a/{code}")
        if page.status_code != 200 or plate[:3] not in page.text:
            msg = f"the phone page answered {page.status_code}"
            raise StepFailed(msg)

    await steps.do("officer opens the link", opened)
    await steps.do(
        "officer acknowledges", lambda: officer.post(f"{api}/reply", {"answer": "acknowledge"})
    )
    state = await steps.do("desk sees it acknowledged", lambda: dispatcher.get(api))
    if state["state"] != "acknowledged":
        msg = f"the alert is {state['state']}, not acknowledged"
        raise StepFailed(msg)
    outcome = {"outcome": "not pursued", "note": "smoke test"}
    await steps.do("officer reports the outcome", lambda: officer.post(f"{api}/close", outcome))


async def _post_read(url: str, plate: str, made: dict[str, str]) -> None:
    read = {
        "camera": "smoke",
        "plate": plate,
        "state": "KS",
        "confidence": 0.98,
        "state_confidence": 0.97,
        "seen_at": datetime.now(UTC).isoformat(),
    }
    headers = {"Authorization": f"Bearer {made['token']}"}
    async with httpx.AsyncClient(timeout=15) as http:
        answer = await http.post(f"{url}/api/reads", json=read, headers=headers)
    if answer.status_code != 202:
        msg = f"the intake answered {answer.status_code} {answer.text[:200]}"
        raise StepFailed(msg)


async def _until(look: Callable[[], Awaitable[T | None]]) -> T:
    """Look every 20 ms until something is there; the step's own patience bounds it."""
    while True:
        found = await look()
        if found is not None:
            return found
        await asyncio.sleep(0.02)


async def _queued(dispatcher: Visitor) -> Any:
    alerts = (await dispatcher.get("/api/alerts"))["alerts"]
    return alerts[0] if alerts else None


async def _first(found: list[T]) -> T | None:
    return found[0] if found else None


async def _hook(gateway: FakeGateway, alert: str) -> Any:
    return next((h for h in gateway.events() if h.event.get("subject") == alert), None)


async def _delivered(db: Database, alert: str) -> Any:
    from uuid import UUID

    async with db.connection() as conn:
        for one in await deliveries_of(conn, ORI, UUID(alert)):
            if one.channel == "sms" and one.state == "failed":
                msg = f"the gateway could not deliver the SMS: {one.problem}"
                raise StepFailed(msg)
            if one.channel == "sms" and one.state in ("sent", "delivered"):
                return one
    return None
