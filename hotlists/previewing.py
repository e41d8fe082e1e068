"""A file's first rows as a template understands them, before anything is imported.

It asks the parser of tables itself, so that a preview and an import cannot disagree: the whole
sample once for the counts, and each of the first lines by itself for what becomes of it. Of a
row that is never held nothing is shown, not even as an example of a column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from hotlists.columns import COLUMNS, Rows
from hotlists.encodings import decoded
from hotlists.model import HotlistSource, Parsed
from hotlists.sniffing import lines_of
from hotlists.sources import Context
from hotlists.sources.table import KIND, parse
from hotlists.tables import Layout, layout_of
from hotlists.template_files import check
from hotlists.templates import WORDS, Template
from policy.loading import standard
from policy.model import Policy
from policy.prohibited import says_anywhere

EXAMPLES = 3
MOST_ROWS = 200
LONGEST_EXAMPLE = 40
HIDDEN = "(not shown)"


@dataclass(frozen=True)
class ColumnSeen:
    """A column as it is understood. `position` counts from 1; `span` is that of fixed positions."""

    word: str
    meaning: str
    position: int
    header: str
    examples: tuple[str, ...]
    span: tuple[int, int] | None = None


@dataclass(frozen=True)
class RowSeen:
    """What becomes of one line: an entry's fields, why it is rejected, or `prohibited`."""

    row: int
    entry: Mapping[str, str] | None = None
    rejected: str = ""
    prohibited: bool = False


@dataclass(frozen=True)
class Preview:
    """The template, its columns, the first rows, and the counts over the whole sample."""

    template: Template
    columns: tuple[ColumnSeen, ...]
    rows: tuple[RowSeen, ...]
    found: Parsed
    missing: tuple[str, ...] = ()

    @property
    def understood(self) -> bool:
        """Whether at least half of the rows can be used, or are of the kind that is dropped."""
        found = self.found
        usable = found.accepted + found.prohibited
        return not self.missing and not found.not_text and usable > 0 and usable * 2 >= found.rows


@dataclass
class _Taken:
    """What the parser hands over, kept."""

    rows_taken: list[Rows] = field(default_factory=list)

    def rows(self, rows: Rows) -> None:
        self.rows_taken.append(rows)

    def original(self, data: bytes) -> None: ...

    def unclear(self, record: Mapping[str, object]) -> None: ...

    def remember(self, state: str) -> None: ...

    def remove(self, plate: str, state: str, after: int) -> None: ...


def preview(
    sample: bytes,
    template: Template,
    rows: int = 10,
    *,
    policy: Policy | None = None,
    category: str = "local",
    now: datetime | None = None,
) -> Preview:
    """What the template makes of a sample (whole lines). `category` is the list's default one;
    without a `policy` it is bolo's standard one.

    Raises BadInput and Prohibited for the template alone, never for what is in `sample`.
    """
    policy = policy or standard()
    check(template, policy)
    data = decoded(sample, template.encoding)[0].encode(errors="replace")
    work = _Work(template, policy, category, now or datetime.now(UTC))
    found, _ = work.parsed(data)
    lines = _lines(data.decode(), template)
    header = lines[0] if template.header and lines else ""
    body = lines[1:] if template.header else lines
    seen = [
        (line, work.row(number, header, line))
        for number, line in enumerate(body[: min(max(rows, 0), MOST_ROWS)], start=1)
    ]
    layout, _ = layout_of(data.decode() + "\n", work.settings, lambda _: None)
    shown = [line for line, row in seen if not row.prohibited]
    columns = _columns(layout or Layout(template), header, shown)
    return Preview(template, columns, tuple(row for _, row in seen), found, tuple(found.missing))


class _Work:
    def __init__(self, template: Template, policy: Policy, category: str, now: datetime) -> None:
        self._policy = policy
        self._now = now
        self.settings = {"template": msgspec.to_builtins(template), "category": category}
        self._source = HotlistSource(UUID(int=0), "", "preview", KIND, settings=self.settings)

    def parsed(self, data: bytes) -> tuple[Parsed, list[Rows]]:
        """The parser's counts and rows."""
        found, out = Parsed(), _Taken()
        context = Context(self._source, self._policy, self._now, found, {})
        parse([data], context, out)
        return found, out.rows_taken

    def row(self, number: int, header: str, line: str) -> RowSeen:
        """What becomes of one line."""
        data = f"{header}\n{line}\n" if header else f"{line}\n"
        found, taken = self.parsed(data.encode())
        if found.prohibited:
            return RowSeen(number, prohibited=True)
        if found.rejected:
            return RowSeen(number, rejected=next(iter(found.rejected)))
        for rows in taken:
            given = {name: rows.columns[name][0] for name in COLUMNS if name in rows.columns}
            return RowSeen(number, {name: value for name, value in given.items() if value})
        return RowSeen(number, rejected="nothing came of it")


def _lines(text: str, template: Template) -> list[str]:
    comment = template.comment
    return [line for line in lines_of(text) if not (comment and line.startswith(comment))]


def _columns(layout: Layout, header: str, lines: Sequence[str]) -> tuple[ColumnSeen, ...]:
    template = layout.template
    headings: Sequence[str] = ()
    if header:
        cells, problems = layout.cells([header], header + "\n")
        headings = cells[0] if not problems and not says_anywhere(header) else ()
    rows, problems = layout.cells(lines, "\n".join(lines) + "\n") if lines else ([], {})
    whole = [row for n, row in enumerate(rows) if n not in problems]
    seen = []
    for n, word in enumerate(layout.columns):
        values = [cell for row in whole if n < len(row) and (cell := row[n].strip())]
        heading = headings[n].strip() if n < len(headings) else ""
        seen.append(
            ColumnSeen(
                word,
                WORDS.get(word, "not used"),
                n + 1,
                _shown(heading),
                tuple(map(_shown, list(dict.fromkeys(values))[:EXAMPLES])),
                template.positions[n] if template.positions else None,
            )
        )
    return tuple(seen)


def _shown(text: str) -> str:
    """Text for a terminal: no control characters, not too long."""
    plain = "".join(c if c.isprintable() else " " for c in text)
    return plain if len(plain) <= LONGEST_EXAMPLE else plain[: LONGEST_EXAMPLE - 3] + "..."
