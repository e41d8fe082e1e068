"""The command line. Each command's help teaches by an example; the work is in its own module."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bolo import (
    admin,
    entry_commands,
    hotlist_commands,
    match_commands,
    neighbour_commands,
    policies,
)
from bolo.running import run

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="bolo: real-time hotlist alerts for licence-plate readers, verified by people.\n\n"
    "Try it: `bolo demo`. Check an installation: `bolo check`, then `bolo smoke`.",
)
hotlists = typer.Typer(no_args_is_help=True, help="Hotlists: import and look at them.")
audit = typer.Typer(no_args_is_help=True, help="The audit trail.")
app.add_typer(hotlists, name="hotlists")
entry_commands.add_to(hotlists)
hotlist_commands.add_to(hotlists)
app.add_typer(audit, name="audit")
app.add_typer(policies.app, name="policy")
app.add_typer(match_commands.app, name="match")
app.add_typer(neighbour_commands.app, name="neighbours")
app.add_typer(admin.agencies, name="agencies")
app.add_typer(admin.people, name="people")
app.add_typer(admin.cameras, name="cameras")
app.add_typer(admin.recipients, name="recipients")


class WorkerGroup(StrEnum):
    """Which consumer group a worker joins."""

    ALERTS = "alerts"
    ARCHIVE = "archive"


@app.command()
def up(
    data: Annotated[Path, typer.Option(help="Folder of the database and the images.")] = Path(
        "data"
    ),
) -> None:
    """Run everything on this machine with an embedded broker and PostgreSQL.

    Example: bolo up --data /var/lib/bolo

    The database and images persist; the embedded broker forgets what it holds when it stops.
    For production use the compose file and `bolo worker`, `console`, `courier`.
    """
    from bolo import up as it

    run(lambda: it.up(data))


@app.command()
def demo(
    seconds: Annotated[float, typer.Option(help="Stop by itself after so long; 0: never.")] = 0,
    data: Annotated[Path, typer.Option(help="Folder of the demo's database and images.")] = Path(
        "data/demo"
    ),
    rate: Annotated[float, typer.Option(help="Reads a second of the simulated town.")] = 5,
    port: Annotated[int, typer.Option(help="The console's port; 0: any free one.")] = 8000,
) -> None:
    """Show the whole system with a simulated town, its cameras, and a fake SMS gateway.

    Example: bolo demo --seconds 60

    Prints the console's address and log-ins made for this run. Ctrl-C stops everything.
    """
    from bolo import demo as it

    run(lambda: it.demo(data, seconds=seconds, rate=rate, port=port))


@app.command()
def smoke(
    json: Annotated[bool, typer.Option("--json", help="One JSON object for scripts.")] = False,
    url: Annotated[
        str, typer.Option(help="A running console; without it a private stack is started.")
    ] = "",
    sms_to: Annotated[
        str, typer.Option(help="With --url and a real gateway: the phone to text, as +1...")
    ] = "",
) -> None:
    """Push one read that matches through verification and acknowledgement, and time each step.

    \b
    Example: bolo smoke
    Example: bolo smoke --url https://bolo.example.gov --sms-to +13165550100

    With --url it uses this machine's BOLO_ settings to make an agency of its own (SMOKE0000) in
    the running installation's database; its token, log-ins and recipients are switched off
    again, its records stay, as all records do. Exit 0 only if all happened.
    """
    from bolo import smoke as it

    ok = run(lambda: it.smoke(url=url, sms_to=sms_to, as_json=json))
    raise typer.Exit(0 if ok else 1)


@app.command()
def simulate(
    url: Annotated[str, typer.Option(help="The console to post reads to.")],
    token: Annotated[
        list[str], typer.Option(help="AGENCY=TOKEN of a gateway, once for each agency.")
    ],
    rate: Annotated[float, typer.Option(help="Reads a second, all cameras together.")] = 5,
    seconds: Annotated[float, typer.Option(help="Stop after so long; 0: never.")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same traffic.")] = 1,
) -> None:
    """Post the reads of a simulated town over HTTP, like real cameras.

    Example: bolo simulate --url http://127.0.0.1:8000 --token KS0999900=bolo_... --rate 20
    """
    from bolo import simulate as it

    run(lambda: it.simulate(url, token, rate=rate, seconds=seconds, seed=seed))


@app.command()
def worker(
    group: Annotated[
        WorkerGroup, typer.Option(help="alerts: match, raise, fan out. archive: keep every read.")
    ] = WorkerGroup.ALERTS,
) -> None:
    """Run one Faust worker. Start as many as you like; Kafka shares the work out.

    \b
    Example: bolo worker
    Example: bolo worker --group archive
    """
    from bolo import run_worker
    from bolo.leaving import leaving

    with leaving():
        run(lambda: run_worker.worker(group.value))


@app.command()
def console() -> None:
    """Run the web console, the API and the intake for cameras.

    Example: BOLO_CONSOLE_PORT=8000 bolo console
    """
    from bolo import run_console

    run(run_console.console)


@app.command()
def courier() -> None:
    """Run the courier: outgoing SMS and webhooks, retries, timers, list files.

    Example: bolo courier
    """
    from bolo import run_courier

    run(run_courier.courier)


@app.command()
def mqtt() -> None:
    """Take the plates that Frigate publishes over MQTT. One process for each broker and agency.

    \b
    Example: BOLO_MQTT_URL=mqtts://bolo@mqtt.example.gov:8883 BOLO_MQTT_AGENCY=KS0999900 bolo mqtt
    """
    from bolo import run_mqtt

    run(run_mqtt.mqtt)


@app.command()
def migrate() -> None:
    """Bring the database and the topics to what this version needs. Safe to run again.

    Example: BOLO_DATABASE_URL=postgresql://bolo@db/bolo BOLO_KAFKA=kafka:9092 bolo migrate
    """
    from bolo import run_migrate

    run(run_migrate.migrate)


@app.command()
def check() -> None:
    """Check the configuration and every connection, and say what to fix.

    Example: bolo check && echo ready
    """
    from bolo import check as it

    raise typer.Exit(0 if run(it.check) else 1)


@hotlists.command("import")
def hotlists_import(
    file: Annotated[Path, typer.Argument(help="The list, see docs/hotlists.md.")],
    agency: Annotated[str, typer.Option(help="ORI of the agency whose list it is.")],
    name: Annotated[str, typer.Option(help="The list's name; the same name refreshes it.")],
    follow: Annotated[
        bool, typer.Option(help="Let the courier refresh it whenever the file changes.")
    ] = False,
    accept: Annotated[
        str, typer.Option(help="Take it although a guard objects; give the reason.")
    ] = "",
    template: Annotated[
        str, typer.Option(help="A known layout or a template file; the list keeps it.")
    ] = "",
    kind: Annotated[str, typer.Option(help="table, amber, ...; a new list's is table.")] = "",
    yes: Annotated[
        bool, typer.Option("--yes", help="Take the guess of the columns without looking at it.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object for scripts.")] = False,
) -> None:
    """Load a list as a new generation; on any doubt the last good one stays.

    \b
    Example: bolo hotlists import ncic.csv --agency KS0999900 --name "NCIC extract"
    Example: bolo hotlists import wanted.txt --agency KS0999900 --name County --template genetec

    When a new list's first line does not name NCIC columns and no template is given, the columns
    are guessed and shown, and nothing is imported: exit 2. Exit 1: it is in quarantine, or refused.
    """
    from bolo import lists

    raise typer.Exit(
        run(
            lambda: lists.import_list(
                file,
                agency,
                name,
                follow=follow,
                accept=accept,
                kind=kind,
                template=template,
                yes=yes,
                as_json=json,
            )
        )
    )


@hotlists.command("preview")
def hotlists_preview(
    file: Annotated[Path, typer.Argument(help="CSV, TSV, TXT or fixed width; plain, gzip, ZIP.")],
    template: Annotated[
        str, typer.Option(help="A known layout or a template file; without it one is guessed.")
    ] = "",
    guess: Annotated[bool, typer.Option("--guess", help="Guess; so it does anyway.")] = False,
    rows: Annotated[int, typer.Option(help="How many rows to show.", min=0, max=200)] = 10,
    save: Annotated[
        Path | None, typer.Option(help="Write the template to this new file (JSON).")
    ] = None,
    password_env: Annotated[
        str, typer.Option(help="Environment variable that holds the password of a ZIP.")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="One JSON object for scripts.")] = False,
) -> None:
    """Show how a list would be understood, without importing anything. Needs no settings.

    \b
    Example: bolo hotlists preview wanted.csv
    Example: bolo hotlists preview wanted.csv --template genetec --rows 3
    Example: bolo hotlists preview wanted.csv --save template.json

    Exit 0 when at least half of the rows are understood.
    """
    from bolo import previews

    async def work() -> bool:
        return previews.show(
            file,
            template=template,
            guessing=guess,
            rows=rows,
            save=save,
            password_env=password_env,
            as_json=json,
        )

    raise typer.Exit(0 if run(work) else 1)


@hotlists.command("templates")
def hotlists_templates(
    json: Annotated[bool, typer.Option("--json", help="One JSON array for scripts.")] = False,
) -> None:
    """List the known layouts, with what each column is and what that rests on.

    Example: bolo hotlists templates
    """
    from bolo import previews

    previews.templates(as_json=json)


@audit.command("verify")
def audit_verify(
    json: Annotated[bool, typer.Option("--json", help="The report as JSON; keep it.")] = False,
    against: Annotated[
        Path | None, typer.Option(help="An earlier --json report whose heads must still hold.")
    ] = None,
) -> None:
    """Check the hash chains: finds a changed, removed, inserted or swapped row.

    \b
    Example: bolo audit verify --json > audit-2026-11.json
    Example: bolo audit verify --against audit-2026-11.json
    """
    from bolo import audits

    raise typer.Exit(0 if run(lambda: audits.verify(against, as_json=json)) else 1)


def main() -> None:
    """Entry for `python -m bolo`."""
    sys.exit(app())
