"""What makes a new list suspicious. Pure; each guard has a name and says a sentence.

A broken list never replaces a good one: any finding puts the new generation in quarantine, the last
good one stays in force, and a person is told. The limits are judgement, per source if need
be (settings.limits); the words for a person are in docs/hotlists.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from hotlists.model import Finding, Parsed

DUPLICATE = "the same record again, the last one was kept"
"""The reject reason that is no parse failure."""


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From where on a guard objects; shares are 0-1 of the rows, or of the last generation.

    `small` is the change in entries that is never suspicious by itself: a local list of a few
    plates may double. A daily national list turns over some 15 % of its entries a day at most
    (569 of 3,600 removed, 541 added), and its size hardly moves.
    """

    failures: float = 0.05
    drop: float = 0.3
    jump: float = 0.5
    small: int = 20
    duplicates: float = 0.2
    damaged: float = 0.01
    shifted: float = 0.2
    expired: float = 0.5


@dataclass(frozen=True)
class Last:
    """The generation in force, as far as guards care."""

    number: int
    entries: int


def not_text(found: Parsed, _: Last | None, __: Limits) -> Finding | None:
    """Binary, or an archive: nothing to read."""
    if found.not_text:
        return Finding("not-text", "The file is not text: send the plain CSV file.", final=True)
    return None


def missing_columns(found: Parsed, _: Last | None, __: Limits) -> Finding | None:
    """Without these columns no row can be understood."""
    if not found.missing or found.not_text or not (found.rows or found.columns):
        return None
    return Finding(
        "missing-columns",
        f"The header has no {', '.join(found.missing)}: its first line must name the NCIC columns "
        f"(understood: {', '.join(found.columns) or 'none'}).",
        final=True,
    )


def empty(found: Parsed, _: Last | None, __: Limits) -> Finding | None:
    """No entry came out of it."""
    if found.accepted or found.not_text or (found.missing and (found.rows or found.columns)):
        return None
    sentence = f"The file has {found.rows:,} rows and not one usable entry."
    return Finding("empty", sentence, final=not found.columns)


def truncated(found: Parsed, _: Last | None, __: Limits) -> Finding | None:
    """The last line breaks off."""
    if not found.cut_short:
        return None
    return Finding("truncated", "The last line breaks off: the file did not arrive whole.")


def parse_failures(found: Parsed, _: Last | None, limits: Limits) -> Finding | None:
    """Too many rows could not be understood."""
    bad = sum(n for why, n in found.rejected.items() if why != DUPLICATE)
    if not found.rows or bad <= limits.failures * found.rows:
        return None
    return Finding(
        "parse-failures",
        f"{bad:,} of {found.rows:,} rows could not be used ({bad / found.rows:.0%}; "
        f"the limit is {limits.failures:.0%}).",
    )


def row_count(found: Parsed, last: Last | None, limits: Limits) -> Finding | None:
    """The list shrank or grew more than lists do."""
    if last is None:
        return None
    change = found.accepted - last.entries
    limit = limits.jump if change > 0 else limits.drop
    if abs(change) <= max(limits.small, limit * last.entries):
        return None
    word = "more" if change > 0 else "fewer"
    return Finding(
        "row-count",
        f"{found.accepted:,} entries, {abs(change):,} {word} than the {last.entries:,} of "
        f"generation {last.number} (the limit is {limit:.0%}).",
    )


def columns_shifted(found: Parsed, _: Last | None, limits: Limits) -> Finding | None:
    """Plates that look like states, or states that do not."""
    if not found.rows:
        return None
    worst = max(found.plates_like_states, found.states_unlike_states)
    if worst <= max(1, limits.shifted * found.rows):
        return None
    return Finding(
        "columns-shifted",
        f"In {found.plates_like_states:,} rows the plate looks like a state, in "
        f"{found.states_unlike_states:,} the state does not: the columns may be shifted.",
    )


def duplicates(found: Parsed, _: Last | None, limits: Limits) -> Finding | None:
    """The same records over and over."""
    if found.duplicates <= max(1, limits.duplicates * found.rows):
        return None
    return Finding(
        "duplicates",
        f"{found.duplicates:,} of {found.rows:,} rows repeat a record of this same file.",
    )


def encoding(found: Parsed, _: Last | None, limits: Limits) -> Finding | None:
    """Characters were lost on the way."""
    if found.damaged <= max(1, limits.damaged * found.rows):
        return None
    return Finding(
        "encoding",
        f"{found.damaged:,} rows hold damaged characters: the file was converted wrongly.",
    )


def expiry(found: Parsed, _: Last | None, limits: Limits) -> Finding | None:
    """Most entries have expired already: yesterday's list, or a column that means another date."""
    if found.already_expired <= max(1, limits.expired * found.accepted):
        return None
    return Finding(
        "expiry",
        f"{found.already_expired:,} of {found.accepted:,} entries have already expired: the "
        "list is old, or the expiry column holds another date.",
    )


Guard = Callable[[Parsed, Last | None, Limits], Finding | None]

GUARDS: tuple[Guard, ...] = (
    not_text,
    missing_columns,
    empty,
    truncated,
    parse_failures,
    row_count,
    columns_shifted,
    duplicates,
    encoding,
    expiry,
)


def inspect(found: Parsed, last: Last | None, limits: Limits) -> tuple[Finding, ...]:
    """What every guard has to say, in the order above; () when the list is good."""
    said = (guard(found, last, limits) for guard in GUARDS)
    return tuple(finding for finding in said if finding is not None)
