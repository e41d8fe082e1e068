"""What `bolo hotlists find | withdraw | lift | changes` do, in sentences for a person."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NoReturn

import msgspec
import typer

from bolo.admin import in_transaction, operator
from bolo.settings import load
from bolo.wiring import policy
from domain.clock import system_clock
from hotlists import finding, live_store
from hotlists.finding import Found
from hotlists.live_store import LiveEntry
from storage.postgres import Connection


def find(plate: str, agency: str, state: str, reason: str, nic: str) -> bool:
    """Print what lists want the plate; whether any does."""
    found = in_transaction(lambda conn: _find(conn, agency, plate, state, reason, nic))
    for one in found:
        typer.echo(_line(one))
    if not found:
        typer.echo("No list in force wants it.")
    return bool(found)


def withdraw(plate: str, agency: str, state: str, name: str, reason: str) -> None:
    """Withdraw the one entry that is meant."""
    one = _choose(_found(plate, agency, state, reason, withdrawn=False), name, "in force")

    async def take_back(conn: Connection) -> int:
        return await finding.withdraw(
            conn,
            agency,
            one.entry.entry_id,
            policy(load()),
            by=operator(),
            reason=reason,
            now=system_clock(),
        )

    number = in_transaction(take_back)
    typer.echo(f"Withdrawn from {one.source_name} as change {number}; no worker matches it.")


def lift(plate: str, agency: str, state: str, name: str, reason: str) -> None:
    """Lift the one withdrawal that is meant."""
    one = _choose(_found(plate, agency, state, reason, withdrawn=True), name, "withdrawn")

    async def give_back(conn: Connection) -> int:
        return await finding.lift(
            conn, agency, one.entry.entry_id, by=operator(), reason=reason, now=system_clock()
        )

    number = in_transaction(give_back)
    typer.echo(f"In force again by {one.source_name} as change {number}.")


def changes(agency: str, *, as_json: bool) -> None:
    """Print what stands beside the lists' files."""
    standing = in_transaction(lambda conn: live_store.standing(conn, agency))
    if as_json:
        typer.echo(msgspec.json.encode(standing).decode())
        return
    for one in standing:
        typer.echo(_change(one))
    if not standing:
        typer.echo("Nothing: the lists count as their files have them.")


def _found(plate: str, agency: str, state: str, reason: str, *, withdrawn: bool) -> list[Found]:
    found = in_transaction(lambda conn: _find(conn, agency, plate, state, reason))
    return [one for one in found if (one.withdrawn is not None) is withdrawn]


async def _find(
    conn: Connection, agency: str, plate: str, state: str, reason: str, nic: str = ""
) -> list[Found]:
    return await finding.find(
        conn,
        agency,
        plate=plate,
        state=state,
        nic=nic,
        policy=policy(load()),
        by=operator(),
        reason=reason,
        now=system_clock(),
    )


def _choose(found: Sequence[Found], name: str, how: str) -> Found:
    """The one that is meant; a person at a terminal is asked, a script must say it."""
    meant = [one for one in found if name in ("", one.source_name)]
    if not meant:
        where = f"list {name}" if name else "list"
        _stop(f"no {where} has such an entry that is {how}")
    if len(meant) == 1:
        return meant[0]
    for number, one in enumerate(meant, start=1):
        typer.echo(f"{number}. {_line(one)}")
    if not sys.stdin.isatty():
        _stop("several entries are meant: say --state, or --list with its name")
    chosen: int = typer.prompt("Which one", type=int)
    if not 1 <= chosen <= len(meant):
        _stop(f"there is no number {chosen}; nothing was changed")
    return meant[chosen - 1]


def _stop(why: str) -> NoReturn:
    typer.echo(f"bolo: {why}", err=True)
    raise typer.Exit(1)


def _line(one: Found) -> str:
    entry = one.entry
    parts = [
        one.source_name,
        entry.plate or entry.pattern or "no plate",
        entry.state or "state not given",
        entry.category,
        " ".join(part for part in (entry.nic, entry.oca) if part),
        f"generation {one.generation}" if one.generation else "added by hand",
    ]
    line = ", ".join(part for part in parts if part)
    if one.withdrawn is not None:
        line += f"; withdrawn {_when(one.withdrawn.at)}{_until(one.withdrawn)}"
    return line


def _change(one: LiveEntry) -> str:
    what = "added" if one.op == "add" else "withdrawn"
    held = f"; generation {one.held_by} still holds it" if one.held_by else ""
    return (
        f"{one.number}. {_when(one.at)} {what}, {one.source_name}, {one.entry.category},"
        f" by {one.by}: {one.reason}{_until(one)}{held}"
    )


def _until(one: LiveEntry) -> str:
    return f", until {_when(one.until)} at the latest" if one.until else ""


def _when(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
