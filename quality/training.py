"""Whether a file was also learned from: pairs that are among those of quality/data's training."""

from __future__ import annotations

from pathlib import Path

from domain.errors import BadInput
from quality.pairs import Pairs, load

FOLDER = Path(__file__).with_name("data")


def shared(pairs: Pairs, folder: Path = FOLDER) -> int | None:
    """How many misread pairs of the file (truth and read) the engine's tables were learned from.
    None: the training pairs are not at hand, as in an installed package."""
    learned: set[tuple[str, str]] = set()
    found = False
    for path in sorted(folder.glob("train*.csv")):
        try:
            learned.update((p.truth, p.read) for p in load(path).misread)
        except BadInput:
            continue  # not in this layout
        found = True
    if not found:
        return None
    return sum((p.truth, p.read) in learned for p in pairs.misread)
