"""`bolo match budget`: what an alert budget gives, from what was measured on the agency's reads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from bolo.admin import in_transaction
from domain.clock import system_clock
from domain.errors import BoloError

HEADS = ("priority", "budget", "threshold", "odds there", "false alerts a day", "found", "since")


def budget(
    agency: Annotated[str, typer.Option(help="ORI; without it every agency.")] = "",
    what_if: Annotated[
        float | None,
        typer.Option(
            "--what-if", min=0, max=10_000, help="Show this budget for each priority instead."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array for scripts.")] = False,
) -> None:
    """Show each priority's budget of false alerts, its threshold, and what to expect of it.

    \b
    Example: bolo match budget
    Example: bolo match budget --agency KS0190100 --what-if 20

    The budget is in the policy file, [alert_budget]; the courier sets the thresholds once a day.
    --what-if changes nothing: it shows what a budget would give in the end.
    """
    from alerts import budget_report
    from alerts.budget_report import Report
    from bolo.settings import load
    from bolo.wiring import policy
    from hotlists.store import zones

    try:
        rules = policy(load()).alert_budget
    except BoloError as wrong:
        typer.echo(f"bolo: {wrong}", err=True)
        raise typer.Exit(1) from None

    async def work(conn: Any) -> list[Report]:
        found = []
        for ori in [agency.strip().upper()] if agency else sorted(await zones(conn)):
            report, measured = await budget_report.read(conn, ori, rules, system_clock())
            if what_if is not None:
                report = budget_report.another(report, measured, what_if)
            found.append(report)
        return found

    reports = in_transaction(work)
    typer.echo(_json(reports) if as_json else _text(reports))


def _json(reports: Sequence[Any]) -> str:
    import msgspec

    return json.dumps(msgspec.to_builtins(reports), indent=2, ensure_ascii=False)


def _text(reports: Sequence[Any]) -> str:
    """A table for each agency, then what its numbers rest on."""
    from alerts import budget_words

    if not reports:
        return "no agency is known yet"
    said = []
    for report in reports:
        said += [f"{report.agency}: {budget_words.measured(report)}", _table(report)]
        said += [f"  {line.name}: {line.why}" for line in report.lines]
        said += ["", budget_words.recall_note(report), ""]
    said.append("Another budget: change [alert_budget] in the policy file (docs/policy.md).")
    return "\n".join(said)


def _table(report: Any) -> str:
    from alerts import budget_words as words

    rows = [HEADS]
    for line in report.lines:
        threshold = words.threshold(line.threshold)
        moving = words.moving(line)
        rows.append(
            (
                line.name,
                f"{line.budget:,g}",
                f"{threshold}, {moving}" if moving else threshold,
                line.odds,
                words.expected(line),
                words.found(line),
                f"{line.since:%Y-%m-%d}" if line.since else "",
            )
        )
    widths = [max(len(row[n]) for row in rows) for n in range(len(HEADS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
