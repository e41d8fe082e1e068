"""`bolo match`: how well matching works, and what its thresholds are set to."""

from __future__ import annotations

import typer

from bolo import match_budget, match_evaluate, match_explain, match_learning

app = typer.Typer(no_args_is_help=True, help="Matching: what its thresholds give, and why.")
app.command("budget")(match_budget.budget)
app.command("evaluate")(match_evaluate.evaluate)
match_learning.add_to(app)
app.command("explain")(match_explain.explain)
