"""Characters that cameras mix up, in classes, and plates as a column of bytes.

Folding (one character for a whole class) is for finding only: the stored plate keeps every
character as the list had it.
"""

from __future__ import annotations

from collections.abc import Iterable

from domain.plate import LIC_MAX

CLASSES: tuple[str, ...] = ("0ODQ", "1I", "2Z", "5S", "8B", "6G")
"""OCR equivalents, default, of the "Genetec Security Center Administrator Guide"."""

CLASS_OF: dict[str, str] = {c: members for members in CLASSES for c in members}

CLOSE: tuple[str, ...] = ("0ODQ", "1IL", "2Z", "4A", "5S", "6G", "7T", "8B")
"""What a camera mixes up often (judgement: CLASSES, and what else looks alike across letters and
digits): changed within these beside one edit of any kind, the entry is still a candidate
(matchers.reach). Each class of WIDE must be made of whole classes of these. Every class more finds
more misreads and costs candidates."""

WIDE: tuple[str, ...] = (
    "0ODQCGU6", "1ILT7J", "2Z", "5S", "8B3", "MNWH", "VYX", "EFPR", "4A", "K", "9",
)  # fmt: skip
"""Everything a camera mixes up at all (judgement): any number of characters of a text may be
changed within these, and the entry is still a candidate."""

CUT = 2
"""Characters that are lost together at an end of a plate: a stacked pair, or what a frame or the
edge of the picture covers."""
CUT_FROM = 5
"""Plates of fewer characters are not looked for without CUT of them: what is left says too
little (judgement)."""

WIDTH = LIC_MAX
"""Characters of a plate column: plates are padded with spaces to this many bytes."""


def equivalent(one: str, other: str) -> bool:
    """Whether two different characters are of one confusion class."""
    return one != other and other in CLASS_OF.get(one, "")


def column(plates: Iterable[str]) -> bytes:
    """The plates as one column of WIDTH bytes each. Longer ones are cut: compare texts after."""
    return "".join([p[:WIDTH].ljust(WIDTH) for p in plates]).encode("latin-1", "replace")
