"""`bolo match markers | cameras`: what decisions taught the matcher, and taking it back."""

from __future__ import annotations

import json
from math import exp
from typing import Annotated, Any
from uuid import UUID

import typer

from bolo.admin import Agency, in_transaction, operator
from domain.clock import system_clock

Json = Annotated[bool, typer.Option("--json", help="One JSON array for scripts.")]
Reason = Annotated[str, typer.Option(help="Why; it is in the audit trail.")]


def add_to(app: typer.Typer) -> None:
    """Make these commands part of `bolo match`."""
    app.command("markers")(markers)
    app.command("cameras")(cameras)


def markers(
    agency: Agency,
    lift: Annotated[str, typer.Option(help="Id of a marker to end now; needs --reason.")] = "",
    reason: Reason = "",
    limit: Annotated[int, typer.Option(min=1, max=20_000, help="The newest so many.")] = 500,
    as_json: Json = False,
) -> None:
    """List the texts that people rejected as misreads, or lift one: it asks a person again.

    \b
    Example: bolo match markers --agency KS0190100
    Example: bolo match markers --agency KS0190100 --lift 6f1c... --reason "it was the car"

    A marker is for one wanted plate and one text. The plate itself, read right, always alerts.
    That somebody listed them is in the audit trail: plates are in them.
    """
    from alerts import learning_store
    from cameras.store import checked_agency
    from storage.audit import Act, append

    if lift:
        which = _id(lift)
        in_transaction(
            lambda conn: learning_store.lift(
                conn, agency, which, by=operator(), reason=reason, now=system_clock()
            )
        )
        typer.echo("lifted")
        return
    now = system_clock()

    async def work(conn: Any) -> Any:
        await checked_agency(conn, agency)
        seen = Act(agency, operator(), "learned.viewed", f"agency:{agency}")
        await append(conn, now, [seen])
        found = await learning_store.markers(conn, agency, now, limit=limit)
        return found, await learning_store.count_markers(conn, agency, now)

    found, count = in_transaction(work)
    if as_json:
        typer.echo(_json(found))
        return
    if not found:
        typer.echo("no misread marker")
    for one in found:
        state = f"until {one.expires_at:%Y-%m-%d}" if one.holds(now) else "lifted"
        typer.echo(
            f"{one.id}  {one.reading} for {one.wanted}: alert {one.number}, rejected by"
            f" {one.rejected_name} {one.rejected_at:%Y-%m-%d %H:%M} UTC; {state}"
            f"{f' by {one.lifted_by}: {one.lifted_because}' if one.lifted_at else ''}"
        )
    if len(found) < count:
        typer.echo(f"these are the newest {len(found):,} of {count:,}: more with --limit")


def cameras(
    agency: Agency,
    reset: Annotated[str, typer.Option(help="Id of a camera to forget; needs --reason.")] = "",
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Show how often each camera misreads by its verified hits, or forget what one taught.

    \b
    Example: bolo match cameras --agency KS0190100
    Example: bolo match cameras --agency KS0190100 --reset CF-07 --reason "lens cleaned"

    Compared with the agency's other cameras; hits count half after 90 days, up to ten say nothing.
    """
    from alerts import learning_store
    from cameras.store import checked_agency

    if reset:
        in_transaction(
            lambda conn: learning_store.reset(
                conn, agency, reset, by=operator(), reason=reason, now=system_clock()
            )
        )
        typer.echo(f"{reset}: as usual until new hits say otherwise")
        return

    async def work(conn: Any) -> Any:
        await checked_agency(conn, agency)
        return await learning_store.cameras(conn, agency, system_clock())

    found = in_transaction(work)
    if as_json:
        typer.echo(_json(found))
        return
    if not found:
        typer.echo("no camera has a judged hit yet")
    for one in found:
        typer.echo(
            f"{one.camera}: {one.words} ({exp(one.factor):.2f}), from {one.verified} judged hits;"
            f" {one.misread} of them misread, {one.rejected} more rejected as misreads"
            f"{f'; reset by {one.reset_by}: {one.reset_because}' if one.reset_at else ''}"
        )


def _json(found: list[Any]) -> str:
    import msgspec

    return json.dumps([msgspec.to_builtins(one) for one in found], indent=2, ensure_ascii=False)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        typer.echo("bolo: a marker's id is a UUID, see `bolo match markers`", err=True)
        raise typer.Exit(1) from None
