"""Where two plate texts differ, aligned so that a dropped character shifts nothing after it."""

from __future__ import annotations

from rapidfuzz.distance import Levenshtein

from matchers.evidence import Difference


def differences(reading: str, plate: str) -> tuple[Difference, ...]:
    """The fewest edits from `reading` to `plate`, left to right; () when they are equal.

    `read_at` and `entry_at` are positions in the two texts; for a character that is missing on one
    side it is where it would stand, and that side's text is "".
    """
    found = []
    for edit in Levenshtein.editops(reading, plate):
        read = "" if edit.tag == "insert" else reading[edit.src_pos]
        entry = "" if edit.tag == "delete" else plate[edit.dest_pos]
        found.append(
            Difference(read_at=edit.src_pos, entry_at=edit.dest_pos, read=read, entry=entry)
        )
    return tuple(found)
