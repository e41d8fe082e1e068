"""The alert budget: what the agency can handle, the thresholds that came of it, what to expect."""

from __future__ import annotations

import math

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from alerts import budget_report, budget_words
from console.auth import LoggedIn, Wired
from console.budget_chart import chart
from console.pages import page
from matchers.tally import FLOOR
from people.roles import require

router = APIRouter(include_in_schema=False)

MOST = 10_000.0
"""As in a policy file."""


@router.get("/budget", response_class=HTMLResponse)
async def budget(request: Request, viewer: LoggedIn, s: Wired, what_if: str = "") -> Response:
    """The page; `what_if` shows what another budget would give, and changes nothing."""
    require(viewer.person, "see the alert budget")
    now = s.clock()
    async with s.db.connection() as conn:
        report, measured = await budget_report.read(
            conn, viewer.agency.ori, s.means.policy.alert_budget, now
        )
    asked = _number(what_if)
    context = {
        "report": report,
        "words": budget_words,
        "charts": [
            chart(measured.counts[line.priority - 1].tolist(), line.threshold)
            for line in report.lines
        ],
        "least": FLOOR,
        "asked": what_if,
        "wrong": bool(what_if.strip()) and asked is None,
        "another": None if asked is None else budget_report.another(report, measured, asked),
    }
    return page(request, "budget.html", context, viewer=viewer, now=now)


def _number(text: str) -> float | None:
    """The budget that was asked for; None when it is none."""
    try:
        number = float(text.strip().replace(",", ""))
    except ValueError:
        return None
    return number if math.isfinite(number) and 0 <= number <= MOST else None
