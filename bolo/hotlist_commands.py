"""`bolo hotlists add | list | refresh | generations | diff | accept | rollback`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from bolo.running import run

Name = Annotated[str, typer.Argument(help="The list's name.")]
Agency = Annotated[str, typer.Option(help="ORI of the agency whose list it is.")]
Reason = Annotated[str, typer.Option(help="Why; it is in the audit trail.")]
Number = Annotated[int, typer.Argument(help="Number of a generation.", min=1)]
Json = Annotated[bool, typer.Option("--json", help="JSON for scripts.")]


def add_to(app: typer.Typer) -> None:
    """Make these commands part of `bolo hotlists`."""
    for command in (add, show, refresh, generations, diff, accept, rollback):
        app.command("list" if command is show else command.__name__)(command)


def add(
    name: Name,
    agency: Agency,
    kind: Annotated[str, typer.Option(help="table, amber, ...; a new list's is table.")] = "",
    location: Annotated[
        str, typer.Option(help="A path, folder or pattern, https://... or sftp://user@host/path.")
    ] = "",
    schedule: Annotated[
        str, typer.Option(help='When to look: "15 4,16 * * *", in the agency\'s time.')
    ] = "",
    template: Annotated[str, typer.Option(help="A known layout or a template file.")] = "",
    max_age_hours: Annotated[
        float, typer.Option(help="Age from which it is stale; 0: the policy's.")
    ] = 0,
    secret: Annotated[
        str, typer.Option(help="NAME of the secret that BOLO_SECRET_NAME holds.")
    ] = "",
    category: Annotated[str, typer.Option(help="Category of rows that name none.")] = "",
    host_key: Annotated[
        str, typer.Option(help='An sftp server\'s public key, "ssh-ed25519 AAAA...".')
    ] = "",
    more: Annotated[
        list[str] | None,
        typer.Option("--set", help="Any other setting: key=json; key=null takes it out."),
    ] = None,
) -> None:
    """Make a list, or change how it comes; what is not given stays as it is.

    \b
    Example: bolo hotlists add NCIC --agency KS0999900 --location /var/lib/bolo/in/ncic.csv
    Example: bolo hotlists add County --agency KS0999900 \\
        --location sftp://bolo@lists.example.gov/out/*.csv --host-key "ssh-ed25519 AAAA..." \\
        --secret COUNTY_SFTP --schedule "15 4,16 * * *" --max-age-hours 24
    """
    from bolo import list_sources

    given: dict[str, Any] = {
        "schedule": schedule,
        "max_age_hours": max_age_hours,
        "secret": secret.upper(),
        "category": category,
        "host_key": host_key,
    }

    async def work() -> None:
        changes = {key: value for key, value in given.items() if value}
        if template:
            changes["template"] = list_sources.template_settings(template)
        changes |= list_sources.given_settings(more or [])
        await list_sources.add(agency, name, kind, location, changes)

    run(work)


def show(agency: Agency, json: Json = False) -> None:
    """Show each list: what is in force, how old it is, what waits, when it is looked for next.

    Example: bolo hotlists list --agency KS0999900

    Exit 1 when one of them is older than it may be.
    """
    from bolo import list_sources

    raise typer.Exit(0 if run(lambda: list_sources.show(agency, as_json=json)) else 1)


def refresh(
    name: Name,
    agency: Agency,
    wait: Annotated[
        bool, typer.Option("--wait", help="Stay until it is done, and say how it went.")
    ] = False,
    timeout: Annotated[float, typer.Option(help="Seconds to wait at most.", min=1)] = 900,
) -> None:
    """Let the courier look for the list's file now, whatever its schedule says.

    Example: bolo hotlists refresh County --agency KS0999900 --wait
    """
    from bolo import list_changes

    ok = run(lambda: list_changes.refresh(agency, name, wait=timeout if wait else 0))
    raise typer.Exit(0 if ok else 1)


def generations(
    name: Name,
    agency: Agency,
    limit: Annotated[int, typer.Option(help="How many, newest first.", min=1, max=1000)] = 20,
    json: Json = False,
) -> None:
    """Show a list's generations with their counts, and why some are in quarantine.

    Example: bolo hotlists generations NCIC --agency KS0999900
    """
    from bolo import list_sources

    run(lambda: list_sources.generations(agency, name, limit=limit, as_json=json))


def diff(
    name: Name,
    before: Number,
    after: Number,
    agency: Agency,
    rows: Annotated[int, typer.Option(help="Rows of each kind to show.", min=0, max=10_000)] = 20,
    json: Json = False,
) -> None:
    """Show what was added, removed and changed between two generations. It is audited.

    Example: bolo hotlists diff NCIC 41 42 --agency KS0999900
    """
    from bolo import list_changes

    run(lambda: list_changes.diff(agency, name, before, after, rows=rows, as_json=json))


def accept(name: Name, number: Number, agency: Agency, reason: Reason) -> None:
    """Put a list from quarantine in force, by your name.

    Example: bolo hotlists accept NCIC 42 --agency KS0999900 --reason "purge, J. Kelly at KBI"
    """
    from bolo import list_changes as it

    run(lambda: it.by_hand(it.ACTIONS["accept"], agency, name, number, reason))


def rollback(name: Name, number: Number, agency: Agency, reason: Reason) -> None:
    """Go back to an earlier list. It stays as old as it is; the next good file replaces it.

    Example: bolo hotlists rollback NCIC 41 --agency KS0999900 --reason "42 lacks the plates file"
    """
    from bolo import list_changes as it

    run(lambda: it.by_hand(it.ACTIONS["rollback"], agency, name, number, reason))
