"""Like over like: what the camera read over what the list has, in one grid. Pure.

A difference is computed from the characters, never taken on trust from the evidence: the
evidence only says how the two texts are aligned.
"""

from __future__ import annotations

from itertools import zip_longest

from console.models import Char, Column, Comparison, PlateText
from console.words import state_name
from domain.plate import shown
from matchers.evidence import Difference
from matchers.watch import Match
from matchers.wild import laid

LONG = 7
"""A grid with at least this many columns uses narrower cells."""

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
             "tenth", "eleventh", "twelfth")  # fmt: skip


def columns(read: str, entry: str, differences: tuple[Difference, ...]) -> tuple[Column, ...]:
    """The two texts side by side; "" where one side has nothing.

    Every character of both texts appears exactly once and in order, whatever `differences` says.
    A `?` of the entry is a character that nobody knows: it differs from none.
    """
    pairs: list[tuple[str, str]] = []
    at_read = at_entry = 0
    for d in sorted(differences, key=lambda d: (d.read_at, d.entry_at)):
        behind = d.read_at < at_read or d.entry_at < at_entry
        if behind or d.read_at > len(read) or d.entry_at > len(entry):
            continue  # cannot be: the plain walk shows every character all the same
        same = min(d.read_at - at_read, d.entry_at - at_entry)
        pairs += zip(
            read[at_read : at_read + same], entry[at_entry : at_entry + same], strict=False
        )
        at_read, at_entry = at_read + same, at_entry + same
        if (at_read, at_entry) != (d.read_at, d.entry_at):
            continue
        r = read[at_read : at_read + len(d.read)]
        e = entry[at_entry : at_entry + len(d.entry)]
        pairs += zip_longest(r, e, fillvalue="")
        at_read, at_entry = at_read + len(r), at_entry + len(e)
    pairs += zip_longest(read[at_read:], entry[at_entry:], fillvalue="")
    gap = _gap(entry)
    out: list[Column] = []
    entry_seen = 0
    for r, e in pairs:
        group = bool(e) and entry_seen == gap
        entry_seen += bool(e)
        out.append(Column(read=r, entry=e, differs=r != e and not (r and e == "?"), group=group))
    return tuple(out)


def compare(match: Match) -> Comparison:
    """The grid of a match, with its differences in words ("8 read, B listed")."""
    evidence, entry, read = match.evidence, match.entry, match.read
    grid = columns(evidence.reading, listed(match), evidence.differences)
    state_differs = bool(read.state and entry.state and read.state != entry.state)
    notes = [
        f"{c.read or 'nothing'} read, {c.entry or 'nothing'} listed" for c in grid if c.differs
    ]
    if state_differs:
        notes.insert(0, f"{read.state} read, {entry.state} listed")
    places = [_ORDINALS[i] for i, c in enumerate(grid) if c.differs and i < len(_ORDINALS)]
    if not places:
        known = "the same characters" if entry.plate else "the same known characters"
        differ = f"Read and list have {known}."
    else:
        which = places[0] if len(places) == 1 else f"{', '.join(places[:-1])} and {places[-1]}"
        differ = f"Read and list differ in the {which} character."
    return Comparison(
        columns=grid,
        read_state=read.state,
        entry_state=entry.state,
        state_differs=state_differs,
        notes=tuple(notes),
        caption=f"The plate picture over what the camera read and what the list has. {differ}",
    )


def plate_read(match: Match) -> PlateText:
    """The plate as the camera read it, differing characters marked: a possible hit."""
    reading, grid = (
        match.evidence.reading,
        columns(match.evidence.reading, listed(match), match.evidence.differences),
    )
    gap = _gap(reading)
    chars = [
        Char(text=c.read, differs=c.differs, group=i == gap)
        for i, c in enumerate(c for c in grid if c.read)
    ]
    return PlateText(
        state=match.read.state,
        state_name=state_name(match.read.state),
        text=shown(reading),
        chars=tuple(chars),
    )


def listed(match: Match) -> str:
    """The entry's plate; its pattern, as it lies beside the reading, with `?` for what nobody
    knows; "" of an entry without either."""
    pattern = match.entry.pattern
    if match.entry.plate or not pattern:
        return match.entry.plate
    return laid(_meant(match), pattern) or pattern


def _meant(match: Match) -> str:
    """The reading, with the list's character where the camera mixed one up."""
    text = match.evidence.reading
    for d in match.evidence.differences:
        if len(d.read) == len(d.entry):
            text = text[: d.read_at] + d.entry + text[d.read_at + len(d.read) :]
    return text


def plate_wanted(match: Match) -> PlateText:
    """The plate as the list has it: what was verified. Of a partial plate, the whole one that was
    found to fit it."""
    entry = match.entry
    plate = _meant(match) if entry.pattern and not entry.plate else entry.plate
    gap = _gap(plate)
    return PlateText(
        state=match.entry.state,
        state_name=state_name(match.entry.state),
        text=shown(plate),
        chars=tuple(Char(text=c, group=i == gap) for i, c in enumerate(plate)),
    )


def _gap(plate: str) -> int:
    """Before which character the gap stands when it is read aloud; 0 when there is none."""
    text = shown(plate)
    return text.index(" ") if " " in text else 0
