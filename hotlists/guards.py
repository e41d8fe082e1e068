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
REMOVES = "the row removes an entry"
NO_FAILURE = frozenset({DUPLICATE, REMOVES})
"""Reject reasons that are no parse failure."""


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
    kept: float = 0.3
    unknown: float = 0.5


@dataclass(frozen=True)
class Last:
    """The generation in force, as far as guards care.

    `kept` is how many of its entries the new file still has, None when that is not known;
    `newest` its latest day of entry (ISO). `seen_before`: the number of an earlier generation that
    was made of the very bytes of the new file, 0 when there is none. `unknown` is how many of its
    rows have a message key that no table knows.
    """

    number: int
    entries: int
    kept: int | None = None
    newest: str = ""
    seen_before: int = 0
    unknown: int = 0


def unreadable(found: Parsed, _: Last | None, __: Limits) -> Finding | None:
    """What it comes in cannot be opened."""
    if not found.unreadable:
        return None
    return Finding("unreadable", f"The file cannot be opened: {found.unreadable}.", final=True)


def not_text(found: Parsed, _: Last | None, __: Limits) -> Finding | None:
    """Binary, or an archive: nothing to read."""
    if found.not_text:
        return Finding("not-text", "The file is not text: send the plain CSV file.", final=True)
    return None


def missing_columns(found: Parsed, _: Last | None, __: Limits) -> Finding | None:
    """Without these columns no row can be understood."""
    if not found.missing or _closed(found) or not (found.rows or found.columns):
        return None
    return Finding(
        "missing-columns",
        f"The header has no {', '.join(found.missing)}: its first line must name the NCIC columns "
        f"(understood: {', '.join(found.columns) or 'none'}).",
        final=True,
    )


def empty(found: Parsed, _: Last | None, __: Limits) -> Finding | None:
    """No entry came out of it."""
    if found.accepted or _closed(found) or (found.missing and (found.rows or found.columns)):
        return None
    if found.may_be_empty:
        return None  # no child is missing today
    sentence = f"The file has {found.rows:,} rows and not one usable entry."
    return Finding("empty", sentence, final=not found.columns)


def truncated(found: Parsed, _: Last | None, __: Limits) -> Finding | None:
    """The last line breaks off."""
    if not found.cut_short:
        return None
    return Finding("truncated", "The last line breaks off: the file did not arrive whole.")


def _closed(found: Parsed) -> bool:
    return found.not_text or bool(found.unreadable)


def parse_failures(found: Parsed, _: Last | None, limits: Limits) -> Finding | None:
    """Too many rows could not be understood."""
    bad = sum(n for why, n in found.rejected.items() if why not in NO_FAILURE) - found.not_failed
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


def unknown_keys(found: Parsed, last: Last | None, limits: Limits) -> Finding | None:
    """Message keys that no table knows, where the last list's were known."""
    many = sum(found.unknown.values())
    if last is None or many <= max(limits.small, limits.unknown * found.accepted):
        return None
    if last.unknown > limits.unknown * last.entries:
        return None
    return Finding(
        "unknown-keys",
        f"{many:,} of {found.accepted:,} entries have a message key that no table knows; on "
        f"generation {last.number} it was {last.unknown:,}: the column may hold something else.",
    )


def forgot(found: Parsed, _: Last | None, __: Limits) -> Finding | None:
    """A source that remembers has lost its memory: what only earlier files said is missing."""
    if not found.forgot:
        return None
    return Finding(
        "forgot",
        "What was remembered of earlier files cannot be read: entries that only they had are "
        "missing from this list.",
    )


def strangers(found: Parsed, last: Last | None, limits: Limits) -> Finding | None:
    """Hardly an entry of the last list is on this one: another agency's file, or another list."""
    if last is None or last.kept is None or last.entries <= limits.small:
        return None
    if last.kept >= limits.kept * min(last.entries, found.accepted or last.entries):
        return None
    return Finding(
        "strangers",
        f"Of the {last.entries:,} entries of generation {last.number}, {last.kept:,} are on this "
        "list: it may be another agency's, or another list.",
    )


def older(found: Parsed, last: Last | None, limits: Limits) -> Finding | None:
    """A file from before the one in force. On a short list the latest entry may just be cleared."""
    if last is None:
        return None
    if last.seen_before:
        return Finding(
            "older",
            f"The file is that of generation {last.seen_before} again; generation {last.number}, "
            "which came after it, is in force.",
        )
    old = found.newest and last.newest and found.newest < last.newest
    if old and last.entries > limits.small:
        return Finding(
            "older",
            f"The latest day of entry is {found.newest}; on generation {last.number} it is "
            f"{last.newest}: the file is older than the list in force.",
        )
    return None


Guard = Callable[[Parsed, Last | None, Limits], Finding | None]

GUARDS: tuple[Guard, ...] = (
    unreadable,
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
    unknown_keys,
    strangers,
    older,
    forgot,
)


def inspect(found: Parsed, last: Last | None, limits: Limits) -> tuple[Finding, ...]:
    """What every guard has to say, in the order above; () when the list is good."""
    said = (guard(found, last, limits) for guard in GUARDS)
    return tuple(finding for finding in said if finding is not None)
