"""The agency of its own that `bolo smoke` makes for a check, and takes out of use again."""

from __future__ import annotations

import secrets

from cameras.store import create_token, register_camera, revoke_token
from domain.clock import system_clock
from domain.errors import BoloError
from hotlists.configuring import ensure_source
from hotlists.refresh import refresh
from notifiers import recipients
from people import store as people
from people.passwords import hash_password
from simulator.gateway import FakeGateway
from storage.postgres import Database

ORI = "SMOKE0000"


class StepFailed(BoloError):
    """A step did not happen; the message says which and what to look at."""


async def set_up(db: Database, plate: str, gateway: FakeGateway, phone: str) -> dict[str, str]:
    """Agency, dispatcher, officer, camera, recipients, a list with `plate`: their names and keys.

    Raises StepFailed when the list is not taken.
    """
    now = system_clock()
    password = secrets.token_urlsafe(18)
    hashed = await hash_password(password)
    run = secrets.token_hex(4)
    async with db.transaction() as conn:
        await people.create_agency(conn, ORI, "bolo smoke test", "UTC", by="smoke", now=now)
        await conn.execute("update people set active = false, phone = '' where agency = %s", (ORI,))
        ids = {}
        for role in ("dispatcher", "officer"):
            person = await people.create_person(
                conn,
                ORI,
                f"smoke-{role}-{run}",
                f"Smoke {role}",
                role,  # type: ignore[arg-type]
                hashed,
                phone=phone if role == "officer" else "",
                by="smoke",
                now=now,
            )
            ids[role] = person.id
        await register_camera(conn, ORI, "smoke", name="Smoke test", by="smoke", now=now)
        token = await create_token(conn, ORI, f"smoke {run}", "smoke", now, by="smoke")
        await recipients.add(
            conn,
            ORI,
            "Smoke officer",
            "officer",
            "sms",
            phone,
            now,
            by="smoke",
            person=ids["officer"],
        )
        hook = await recipients.add(
            conn,
            ORI,
            "Smoke system",
            "system",
            "webhook",
            gateway.webhook_url,
            now,
            by="smoke",
            secret=gateway.secret,
            allow_private=True,
        )
        source = await ensure_source(conn, ORI, "smoke", by="smoke", now=now)
    rows = (
        "LIC,LIS,LIY,LIT,VIN,VYR,VMA,VMO,VST,VCO,ORI,NIC,OCA,MKE\n"
        f"{plate},KS,2027,PC,,2019,HYUN,ELA,4D,BLU,{ORI},SMOKE{run},SMOKE-{run},EV\n"
    )
    result = await refresh(
        db, source, rows.encode(), by="smoke", now=now, accept_anyway="smoke test"
    )
    if result.outcome == "quarantined":
        msg = " ".join(result.sentences())
        raise StepFailed(msg)
    return {
        "pw": password,
        "dispatcher": f"smoke-dispatcher-{run}",
        "officer": f"smoke-officer-{run}",
        "token": token,
        "hook": str(hook.id),
    }


async def clear(db: Database, made: dict[str, str]) -> None:
    """No token, log-in or recipient of the check stays usable; its records stay, as all do."""
    now = system_clock()
    async with db.transaction() as conn:
        await revoke_token(conn, made["token"], now, by="smoke")
        await conn.execute("update people set active = false, phone = '' where agency = %s", (ORI,))
        await conn.execute("update recipients set active = false where agency = %s", (ORI,))
