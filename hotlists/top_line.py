"""Whether the first line of a table names its columns or is a row like the others."""

from __future__ import annotations

from collections.abc import Sequence

from hotlists.cells import date_of, is_state, state_of
from hotlists.column_kinds import Kinds, is_plate
from hotlists.headings import word_of


def header_share(first: Sequence[str], body: Sequence[Kinds]) -> tuple[float, str]:
    """(0-1 from a row to headings, a sentence where that is in doubt). `body`: the other rows.

    Headings are words that headings use; they hold no dates and no digits alone, and differ in kind
    from what stands under them. A vanity plate TAG or STATE is one cell of a row whose other
    cells are data.
    """
    filled = [cell for cell in first if cell]
    if not filled:
        return 0.0, ""
    known = [bool(word_of(cell)) for cell in filled]
    data = [_is_data(cell) for cell in filled]
    if any(data) and sum(data) >= sum(known):
        return 0.0, ""
    share = sum(known) / len(filled)
    alone = len(filled) == 1
    if any(data):
        said = "The first line has words of headings beside cells that look like data."
        return (0.6 if share > 0.5 else 0.3), said
    if any(word_of(cell) == "LIC" for cell in filled) and (share >= 0.5 or len(filled) > 2):
        if alone and _some_have_no_digit(body):
            said = f"The only column begins with {filled[0]!r}, which was taken as its heading."
            return 0.7, said
        return 1.0, ""
    if share >= 0.6 and not alone:
        return 0.95, ""
    if _unlike_the_rest(first, body) and not any(c.isdigit() for cell in filled for c in cell):
        said = (
            "The first line is not like the others, so it was taken as headings, few of them known."
        )
        return 0.75 if share else 0.7, said
    return (0.3 if share >= 0.3 and not alone else 0.0), ""


def _is_data(cell: str) -> bool:
    if word_of(cell):
        return False
    text = cell.upper()
    return (
        cell.isdigit()
        or date_of(cell).day is not None
        or is_state(state_of(cell))
        or (any(c.isdigit() for c in text) and is_plate(text))
    )


def _some_have_no_digit(body: Sequence[Kinds]) -> bool:
    """Whether a lone heading could as well be one of the plates: some of them have no digit."""
    return any(not any(c.isdigit() for c in v) for kinds in body for v in kinds.values)


def _unlike_the_rest(first: Sequence[str], body: Sequence[Kinds]) -> bool:
    """Whether under two words without a digit stands what always has one, or is of a clear kind."""
    unlike = 0
    for cell, kinds in zip(first, body, strict=False):
        if not cell or not kinds.values:
            continue
        digits = sum(any(c.isdigit() for c in v) for v in kinds.values) / len(kinds.values)
        clear = max((kinds.score(w) for w in ("LIS", "VCO", "VMA", "MKE")), default=0.0)
        unlike += (digits >= 0.8 or clear >= 0.8) and cell.upper() not in kinds.values
    return unlike >= min(2, len(body))
