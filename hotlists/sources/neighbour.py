"""A neighbour's list: the pages of one pull, laid over what was pulled before.

What arrives is a line that says where the pull went on from, and a line for each page
(hotlists.neighbour.wire). It counts only as a whole: a line that cannot be read, a page that is
missing, or a pull that began from something else than what is remembered (a replay; another pull
was faster) leaves the last good list in force, since the half of it might lose a withdrawal.

A row is an entry of the whole list as it stands after this pull. Priority and what an entry may do
are our policy's; a category that our policy does not have becomes the source's default.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from domain.errors import BadInput
from hotlists.columns import COLUMNS, rows_of
from hotlists.model import Parsed
from hotlists.neighbour.checking import checked
from hotlists.neighbour.memory import Cells, Memory, recalled
from hotlists.neighbour.wire import (
    ENTRIES,
    PAGE_BYTES,
    PAGES,
    PULL_BYTES,
    Beginning,
    Page,
    page_of,
)
from hotlists.sources import Context, Out

KIND = "neighbour"

SCHEDULE = "* * * * *"
"""How often it is pulled when nobody says otherwise: what a neighbour enters counts in a minute."""
MAX_AGE_HOURS = 1
"""How old it may be: a pull that fails for an hour is for a person."""

TOO_MANY = f"the list has more than {ENTRIES:,} entries"
UNKNOWN_MAX = 20
UNREADABLE = "unreadable"

_CODE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+){0,4}")


class _NotWhole(Exception):
    """Why what arrived does not count."""


def parse(data: Iterable[bytes], context: Context, out: Out) -> None:
    """See hotlists.sources.SourceKind.parse."""
    default = _default(context)
    found = context.found
    found.columns = [name for name in COLUMNS if name != "nic"]
    before = recalled(context.state)
    try:
        beginning, pages = _read(data)
        _must_follow(beginning, pages, before)
    except _NotWhole as why:
        found.unreadable = str(why)
        found.rows = found.rejected["the pull does not count as a whole"] = 1
        return
    goes_on = before is not None and beginning.since
    entries = _still(before, context.now) if before is not None and goes_on else {}
    for page in pages:
        _lay(page, entries, context, out)
    # Empty because of what was withdrawn is ordinary. Empty from the beginning, where there was
    # something, is what a neighbour with an empty database says: a person looks at it.
    found.may_be_empty = bool(goes_on) or before is None or not _still(before, context.now)
    last = pages[-1]
    records = []
    for key, cells in entries.items():
        known = cells["category"] in context.policy.categories
        if not known:
            _note_unknown(found, cells["category"])
        mapped = cells["category"] if known else default
        records.append({**cells, "category": mapped, "key": key})
    found.accepted = len(records)
    found.rows = found.accepted + found.prohibited + sum(found.rejected.values())
    found.already_expired = sum(_over(cells, context.now) for cells in entries.values())
    if records:
        out.rows(rows_of(records))
    now = Memory(
        agency=last.agency,
        name=beginning.name,
        cursor=last.cursor,
        mark=last.mark,
        entries=entries,
    )
    out.remember(now.text())


def _lay(page: Page, entries: dict[str, Cells], context: Context, out: Out) -> None:
    """One page over what there was: the last word on an entry counts."""
    found = context.found
    for key in page.withdrawn:
        entries.pop(key, None)
    kept: list[bytes] = []
    for raw in page.entries:
        one = checked(bytes(raw), context.policy, context.now)
        # Whatever its last word is, the one before is no longer what the neighbour says.
        entries.pop(one.key, None)
        if one.prohibited:
            found.prohibited += 1
            continue
        kept.append(bytes(raw))
        if one.problem:
            _count(found.rejected, one.problem)
        elif len(entries) >= ENTRIES:
            _count(found.rejected, TOO_MANY)
        else:
            entries[one.key] = one.cells
    said = {"cursor": page.cursor, "withdrawn": page.withdrawn}
    out.original(b"\n".join((msgspec.json.encode(said), *kept)) + b"\n")


def _default(context: Context) -> str:
    default = str(context.source.settings.get("category") or "local")
    if default not in context.policy.categories:
        known = ", ".join(sorted(context.policy.categories))
        problem = f"no category {default!r}; there are: {known}"
        raise BadInput("category", problem)
    return default


def _must_follow(beginning: Beginning, pages: list[Page], before: Memory | None) -> None:
    """Raises _NotWhole when this pull is not the next one after what is remembered."""
    if beginning.had != (before.place if before is not None else None):
        why = "it was pulled from another state of the list than the one in force"
        raise _NotWhole(why)
    if beginning.since and (before is None or beginning.since != before.cursor):
        why = "it begins in the middle"
        raise _NotWhole(why)
    at = beginning.since
    for page in pages:
        if page.since != at:
            why = "a page is missing or comes twice"
            raise _NotWhole(why)
        if page.agency != pages[0].agency:
            why = "its pages are of several agencies"
            raise _NotWhole(why)
        if not page.more and page is not pages[-1]:
            why = "pages come after the last one"
            raise _NotWhole(why)
        at = page.cursor
    if pages[-1].more:
        why = "the last page is missing"
        raise _NotWhole(why)
    if before is not None and pages[0].agency != before.agency:
        why = "it is the list of another agency than before; give that one a list of its own"
        raise _NotWhole(why)


def _read(data: Iterable[bytes]) -> tuple[Beginning, list[Page]]:
    """The line that begins it, and at least one page. Raises _NotWhole."""
    lines = _lines(data)
    try:
        beginning = msgspec.json.decode(next(lines, b""), type=Beginning)
        pages = [page_of(line) for line in lines]
    except (ValueError, RecursionError) as bad:  # msgspec's errors are ValueErrors
        plain = not isinstance(bad, msgspec.DecodeError | UnicodeDecodeError | RecursionError)
        why = f"a page {bad}" if plain else "it is not what a pull of a neighbour's list gives"
        raise _NotWhole(why) from None
    if not pages:
        why = "it has no page"
        raise _NotWhole(why)
    return beginning, pages


def _lines(data: Iterable[bytes]) -> Iterator[bytes]:
    """The lines, bounded in length, number and sum. Raises _NotWhole."""
    rest, size, count = b"", 0, 0
    for piece in data:
        size += len(piece)
        *whole, rest = (rest + piece).split(b"\n")
        count += len(whole)
        if size > PULL_BYTES or count > PAGES + 1 or len(rest) > PAGE_BYTES:
            why = "it is larger than any list of a neighbour"
            raise _NotWhole(why)
        yield from whole
    if rest:
        why = "its last line breaks off"
        raise _NotWhole(why)


def _still(before: Memory, now: datetime) -> dict[str, Cells]:
    """What was remembered and has not come to its end."""
    return {key: cells for key, cells in before.entries.items() if not _over(cells, now)}


def _over(cells: Cells, now: datetime) -> bool:
    return datetime.fromisoformat(cells["expires_at"]) <= now


def _count(counts: dict[str, int], why: str) -> None:
    counts[why] = counts.get(why, 0) + 1


def _note_unknown(found: Parsed, code: str) -> None:
    """Counted by the neighbour's own word for it, unless it looks like something else than one."""
    room = len(found.unknown) + (UNREADABLE not in found.unknown) < UNKNOWN_MAX
    named = len(code) <= 30 and _CODE.fullmatch(code) and not any(c.isdigit() for c in code)
    _count(found.unknown, code if named and (code in found.unknown or room) else UNREADABLE)
