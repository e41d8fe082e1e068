"""Draws the pictures of docs/matching.md from the shipped tables and the engine itself.

    python docs/pictures/draw_matching.py

Run it again when the tables change: matching-path.svg, matching-example.svg, matching-colors.svg.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from html import escape
from math import log
from pathlib import Path
from uuid import UUID

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent))

from domain.entry import Entry  # noqa: E402
from domain.read import Read  # noqa: E402
from domain.vehicle import Guess, VehicleSeen  # noqa: E402
from matchers.evidence import Evidence  # noqa: E402
from matchers.judging import explain  # noqa: E402
from matchers.scales import Scales  # noqa: E402
from matchers.vehicle_tables import RATIO, number_of  # noqa: E402

INK, QUIET, LINE, FOR, AGAINST, GROUND = (
    "#1b2430", "#5a6675", "#c9d0d8", "#6f8499", "#b3127a", "#ffffff",
)  # fmt: skip


def text(x: float, y: float, words: str, *, size: int = 14, ink: str = INK, more: str = "") -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{ink}" {more}>{escape(words)}</text>'
    )


def box(x: float, y: float, w: float, h: float, fill: str, stroke: str = "none") -> str:
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" rx="3" fill="{fill}"'
        f' stroke="{stroke}" />'
    )


def save(name: str, width: int, height: int, title: str, parts: list[str]) -> None:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
        f' height="{height}" role="img" aria-label="{escape(title)}"'
        ' font-family="Roboto, Helvetica, Arial, sans-serif">'
    )
    ground = box(0, 0, width, height, GROUND)
    (HERE / name).write_text("\n".join([head, ground, *parts, "</svg>", ""]))


# --- the path of a read ---

STEPS = (
    ("Read", ("what the camera saw:", "texts, state, make,", "color, body, how sure")),
    ("Candidates", ("entries whose plate it", "may be, misread or not;", "nearly always none")),
    ("Evidence", ("each fact weighed for", "and against, in words,", "and the sum")),
    ("Budget", ("is the sum worth a", "person's time? the", "agency's own threshold")),
    ("Person", ("looks, checks a second", "source, verifies or", "rejects; bolo learns")),
)


def path() -> None:
    wide, gap, high = 172, 24, 122
    parts = [
        '<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"'
        f' orient="auto"><path d="M0 0L8 4L0 8z" fill="{QUIET}" /></marker></defs>'
    ]
    for n, (name, lines) in enumerate(STEPS):
        x = 8 + n * (wide + gap)
        parts.append(box(x, 8, wide, high, "#f3f5f7", LINE))
        parts.append(text(x + 12, 34, f"{n + 1}  {name}", size=17, more='font-weight="700"'))
        for row, line in enumerate(lines):
            parts.append(text(x + 12, 62 + 20 * row, line, ink=QUIET))
        if n:
            parts.append(
                f'<path d="M{x - gap + 2} 69H{x - 3}" stroke="{QUIET}" stroke-width="1.5"'
                ' marker-end="url(#a)" />'
            )
    last = 8 + 4 * (wide + gap) + wide / 2
    second = 8 + 2 * (wide + gap) + wide / 2
    parts.append(
        f'<path d="M{last} {8 + high}V166H{second}V{8 + high + 3}" fill="none" stroke="{QUIET}"'
        ' stroke-width="1.5" stroke-dasharray="5 4" marker-end="url(#a)" />'
    )
    learned = "what people verified and rejected comes back as evidence, slowly and within bounds"
    parts.append(text((last + second) / 2, 186, learned, ink=QUIET, more='text-anchor="middle"'))
    title = "A read goes through candidates, evidence and budget to a person"
    save("matching-path.svg", 988, 200, title, parts)


# --- one example as a staircase ---


def example() -> Evidence:
    """A blue Ford F-150 whose last character was misread, on a list of 100,000 Kansas plates."""
    at = datetime(2026, 11, 21, 21, 2, 9, tzinfo=UTC)
    seen = VehicleSeen(
        make=(Guess("Ford", 0.93),), model=(Guess("F-150", 0.85),), color=(Guess("blue", 0.8),)
    )
    read = Read(
        read_id=UUID(int=1), agency="KS0190100", camera="c1", seen_at=at, received_at=at,
        plate="518RB4", plate_raw="518RB4", confidence=0.82, state="KS", state_confidence=0.9,
        vehicle=seen,
    )  # fmt: skip
    entry = Entry(
        entry_id=UUID(int=2), agency="KS0190100", source="s", category="stolen-vehicle",
        priority=2, plate="518RBA", state="KS", make="FORD", model="F15", color="BLU",
    )  # fmt: skip
    found = explain(read, entry, Scales(wanted=100_000, home="KS"))
    assert found is not None
    return found


def staircase() -> None:
    found = example()
    weighing = [f for f in found.features if abs(f.weight) >= 0.005]
    # What is known before looking is the ground that evidence builds on, so it stands first.
    weighing.sort(key=lambda f: f.name != "before looking")
    runs, total = [], 0.0
    for feature in weighing:
        runs.append((feature, total, total + feature.weight))
        total += feature.weight
    low = min(0.0, *(min(a, b) for _, a, b in runs)) - 1
    high = max(0.0, *(max(a, b) for _, a, b in runs)) + 1
    left, right, row = 470, 890, 30
    scale = (right - left) / (high - low)

    def x(weight: float) -> float:
        return left + (weight - low) * scale

    bottom = 46 + row * (len(runs) + 1)
    parts = [
        f'<path d="M{x(0):.1f} 30V{bottom}" stroke="{QUIET}" stroke-dasharray="4 3" />',
        text(x(0), 22, "even odds", ink=QUIET, more='text-anchor="middle"'),
    ]
    for n, (feature, start, end) in enumerate(runs):
        y = 40 + n * row
        parts.append(text(8, y + 15, said(feature.name, feature.words)))
        ink = AGAINST if feature.verdict == "conflict" else FOR if end > start else "#a9b6c3"
        parts.append(box(min(x(start), x(end)), y + 3, max(abs(x(end) - x(start)), 1.5), 16, ink))
        parts.append(f'<path d="M{x(end):.1f} {y + 3}v{row}" stroke="{LINE}" />')
        sign = "+" if feature.weight > 0 else "−"
        number = f"{sign}{abs(feature.weight):.2f}"
        parts.append(text(970, y + 15, number, more='text-anchor="end"'))
    y = 40 + len(runs) * row
    parts.append(f'<path d="M8 {y}H970" stroke="{LINE}" />')
    outcome = "it asks a person" if found.score >= found.threshold else "no alert"
    label = f"Sum; needed {found.threshold:+.2f}, so {outcome}".replace("-", "−")
    parts.append(text(8, y + 20, label, more='font-weight="700"'))
    total_words = f"{found.score:+.2f}"
    parts.append(text(970, y + 20, total_words, more='text-anchor="end" font-weight="700"'))
    title = "The weights of one example, one after the other, up to their sum"
    save("matching-example.svg", 978, y + 34, title, parts)


def said(name: str, words: str) -> str:
    """The feature's words, short enough for their line."""
    whole = words if words.lower().startswith(name) else f"{name[:1].upper()}{name[1:]}: {words}"
    return whole if len(whole) <= 68 else f"{whole[:66].rsplit(' ', 1)[0]} ..."


# --- what a color says ---

COLORS = (
    "White", "Silver", "Gray", "Black", "Blue", "Dark blue", "Green", "Red", "Maroon", "Brown",
    "Tan", "Gold", "Yellow",
)  # fmt: skip


def colors() -> None:
    size, left, top = 44, 130, 96
    ratio = RATIO["color"]
    parts = [
        text(left, 22, "The camera saw", more='font-weight="700"'),
        text(8, top - 10, "Entry says", more='font-weight="700"'),
    ]
    for n, known in enumerate(COLORS):
        x = left + n * size + size / 2
        turned = f'transform="rotate(-45 {x:g} {top - 8})"'
        parts.append(text(x - 4, top - 8, known, size=13, more=turned))
        parts.append(text(8, top + n * size + 27, known))
    for i, expected in enumerate(COLORS):
        for j, seen in enumerate(COLORS):
            weight = log(ratio[number_of("color", seen), number_of("color", expected)])
            shade = min(abs(weight) / 4.6, 1.0) * 0.85
            ink = FOR if weight > 0 else AGAINST
            x, y = left + j * size, top + i * size
            parts.append(
                f'<rect x="{x + 1}" y="{y + 1}" width="{size - 2}" height="{size - 2}"'
                f' fill="{ink}" fill-opacity="{shade:.2f}" />'
            )
            number = f"{weight:+.1f}".replace("-", "−")
            middle = 'text-anchor="middle"'
            parts.append(text(x + size / 2, y + 27, number, size=12, more=middle))
    title = "What a color that a camera is sure of weighs, for each color an entry says"
    wide, high = left + len(COLORS) * size + 40, top + len(COLORS) * size + 8
    save("matching-colors.svg", wide, high, title, parts)


if __name__ == "__main__":
    path()
    staircase()
    colors()
