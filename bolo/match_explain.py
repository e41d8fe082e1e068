"""`bolo match explain`: why a read is, or is not, a match for an entry."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from domain.errors import BadInput, BoloError


def explain(
    read: Annotated[
        str,
        typer.Argument(help="A JSON file of a read, - for standard input, an alert, a read's id."),
    ] = "",
    entry: Annotated[
        str,
        typer.Argument(help="A JSON file, an entry's id, or a plate on a list in force."),
    ] = "",
    plate: Annotated[str, typer.Option(help="What the camera read, instead of READ.")] = "",
    state: Annotated[str, typer.Option(help="The state it read.")] = "",
    make: Annotated[str, typer.Option(help="The make it saw.")] = "",
    model: Annotated[str, typer.Option(help="The model it saw.")] = "",
    color: Annotated[str, typer.Option(help="The color it saw.")] = "",
    body: Annotated[str, typer.Option(help="The body it saw: sedan, SUV, ...")] = "",
    plate_type: Annotated[str, typer.Option(help="The plate's type it saw.")] = "",
    confidence: Annotated[
        float | None, typer.Option(help="How sure it was of the plate.", min=0, max=1)
    ] = None,
    state_confidence: Annotated[
        float | None, typer.Option(help="How sure it was of the state.", min=0, max=1)
    ] = None,
    wanted: Annotated[
        str, typer.Option(help="The plate wanted, instead of ENTRY; ? and * as on lists.")
    ] = "",
    wanted_state: Annotated[str, typer.Option(help="Its state; narrows ENTRY by plate.")] = "",
    wanted_make: Annotated[str, typer.Option(help="Its make, in words or as NCIC code.")] = "",
    wanted_model: Annotated[str, typer.Option(help="Its model.")] = "",
    wanted_color: Annotated[str, typer.Option(help="Its color.")] = "",
    wanted_body: Annotated[str, typer.Option(help="Its body.")] = "",
    wanted_plate_type: Annotated[str, typer.Option(help="The type of its plate.")] = "",
    priority: Annotated[
        int, typer.Option(help="Of --wanted: 1 Immediate to 4 Note.", min=1, max=4)
    ] = 2,
    entries: Annotated[
        int, typer.Option(help="Without a database: how many entries are wanted.", min=1)
    ] = 100_000,
    agency: Annotated[
        str, typer.Option(help="ORI: whose alert, read or list; its state is the home state.")
    ] = "",
    reason: Annotated[
        str, typer.Option(help="Why you look at what is stored; it is in the audit trail.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for scripts.")] = False,
) -> None:
    """Say why a read is, or is not, a match: each feature, its weight, the sum, what was needed.

    \b
    Example: bolo match explain --plate 8BC123 --state KS --make Ford --color blue \\
        --wanted ABC123 --wanted-state KS --wanted-make FORD --wanted-color BLU
    Example: bolo match explain read.json entry.json
    Example: bolo match explain 26-20417 --agency KS0999900 --reason "review of alert 26-20417"
    Example: bolo match explain read.json ABC123 --agency KS0999900 --reason "test of camera 4"

    With files or options alone nothing is looked up. A file of a read may be in any format that
    cameras send (`bolo cameras try`); an entry's has the fields of a list's row (plate, state,
    make, color, ...). An alert, a stored read or a plate on a list comes from the database: that
    is audited, and weighed by the agency's own thresholds and memory. An alert without ENTRY is
    told as its page tells it.
    """
    from bolo import match_table
    from bolo.match_pairs import Given, Pair
    from matchers.judging import explain as judged

    given = Given(
        seen={
            "plate": plate, "state": state, "make": make, "model": model, "color": color,
            "body": body, "plate_type": plate_type,
        },
        wanted={
            "plate": wanted, "state": wanted_state, "make": wanted_make, "model": wanted_model,
            "color": wanted_color, "style": wanted_body, "plate_type": wanted_plate_type,
        },
        confidence=confidence,
        state_confidence=state_confidence,
        priority=priority,
    )  # fmt: skip
    try:
        pair: Pair = _pair(read, entry, given, agency.strip().upper(), entries, reason)
    except BoloError as wrong:
        typer.echo(f"bolo: {wrong}", err=True)
        raise typer.Exit(1) from None
    found = pair.shown or judged(pair.read, pair.entry, pair.scales)
    told = match_table.as_json if as_json else match_table.as_text
    typer.echo(told(pair, found))


def _pair(read: str, entry: str, given: Any, agency: str, entries: int, reason: str) -> Any:
    """The pair, from the database only when something of it is stored."""
    from bolo import match_pairs as pairs

    if read and given.seen["plate"]:
        if entry:
            raise BadInput("", "give a READ or --plate, not both")
        read, entry = "", read  # with --plate, the one argument is the ENTRY
    if not read and not given.seen["plate"]:
        raise BadInput("", "say what was read: READ, or --plate (see --help)")
    described = any(given.wanted.values())
    if entry and given.wanted["plate"]:
        raise BadInput("", "give an ENTRY or --wanted, not both")
    stored = bool(read) and not pairs.is_file(read)
    listed = bool(entry) and not pairs.is_file(entry)
    if stored or listed:
        if not agency:
            what = read if stored else entry
            if what.lstrip().startswith(("{", "[")):
                msg = "JSON is given as a file, or on standard input as -; or use the options"
                raise BadInput("", f"{msg} (--plate, --wanted, see --help)")
            raise BadInput("", f"{what} is no file; for what is stored, say --agency and --reason")
        return _from_database(read, entry, given, agency, reason)
    one, notes = (
        pairs.read_of_file(read, agency) if read else (pairs.read_of_options(given, agency), ())
    )
    if entry:
        wanted = pairs.entry_of_file(entry, agency)
    elif described:
        wanted = pairs.entry_of_options(given, agency)
    else:
        raise BadInput("", "say what is wanted: ENTRY, or --wanted (see --help)")
    return pairs.Pair(one, wanted, pairs.scales_of(agency, entries), notes=notes)


def _from_database(read: str, entry: str, given: Any, agency: str, reason: str) -> Any:
    from bolo import match_pairs as pairs
    from bolo import match_stored
    from bolo.admin import in_transaction, operator
    from bolo.settings import load
    from bolo.wiring import policy

    own = pairs.read_of_options(given, agency) if not read else None
    asked = pairs.entry_of_options(given, agency) if any(given.wanted.values()) else None

    async def work(conn: Any) -> Any:
        return await match_stored.stored_pair(
            conn,
            agency,
            own or read,
            (asked if asked and asked.plate else None) or entry,
            state=given.wanted["state"],
            policy=policy(load()),
            by=operator(),
            reason=reason,
        )

    return in_transaction(work)
