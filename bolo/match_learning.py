"""`bolo match markers | cameras | traffic`: what taught the matcher, and taking it back."""

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
    app.command("traffic")(traffic)


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


def traffic(
    agency: Agency,
    reset: Annotated[
        bool, typer.Option("--reset", help="Forget what was learned; needs --reason.")
    ] = False,
    reason: Reason = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for scripts.")] = False,
) -> None:
    """Show what the agency's traffic says before looking at a read, or forget it.

    \b
    Example: bolo match traffic --agency KS0190100
    Example: bolo match traffic --agency KS0190100 --reset --reason "cameras moved"

    How often a read is of a wanted vehicle, the states on the roads, reads a day; of whole days,
    counted half after 28. Of wanted vehicles only verified exact readings count.
    """
    from alerts import traffic_store
    from cameras.store import checked_agency

    if reset:
        in_transaction(
            lambda conn: traffic_store.reset(
                conn, agency, by=operator(), reason=reason, now=system_clock()
            )
        )
        typer.echo(f"{agency}: the standard holds until whole days after today say otherwise")
        return

    async def work(conn: Any) -> Any:
        await checked_agency(conn, agency)
        return await traffic_store.traffic(conn, agency, system_clock())

    found = in_transaction(work)
    if as_json:
        typer.echo(_text(_plain(found)))
        return
    typer.echo(found.words)
    if not found.days:
        typer.echo("no whole day was counted yet: the standard holds")
    else:
        typer.echo(
            f"from {found.reads:,} reads of {found.days} days, {found.first} to {found.last};"
            f" {found.confirmed:,} verified exact readings; {found.own:.0%} of it is the agency's"
            f" own, the rest the standard (1 in {1 / found.standard:,.0f})"
        )
    for one in found.states:
        typer.echo(
            f"{one.state}: {one.reads:,} reads, weighed as {one.share:.2%} of the traffic"
            f" ({one.usual:.2%} before counting)"
        )
    if found.reset_at:
        typer.echo(f"reset by {found.reset_by} {found.reset_at:%Y-%m-%d}: {found.reset_because}")


def _json(found: list[Any]) -> str:
    return _text([_plain(one) for one in found])


def _plain(one: Any) -> Any:
    import msgspec

    return msgspec.to_builtins(one)


def _text(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        typer.echo("bolo: a marker's id is a UUID, see `bolo match markers`", err=True)
        raise typer.Exit(1) from None
