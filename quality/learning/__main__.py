"""Learns matchers/confusion.json.

python -m quality.learning --real-pairs easyocr_ukraine_pairs.csv [--paddle-python PYTHON]
    everything: draws and reads plates, splits, writes quality/data, fits
python -m quality.learning --from-pairs quality/data/training.csv
    fits again from the committed training pairs; needs no OCR and no typefaces
python -m quality.learning --choose | --report
    the scores behind strengths.py; what was learned and what of it is within reach
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from matchers.confusion import TABLE
from quality.learning import choosing, gathering, pairs, shapes, writing
from quality.learning.counting import count
from quality.learning.errors import ToolMissing
from quality.learning.priors import prior
from quality.learning.reporting import lines


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0, or 2 when a tool is missing."""
    parser = argparse.ArgumentParser(
        "python -m quality.learning",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--real-pairs", type=Path, help="CSV with columns truth and ocr")
    parser.add_argument("--paddle-python", default=sys.executable)
    parser.add_argument("--plates", type=int, default=16000)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--from-pairs", type=Path, help="fit only")
    parser.add_argument("--to", type=Path, default=TABLE, help="the fitted table")
    parser.add_argument("--data", type=Path, default=writing.DATA, help="folder of the pairs")
    parser.add_argument("--choose", action="store_true")
    parser.add_argument("--report", action="store_true")
    chosen = parser.parse_args(arguments)
    if chosen.choose:
        _choose()
        return 0
    if not chosen.report:
        if not chosen.from_pairs:
            if not chosen.real_pairs:
                parser.error("--real-pairs or --from-pairs is needed")
            try:
                _gather(chosen)
            except ToolMissing as missing:
                sys.stderr.write(f"error: {missing}\n")
                return 2
        known = pairs.load(chosen.from_pairs or chosen.data / writing.TRAINING.name)
        shown = chosen.data / writing.SHAPES.name
        chosen.to.write_text(writing.table(writing.fitted(known, shown)))
    found = lines(*(pairs.load(chosen.data / f.name) for f in (writing.TRAINING, writing.TEST)))
    sys.stdout.write("\n".join(found) + "\n")
    return 0


def _gather(chosen: argparse.Namespace) -> None:
    """Fill the folder of the pairs. The slow part: minutes."""
    shapes.write(chosen.data / writing.SHAPES.name, shapes.measure())
    everything = gathering.real(chosen.real_pairs)
    everything += gathering.drawn(chosen.plates, chosen.seed, chosen.paddle_python)
    train, test = gathering.split(everything, chosen.seed)
    pairs.write(chosen.data / writing.TRAINING.name, train, columns=3)
    pairs.write(chosen.data / writing.TEST.name, test)


def _choose() -> None:
    believed = prior(shapes.load(writing.SHAPES))
    counts = count(pairs.load(writing.TRAINING), believed)
    for strengths, scores in choosing.grid(counts, believed):
        each = "  ".join(f"{name} {s:.3f}" for name, s in zip(sorted(counts), scores, strict=True))
        sys.stdout.write(f"{strengths}  mean {sum(scores) / len(scores):.3f}  {each}\n")


if __name__ == "__main__":
    sys.exit(main())
