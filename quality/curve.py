"""The picture: found against false alerts, the engine as curves, the simpler rules as points."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from math import log10

from quality.report import AIMS, AIMS_WITH, steps_drawn
from quality.results import Result, Step

WIDTH, HEIGHT = 860, 520
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 30, 64, 76
_LEAST, _MOST = 0.5, 50_000.0
"""False alerts per 100,000 at the sides of the picture."""
_COLORS = ("#7a8aa0", "#1f6fb2", "#0b3d66")
_STYLE = (
    "text{font:13px system-ui,Helvetica,Arial,sans-serif;fill:#1c2733}"
    ".t{font-size:17px;font-weight:600}.q{fill:#5b6775}.g{stroke:#dde3ea;stroke-width:1}"
    ".a{fill:#2d7d46}.r{fill:#9c4413}.c{fill:none;stroke-width:2.6;stroke-linejoin:round}"
)


def svg(result: Result) -> str:
    """The whole picture, self-contained."""
    steps = steps_drawn(result)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            'aria-labelledby="title about">',
            f"<title id='title'>{_TITLE}</title>",
            f"<desc id='about'>{escape(_about(result))}</desc>",
            f"<style>{_STYLE}</style>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
            _text(_LEFT, 26, _TITLE, "t"),
            _text(_LEFT, 46, _about(result), "q"),
            *_grid(),
            *(_curve(s, c) for s, c in zip(steps, _COLORS[-len(steps) :], strict=False)),
            *_rules(result),
            *_aims(steps),
            *_legend(steps),
            "</svg>",
            "",
        ]
    )


_TITLE = "Misread wanted plates found, by false alerts"


def _about(result: Result) -> str:
    return (
        f"{result.entries:,} entries, {result.innocents:,} innocent reads, "
        f"{result.pairs:,} misread pairs, seed {result.seed}"
    )


def _x(alerts: float) -> float:
    inside = min(max(alerts, _LEAST), _MOST)
    share = (log10(inside) - log10(_LEAST)) / (log10(_MOST) - log10(_LEAST))
    return round(_LEFT + share * (WIDTH - _LEFT - _RIGHT), 1)


def _y(found: float) -> float:
    return round(_TOP + (1 - found) * (HEIGHT - _TOP - _BOTTOM), 1)


def _text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def _grid() -> Iterable[str]:
    for tenth in range(0, 11, 2):
        y = _y(tenth / 10)
        yield f'<path class="g" d="M{_LEFT} {y}H{WIDTH - _RIGHT}"/>'
        yield _text(_LEFT - 10, y + 4, f"{tenth * 10} %", "q", "end")
    for alerts in (1, 10, 100, 1_000, 10_000):
        x = _x(alerts)
        yield f'<path class="g" d="M{x} {_TOP}V{HEIGHT - _BOTTOM}"/>'
        yield _text(x, HEIGHT - _BOTTOM + 20, f"{alerts:,}", "q", "middle")
    middle = (_LEFT + WIDTH - _RIGHT) / 2
    words = "false alerts per 100,000 innocent reads (each line is ten times the one before)"
    yield _text(middle, HEIGHT - _BOTTOM + 42, words, "q", "middle")


def _curve(step: Step, color: str) -> str:
    points = [(_x(a), _y(f)) for a, f in step.curve if a >= _LEAST]
    path = "L".join(f"{x} {y}" for x, y in points)
    return f'<path class="c" stroke="{color}" d="M{path}"/>' if points else ""


def _rules(result: Result) -> Iterable[str]:
    for rule in result.rules:
        if not rule.name.startswith(("edit", "OCR")):
            continue
        x, y = _x(rule.result.false_alerts), _y(rule.result.found)
        yield f'<circle cx="{x}" cy="{y}" r="5" fill="#c2571a"/>'
        at_right = x > WIDTH - 260
        yield _text(x, y + 19, rule.name, "r", "end" if at_right else "middle")


def _aims(steps: Sequence[Step]) -> Iterable[str]:
    if not any(s.evidence == AIMS_WITH for s in steps):
        return
    for alerts, found in AIMS:
        x, y = _x(alerts), _y(found)
        diamond = f"M{x} {y - 7}L{x + 7} {y}L{x} {y + 7}L{x - 7} {y}Z"
        yield f'<path d="{diamond}" fill="none" stroke="#2d7d46" stroke-width="2"/>'
        yield _text(x + 10, y + 15, f"aim {found:.0%}", "a")


def _legend(steps: Sequence[Step]) -> Iterable[str]:
    x, y = _LEFT, HEIGHT - 12
    for step, color in zip(steps, _COLORS[-len(steps) :], strict=False):
        words = f"bolo: {', '.join(step.evidence)}"
        yield f'<path d="M{x} {y - 4}h22" stroke="{color}" stroke-width="3"/>'
        yield _text(x + 28, y, words)
        x += 28 + round(len(words) * 6.6) + 18
