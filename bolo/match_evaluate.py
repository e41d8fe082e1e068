"""`bolo match evaluate`: how well the engine finds what a file of pairs says was misread."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from domain.errors import BoloError


def evaluate(
    pairs: Annotated[Path, typer.Option(help="CSV of what plates were and what cameras read.")],
    entries: Annotated[
        int, typer.Option(help="Entries of the drawn watch list, 1,000 to 1,000,000.")
    ] = 100_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same numbers.", min=0)] = 1,
    budget: Annotated[
        list[float] | None,
        typer.Option(
            help="False alerts per 100,000 innocent reads; several allowed. Without: 5, 100, 500."
        ),
    ] = None,
    innocents: Annotated[
        int, typer.Option(help="Innocent reads to draw.", min=1_000, max=5_000_000)
    ] = 200_000,
    evidence: Annotated[
        str,
        typer.Option(
            help="What to use: plate,state,make,color. Without: all that the file has or is drawn."
        ),
    ] = "",
    curve: Annotated[
        Path | None, typer.Option(help="Write the picture to this file (SVG).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for scripts.")] = False,
) -> None:
    """Measure on pairs of true and read plates: found against false alerts, beside simpler rules.

    \b
    Example: bolo match evaluate --pairs pairs.csv --entries 1000000 --seed 7 --budget 5
    Example: bolo match evaluate --pairs pairs.csv --evidence plate,state --json

    \b
    The CSV is UTF-8 with a first line that names its columns:
      truth, read              the plate, and what the camera read (needed)
      state_truth, state_read  NCIC codes or names: KS, Nebraska
      confidence               the camera's, of the whole text, 0 to 1 or in per cent
      candidates               its other readings, best first: ABC123:0.8|A8C123:0.1
      make_truth, make_read    NCIC codes or words: TOYT, Toyota
      color_truth, color_read  (also colour_truth, colour_read): SIL, silver
      body_truth, body_read    4D, PK, sedan, SUV
    Case, order and what stands between a heading's words do not matter (truth_make, Make Truth);
    make alone is make_truth. Cells may be divided by semicolons or tabs. Other columns are not
    used, and the report names them. A state, make, color or body that has no column is drawn: the
    entry's by how common it is, the camera's with documented error rates. An empty cell says
    nothing (an empty state_truth is drawn from the states whose plates look like the truth), nor
    does a state that is none of the NCIC codes, which is counted. Lines whose read equals its
    truth, and lines without a truth or a read (empty, UNKNOWN), are left out.

    The watch list and the innocent traffic are drawn by the plate series of the states; no
    innocent vehicle holds an entry's plate and state. docs/quality.md says what the numbers mean.
    Needs no settings and no database. Progress goes to stderr.

    \b
    With --json, "engine" has one object for each --budget, with all the evidence that was used:
      found                           share of the misread wanted plates, 0 to 1
      found_plus_minus                half of its 95 % interval
      false_alerts_per_100000         innocent reads that score above the threshold, of 100,000;
                                      false_alerts_low and false_alerts_high are its 95 % interval
      exact_texts_besides_per_100000  innocents below it that show a wanted plate's very text, most
                                      of another state: shown all the same, but not counted above
      threshold                       the score (ln of odds) that the budget gives
    "rules" has the simpler rules, "steps" the same numbers with less evidence, "notes" what was odd
    about the file.
    """
    from quality.bench import planned
    from quality.curve import svg
    from quality.measuring import measure
    from quality.pairs import load
    from quality.report import lines

    try:
        names = tuple(filter(None, (name.strip() for name in evidence.split(","))))
        budgets = tuple(budget or (5.0, 100.0, 500.0))
        if curve is not None:
            _writable(curve)
        plan = planned(load(pairs), entries, seed, innocents, budgets, names)
        progress = _Progress()
        result = measure(plan, progress.say)
        progress.end()
        if curve is not None:
            _write(curve, svg(result))
    except BoloError as wrong:
        typer.echo(f"bolo: {wrong}", err=True)
        raise typer.Exit(1) from None
    if as_json:
        print(json.dumps(result.as_json(), indent=2))
        return
    for line in lines(result):
        print(line)
    if curve is not None:
        print(f"\nPicture: {curve}")


def _writable(path: Path) -> None:
    """Say before a long run, not after it, that its picture has no place."""
    from domain.errors import BadInput

    if not path.parent.is_dir():
        raise BadInput("--curve", f"{path.parent} is no folder; make it first")


def _write(path: Path, text: str) -> None:
    from domain.errors import BadInput

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as wrong:
        raise BadInput("--curve", f"{path} cannot be written: {wrong.strerror}") from wrong


class _Progress:
    """One line on a terminal, written over; on a file, a line for each thing that is new."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._last = ""

    def say(self, what: str) -> None:
        """Show what is being done."""
        if self._terminal:
            sys.stderr.write(f"\r\033[K{what}")
            sys.stderr.flush()
            return
        thing = what.split(":")[0]
        if thing != self._last:
            sys.stderr.write(f"{thing}\n")
        self._last = thing

    def end(self) -> None:
        """Leave the terminal's line empty."""
        if self._terminal:
            sys.stderr.write("\r\033[K")
