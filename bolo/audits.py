"""`bolo audit verify`: the report for a person or as JSON to keep."""

from __future__ import annotations

import json
from pathlib import Path

from bolo.settings import load
from domain.errors import BadInput
from records.audit import AuditReport
from records.audit import verify as verify_chains
from storage.postgres import Database


async def verify(against: Path | None, *, as_json: bool) -> bool:
    """Print the report; whether every chain holds."""
    earlier = None
    if against is not None:
        try:
            earlier = json.loads(against.read_text())["heads"]
        except (OSError, ValueError, KeyError, TypeError) as wrong:
            problem = f"is not a report of `bolo audit verify --json`: {wrong}"
            raise BadInput(str(against), problem) from wrong
    async with Database(load().database_url, size=2) as db:
        report = await verify_chains(db, against=earlier)
    print(json.dumps(report.as_json(), indent=1) if as_json else _words(report))
    return report.ok


def _words(report: AuditReport) -> str:
    if report.ok:
        return f"{report.rows:,} audit rows: every chain holds"
    lines = [f"{report.rows:,} audit rows: {len(report.problems)} problems"]
    lines += [f"  lane {p.lane}, row {p.seq}: {p.what}" for p in report.problems]
    return "\n".join(lines)
