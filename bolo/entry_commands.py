"""`bolo hotlists find | withdraw | lift | changes`: entries on lists, and taking them back."""

from __future__ import annotations

from typing import Annotated

import typer

Plate = Annotated[str, typer.Argument(help="Plate, or a pattern as the list has it.")]
Agency = Annotated[str, typer.Option(help="ORI of the agency whose lists they are.")]
State = Annotated[str, typer.Option(help="Two letters or the name; also entries without one.")]
List = Annotated[str, typer.Option("--list", help="Name of the list, when several have it.")]
Reason = Annotated[str, typer.Option(help="Why; it is in the audit trail.")]


def add_to(app: typer.Typer) -> None:
    """Make these commands part of `bolo hotlists`."""
    for name, command in (
        ("find", find), ("withdraw", withdraw), ("lift", lift), ("changes", changes),
    ):  # fmt: skip
        app.command(name)(command)


def find(
    plate: Plate,
    agency: Agency,
    reason: Reason,
    state: State = "",
    nic: Annotated[str, typer.Option(help="NCIC record number.")] = "",
) -> None:
    """Say which lists in force want a plate. The search is in the audit trail.

    Example: bolo hotlists find 482KTB --agency KS0999900 --reason "owner called, case 26-114"
    """
    from bolo import taking_back

    if not taking_back.find(plate, agency, state, reason, nic):
        raise typer.Exit(1)


def withdraw(
    plate: Plate, agency: Agency, reason: Reason, state: State = "", name: List = ""
) -> None:
    """Take an entry out of force in every worker within a second, whatever its list says.

    It stands until a file of the list no longer holds the entry, or the policy's time is over.
    Alerts that rest on nothing else are recalled, and whoever was told is told.

    \b
    Example: bolo hotlists withdraw 482KTB --agency KS0999900 --reason "recovered, case 26-114"
    """
    from bolo import taking_back

    taking_back.withdraw(plate, agency, state, name, reason)


def lift(plate: Plate, agency: Agency, reason: Reason, state: State = "", name: List = "") -> None:
    """End a withdrawal: what the list says counts again.

    Example: bolo hotlists lift 482KTB --agency KS0999900 --reason "stolen again, case 26-130"
    """
    from bolo import taking_back

    taking_back.lift(plate, agency, state, name, reason)


def changes(
    agency: Agency,
    json: Annotated[bool, typer.Option("--json", help="One JSON array for scripts.")] = False,
) -> None:
    """List what was added and withdrawn between refreshes and still counts, newest first.

    Example: bolo hotlists changes --agency KS0999900

    Without --json no plate is printed.
    """
    from bolo import taking_back

    taking_back.changes(agency, as_json=json)
