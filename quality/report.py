"""A run in words and tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from quality.results import AtBudget, Found, Result, Step

AIMS: tuple[tuple[float, float], ...] = ((5, 0.44), (100, 0.66), (500, 0.80))
"""(false alerts per 100,000, share found) that are aimed at with plate, state, make and color:
twice, and three times, what the OCR-equivalent rule with state finds, and four of five."""
AIMS_WITH = ("plate", "state", "make", "color")


def lines(result: Result) -> Iterable[str]:
    """The report, line by line."""
    yield from _about(result)
    yield ""
    yield "Rules: share of the misread wanted plates found, false alerts per 100,000 innocent reads"
    yield from _table(
        ("rule", "found", "+-", "false alerts", "95 %", "the engine there", "by plate and state"),
        [
            (
                r.name, _share(r.result.found), _points(r.result), _rate(r.result.false_alerts),
                _interval(r.result), _share(r.engine.found) + (" *" if r.engine_floor else ""),
                "" if r.engine_plate_state is None else _share(r.engine_plate_state.found),
            )
            for r in result.rules
        ],
    )  # fmt: skip
    if any(r.engine_floor for r in result.rules):
        yield f"* the engine was only looked at down to a score of {result.floor:g}"
    yield ""
    yield f"This engine, with {_named(result.evidence)}:"
    yield from _table(
        ("budget", "found", "+-", "false alerts", "95 %", "threshold", "exact texts besides"),
        [_budget_row(a) for a in result.steps[-1].at],
    )
    yield (
        "Exact texts besides: innocents with a wanted plate's very text, most of another state, "
        "that score below the threshold; an exact text is shown all the same."
    )
    yield ""
    yield "What earned what: found at each budget"
    budgets = [a.budget for a in result.steps[-1].at]
    yield from _table(
        ("evidence", *(f"{b:g}" for b in budgets)),
        [
            (s.name, *(f"{_share(a.result.found)} +- {_points(a.result)}" for a in s.at))
            for s in (*result.steps, *result.without)
        ],
    )
    yield from _aims(result)
    yield ""
    yield (
        f"Candidates: the index yields the wanted entry for {result.candidate_recall:.1%} of the "
        "misreads; what it does not yield cannot be found."
    )
    e = result.exact
    yield (
        f"Exact reads of wanted plates: {e.lost} of {e.reads:,} lost; with another vehicle's state "
        f"and description {e.contradicted_lost} of {e.contradicted:,} lost."
    )
    yield ""
    yield "Seeded damages of drawn plates, one each (not in the tables above): found at each budget"
    yield from _table(
        ("damage", "reads", *(f"{b:g}" for b in budgets)),
        [(d.kind, str(d.reads), *map(_share, d.found)) for d in result.damages],
    )


def _about(result: Result) -> Iterable[str]:
    repeated = f", drawn in {result.rounds} rounds" if result.rounds > 1 else ""
    yield (
        f"{result.file}: {result.pairs:,} misread pairs ({result.kinds:,} different){repeated}; "
        f"{result.exact_pairs:,} read right and {result.unread:,} without a read are left out."
    )
    yield _TRAINED[min(result.trained_on, 1) if result.trained_on is not None else None].format(
        result.trained_on
    )
    has = ", ".join(result.columns) or "truth and read alone"
    yield f"Its columns: {has}. States, makes, colors and bodies that it lacks are drawn."
    yield from result.notes
    yield (
        f"List: {result.entries:,} entries. Innocents: {result.innocents:,} reads, "
        f"{result.innocents_misread:,} of them misread, of vehicles that hold no entry's plate and "
        f"state. Errors of the innocents: {result.noise}. Seed {result.seed}."
    )
    yield "+- is half of a 95 % interval: found by resampling pairs, false alerts by Wilson."


_TRAINED = {
    None: "The engine's training pairs are not at hand here to compare with.",
    0: "None of these is among the pairs that the engine's tables were learned from.",
    1: "ATTENTION: the engine's tables were learned from {:,} of these. The numbers flatter.",
}


OWN_RATE = "OCR-equivalent 1, with state"
"""The rule that the engine must not be worse than with plate and state alone, at the rule's own
false alerts."""


def _aims(result: Result) -> Iterable[str]:
    rule = next(r for r in result.rules if r.name == OWN_RATE)
    alone = rule.engine_plate_state
    if alone is not None:
        word = "reached" if alone.found >= rule.result.found else "missed"
        yield (
            f"Aim with plate and state alone: no worse than {OWN_RATE}, at its own false alerts; "
            f"{_share(alone.found)} against {_share(rule.result.found)}, {word}."
        )
    step = next((s for s in result.steps if s.evidence == AIMS_WITH), None)
    for budget, aim in AIMS if step is not None else ():
        at = next((a for a in step.at if a.budget == budget), None) if step else None
        if at is not None:
            word = "reached" if at.result.found >= aim else "missed"
            yield (
                f"Aim at {budget:g} with plate, state, make and color: {aim:.0%}; "
                f"{_share(at.result.found)}, {word}."
            )


def _budget_row(at: AtBudget) -> tuple[str, ...]:
    return (
        f"{at.budget:g}", _share(at.result.found), _points(at.result),
        _rate(at.result.false_alerts), _interval(at.result), f"{at.threshold:.2f}",
        _rate(at.exact_shown),
    )  # fmt: skip


def _share(value: float) -> str:
    return f"{value:.1%}"


def _points(value: Found) -> str:
    return f"{value.plus_minus * 100:.1f}"


def _rate(value: float) -> str:
    return f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def _interval(value: Found) -> str:
    return f"{_rate(value.low)} to {_rate(value.high)}"


def _named(evidence: Sequence[str]) -> str:
    *first, last = evidence
    return f"{', '.join(first)} and {last}" if first else last


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """Columns as wide as they need; the first to the left, numbers to the right."""
    widths = [max(len(row[n]) for row in (head, *rows)) for n in range(len(head))]
    for row in (head, ["-" * w for w in widths], *rows):
        cells = [
            cell.ljust(width) if n == 0 else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def steps_drawn(result: Result) -> list[Step]:
    """The steps that the picture shows: plate and state; what the aims are for; everything."""
    wanted = [("plate", "state"), AIMS_WITH, result.evidence]
    return [s for s in result.steps if s.evidence in wanted]
