"""`bolo neighbours`: what neighbouring agencies may receive of ours, and whose lists we take.

Who runs a command is recorded by the operating system's user name: `cli:NAME`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import typer

from bolo.admin import Agency, in_transaction, operator
from domain.clock import system_clock
from domain.errors import BadInput, BoloError

app = typer.Typer(
    no_args_is_help=True, help="Agreements with neighboring agencies, and their lists."
)


@app.command("agree")
def agree(
    name: Annotated[str, typer.Argument(help="The neighbor, as people say it.")],
    agency: Agency,
    ori: Annotated[str, typer.Option(help="The neighbor's ORI.")],
    state: Annotated[str, typer.Option(help="The neighbor's state, NCIC code.")],
    category: Annotated[list[str], typer.Option(help="What it may receive; once for each.")],
    purpose: Annotated[list[str], typer.Option(help="What for, of the policy's; once for each.")],
    until: Annotated[str, typer.Option(help="Last day, YYYY-MM-DD; a year away at most.")],
    approved_by: Annotated[str, typer.Option(help="Login of a supervisor or admin.")],
    reason: Annotated[str, typer.Option(help="Why, and the number or file of the paper.")],
    federal: Annotated[bool, typer.Option("--federal", help="It is a federal agency.")] = False,
    declaration: Annotated[
        str, typer.Option(help="Its written declaration, or where it is kept.")
    ] = "",
    process: Annotated[str, typer.Option(help="Warrant, subpoena or order of a court.")] = "",
) -> None:
    """Let a neighbor pull our own entries of some categories; print its token, once.

    \b
    Example: bolo neighbours agree "Walnut County KS SO" --agency KS0190100 --ori KS0999900 \\
      --state KS --category stolen-vehicle --purpose stolen-vehicles --until 2027-06-30 \\
      --approved-by whitfield --reason "MOU 26-014, signed by both chiefs"

    The policy must share the category, and allow the neighbor's state. Lists that we receive from
    others (NCIC, AMBER, other neighbors) are never passed on.
    """
    from neighbours import store
    from neighbours.agreement import Asked

    async def work(conn: Any) -> Any:
        return await store.agree(
            conn,
            agency,
            Asked(
                neighbour=name,
                ori=ori,
                state=state,
                categories=tuple(category),
                purposes=tuple(purpose),
                valid_until=await _end_of(conn, agency, until),
                reason=reason,
                federal=federal,
                declaration=declaration,
                process=process,
            ),
            _policy(),
            approved_by=approved_by,
            by=operator(),
            now=system_clock(),
        )

    made, token = in_transaction(work)
    typer.echo(f"agreement {made.id}\n{token}")


@app.command("list")
def list_(
    agency: Agency,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array for scripts.")] = False,
) -> None:
    """List the agency's agreements, the newest first.

    Example: bolo neighbours list --agency KS0190100
    """
    from neighbours.agreement import why_not
    from neighbours.store import agreements

    found = in_transaction(lambda conn: agreements(conn, agency))
    now, policy = system_clock(), _policy()
    shown = [(one, why_not(one, policy, now)) for one in found]
    if as_json:
        import msgspec

        rows = [{**msgspec.to_builtins(one), "why_not": why} for one, why in shown]
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    if not shown:
        typer.echo("no agreement with anybody")
    for one, why in shown:
        pulled = one.last_pulled_at
        said = f"{pulled:%Y-%m-%d %H:%M} UTC" if pulled else "never"
        typer.echo(
            f"{one.id}  {one.neighbour} ({one.ori}): {', '.join(one.categories)};"
            f" until {one.valid_until:%Y-%m-%d}; {why or 'in force'}; last pulled {said}"
        )


@app.command("revoke")
def revoke(
    agreement: Annotated[str, typer.Argument(help="Its id, see `bolo neighbours list`.")],
    agency: Agency,
    reason: Annotated[str, typer.Option(help="Why.")],
) -> None:
    """Revoke an agreement: the neighbor's next pull is refused, with words.

    Example: bolo neighbours revoke 6f1c... --agency KS0190100 --reason "MOU ended"
    """
    from neighbours import store

    which = _id(agreement)
    in_transaction(
        lambda conn: store.revoke(
            conn, agency, which, reason=reason, by=operator(), now=system_clock()
        )
    )
    typer.echo("revoked")


@app.command("take")
def take(
    name: Annotated[str, typer.Argument(help="What the list is called here.")],
    agency: Agency,
    location: Annotated[
        str, typer.Option("--from", help="The neighbor's bolo, bolo+https://host.")
    ],
    secret: Annotated[
        str, typer.Option(help="NAME: the token stands in BOLO_SECRET_NAME of the courier.")
    ],
    schedule: Annotated[str, typer.Option(help="Five cron fields; every minute.")] = "",
    category: Annotated[
        str, typer.Option(help="Ours for entries whose category we do not have.")
    ] = "",
) -> None:
    """Take a neighbor's shared entries as one of our lists; the courier pulls it.

    \b
    Example: bolo neighbours take "Cedar Falls" --agency KS0999900 \\
      --from bolo+https://bolo.cedarfalls.example.gov --secret CEDAR
    """
    from hotlists.arrivals import check_location
    from hotlists.configuring import ensure_source
    from hotlists.settings import check_settings
    from hotlists.sources import neighbour

    settings: dict[str, Any] = {
        "schedule": schedule or neighbour.SCHEDULE,
        "max_age_hours": neighbour.MAX_AGE_HOURS,
        "secret": secret,
    }
    if category:
        settings["category"] = category

    async def work(conn: Any) -> Any:
        check_settings(neighbour.KIND, settings, _policy())
        check_location(location, settings)
        return await ensure_source(
            conn,
            agency,
            name,
            neighbour.KIND,
            location,
            settings,
            by=operator(),
            now=system_clock(),
        )

    made = in_transaction(work)
    typer.echo(f"{made.name}: pulled by the courier ({settings['schedule']})")


def _policy() -> Any:
    from bolo.settings import load
    from bolo.wiring import policy

    try:
        return policy(load())
    except BoloError as wrong:
        typer.echo(f"bolo: {wrong}", err=True)
        raise typer.Exit(1) from None


async def _end_of(conn: Any, agency: str, day: str) -> datetime:
    """The end of that day on the agency's calendar."""
    from hotlists.store import zones

    try:
        start = datetime.strptime(day, "%Y-%m-%d")
    except ValueError:
        raise BadInput("until", "is a day as YYYY-MM-DD, for example 2027-06-30") from None
    zone = (await zones(conn)).get(agency, "UTC")
    local = (start + timedelta(days=1)).replace(tzinfo=ZoneInfo(zone))
    return local.astimezone(UTC)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        typer.echo("bolo: an agreement's id is a UUID, see `bolo neighbours list`", err=True)
        raise typer.Exit(1) from None
