"""Blocks of a table's lines, every line counted once: rows that are held, dropped, or rejected."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import compress

from hotlists.blocks import Block
from hotlists.category_cells import CategoryRules
from hotlists.model import Parsed
from hotlists.policing import prohibited_lines
from hotlists.sources import Context, Out
from hotlists.table_kinds import Kinds
from hotlists.table_rows import TableRows, count_up
from hotlists.tables import Layout
from hotlists.text import has_damage
from policy.prohibited import says_anywhere

REQUIRED = ("LIC", "LIS", "MKE")
"""Of a file whose header names the columns; MKE not when the source names a category."""

_BLANKS = frozenset(" \t\v\f\x1c\x1d\x1e\x1f")
"""What str.strip takes off an ASCII text, but for line ends."""


class Table:
    """Blocks of lines to rows."""

    def __init__(self, context: Context, layout: Layout) -> None:
        """Raises BadInput for settings of the source that are wrong."""
        self._layout = layout
        self._template = template = layout.template
        self._missing = missing(layout, context)
        settings = context.source.settings
        self._rows = TableRows(context, template)
        more, self._drop = settings.get("mke", {}), tuple(settings.get("drop", ()))
        rules = CategoryRules(template, context.policy, more=more, dropped=self._drop)
        self._kinds = Kinds(layout, rules)
        self._edge = _blank_beside(layout.delimiter)

    def take(self, block: Block, found: Parsed, out: Out) -> None:
        """Every line of a block: counted in `found`, its rows and its text to `out`."""
        text = block.data.decode(errors="replace")
        if block.overlong:
            found.rows += block.overlong
            count_up(found.rejected, "the line is longer than 10,000 characters", block.overlong)
        lines = [line for line in text.split("\n") if line and not line.isspace()]
        comment = self._template.comment
        if comment:
            lines = [line for line in lines if not line.startswith(comment)]
        if block.last and not block.ended and lines:
            found.cut_short = block.overlong > 0 or self._breaks_off(lines[-1])
        elif block.last and not block.ended:
            found.cut_short = True
        if not lines:
            return
        found.rows += len(lines)
        if not text.isascii():
            found.damaged += sum(map(has_damage, lines))
        cells, problems = self._layout.cells(lines, text)
        whole = text if len(lines) == text.count("\n") else "\n".join(lines) + "\n"
        dropped = prohibited_lines(whole, lines, self._said(cells, lines))
        # Nobody can say which column anything of these stands in.
        dropped |= {n for n in problems if says_anywhere(lines[n], self._drop)}
        columns = self._columns(cells, problems, tidy=self._is_tidy(whole))
        categories = self._kinds.of(columns, len(lines))
        dropped |= self._kinds.dropped(categories, cells, lines, problems)
        found.prohibited += len(dropped)
        if self._missing:
            pass  # which column is which is not known, so nobody can say what must not be kept
        elif dropped:
            _original(out, (line for n, line in enumerate(lines) if n not in dropped))
        else:
            out.original(whole.encode(errors="replace"))
        for n, why in problems.items():
            if n not in dropped:
                count_up(found.rejected, why)
        if self._missing:
            count_up(
                found.rejected,
                "a required column is missing",
                len(lines) - len(dropped.union(problems)),
            )
        elif not dropped and not problems:
            self._rows.accept(columns, categories, found, out)
        else:
            good = [n not in dropped and n not in problems for n in range(len(lines))]
            kept: dict[str, Sequence[str]] = {
                word: list(compress(column, good)) for word, column in columns.items()
            }
            self._rows.accept(kept, list(compress(categories, good)), found, out)

    def _breaks_off(self, line: str) -> bool:
        cells, problems = self._layout.cells([line], line + "\n")
        return bool(problems) or len(cells[0]) < len(self._layout.columns)

    def _is_tidy(self, text: str) -> bool:
        """Whether no cell has blanks around it."""
        if self._template.positions or '"' in text or not text.isascii():
            return False
        return text[:1] not in _BLANKS and self._edge.search(text) is None

    def _columns(
        self, cells: Sequence[Sequence[str]], problems: dict[int, str], *, tidy: bool
    ) -> dict[str, Sequence[str]]:
        """The cells by column, without blanks around them; "" throughout a bad row."""
        width = len(self._layout.columns)
        if problems:
            blank = [""] * width
            cells = [blank if n in problems else row for n, row in enumerate(cells)]
        columns: dict[str, Sequence[str]] = {}
        for word, column in zip(self._layout.columns, zip(*cells, strict=False), strict=False):
            if word:
                plain = column if tidy else [cell.strip() for cell in column]
                if word == "REASON" and word in columns:  # a reason and a note: both are kept
                    both = zip(columns[word], plain, strict=True)
                    plain = ["; ".join(filter(None, two)) for two in both]
                columns[word] = plain
        for word, value in self._template.defaults.items():
            have = columns.get(word)
            columns[word] = [c or value for c in have] if have else [value] * len(cells)
        return columns

    def _said(self, cells: list[Sequence[str]], lines: list[str]) -> list[Sequence[str]]:
        """What each line says: fixed positions may cut a word in two, or leave it out."""
        if not self._template.positions:
            return cells
        return [(*row, line) for row, line in zip(cells, lines, strict=True)]


def _blank_beside(delimiter: str) -> re.Pattern[str]:
    """A blank beside a delimiter or the end of a line: a cell has it around its text."""
    ends = rf"[\n{re.escape(delimiter)}]"
    blanks = re.escape("".join(_BLANKS - {delimiter}))
    return re.compile(rf"[{blanks}](?:(?={ends}|\Z)|(?<={ends}.))")


def missing(layout: Layout, context: Context) -> list[str]:
    """Which columns a file must have and has not."""
    needed: Sequence[str] = ("LIC",)
    if not layout.template.columns:
        given = "category" in context.source.settings
        needed = [word for word in REQUIRED if word != "MKE" or not given]
    have = {*layout.columns, *layout.template.defaults}
    return [word for word in needed if word not in have]


def _original(out: Out, lines: Iterable[str]) -> None:
    text = "\n".join(lines)
    if text:
        out.original(text.encode(errors="replace") + b"\n")
