"""An alert budget in words, the same on the page and on the command line. Pure."""

from __future__ import annotations

from alerts.budget_report import Line, Report
from alerts.budgeting import DAYS, ENOUGH_READS, EXACT_ONLY

NOT_MEASURED = "not measured"


def measured(report: Report) -> str:
    """What the thresholds rest on."""
    if report.enough:
        days = "1 day" if report.days == 1 else f"{report.days} days"
        return (
            f"{report.reads:,} reads measured in {days}, {report.first} to {report.last}; "
            f"{report.reads / report.days:,.0f} a day"
        )
    if report.counting_since is None:
        return "no read was counted yet; the standard threshold holds"
    return (
        f"{report.reads:,} reads measured in whole days of the last {DAYS}, counting since "
        f"{report.counting_since}; {ENOUGH_READS:,} are needed, so the standard threshold holds"
    )


def threshold(value: float) -> str:
    """A score as people compare it."""
    return "none" if value >= EXACT_ONLY else f"{value:+.2f}"


def expected(line: Line) -> str:
    """False alerts a day at the line's threshold: "about 3.2 (2.4 to 4.1), counted"."""
    if line.expected is None or line.low is None or line.high is None:
        return NOT_MEASURED
    if line.how == "exact only":
        return "0"
    said = (
        f"about {_number(line.expected)} ({_number(line.low)} to {_number(line.high)}), {line.how}"
    )
    return f"{said}, over budget" if line.over else said


def found(line: Line) -> str:
    """The share of misread wanted plates found: "31 % to 66 %" over what there is to judge by."""
    if line.threshold >= EXACT_ONLY:
        return "0 %"
    if not line.recall:
        return "unknown"
    shares = sorted({round(100 * one.share) for one in line.recall})
    return f"{shares[0]} %" if len(shares) == 1 else f"{shares[0]} % to {shares[-1]} %"


def moving(line: Line) -> str:
    """Where the threshold is going; "" when it is there."""
    if line.aim == line.threshold:
        return ""
    return f"on its way to {threshold(line.aim)}"


def recall_note(report: Report) -> str:
    """What the shares found rest on."""
    if not report.recall_measured:
        return (
            "How many misread wanted plates a threshold finds is unknown: this version comes "
            "without measured shares."
        )
    evidence = [one.evidence for one in report.lines[0].recall]
    return (
        f"Misread wanted plates found, by what there was to judge by ({'; '.join(evidence)}): "
        f"{report.recall_measured}"
    )


def _number(value: float) -> str:
    """Two digits are all that a count can say: 0.04, 3.2, 41, 1,200."""
    if value >= 10:
        return f"{float(f'{value:.2g}'):,.0f}" if value < 1_000 else f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2g}"
