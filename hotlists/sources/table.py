"""Lists that are tables: NCIC extracts, agency lists, plain CSV; laid out by a Template.

Without a template the first line names the columns in NCIC codes (LIC LIS LIY LIT VIN VYR VMA VMO
VST VCO ORI NIC OCA MKE MNP, in any order; other columns are ignored). One physical line is one row,
always: a stray quotation mark spoils its own line and never swallows those after it.

Work is done on whole columns of a block of lines (hotlists.blocks, hotlists.table_lines): a value
that comes again, such as a state or a date, is understood once.

**Keys.** NIC|plate|state makes a record the same from one generation to the next, or, without a
NIC, |OCA|plate|state. So a corrected color keeps an open alert attached, a corrected plate is
another entry, and a person's several cars are several entries. Of equal keys the last row is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain

from hotlists.blocks import Block, blocks
from hotlists.encodings import as_utf8
from hotlists.sources import Context, Out
from hotlists.table_lines import Table, missing
from hotlists.tables import Layout, layout_of, template_of
from hotlists.templates import Template
from policy.prohibited import says_anywhere

KIND = "table"


def parse(data: Iterable[bytes], context: Context, out: Out) -> None:
    """See hotlists.sources.SourceKind.parse."""
    begun = begin(data, context, out)
    if begun is None:
        return
    layout, rest = begun
    table = Table(context, layout)
    for block in rest:
        table.take(block, context.found, out)


def begin(
    data: Iterable[bytes], context: Context, out: Out
) -> tuple[Layout, Iterator[Block]] | None:
    """The layout of the file, and its blocks after the header; None when it is no text."""
    found = context.found
    every = blocks(as_utf8(data, template_of(context.source.settings).encoding))
    for block in every:
        if not _is_text(block.data):
            found.not_text = True
            found.rows = found.rejected["the file is not text"] = 1
            return None
        text = block.data.decode(errors="replace")
        layout, text = layout_of(text, context.source.settings, _unless_prohibited(out))
        if layout is None and not block.last:
            continue  # nothing but blank lines and comments so far
        layout = layout or Layout(Template(name=""))
        found.columns = [word for word in layout.columns if word]
        found.missing = missing(layout, context)
        return layout, chain([replace(block, data=text.encode())], every)
    return None


def _unless_prohibited(out: Out) -> Callable[[bytes], None]:
    """Keeps the header, unless it is a row that is never held, of a file without a header."""

    def keep(line: bytes) -> None:
        if not says_anywhere(line.decode(errors="replace")):
            out.original(line)

    return keep


def _is_text(data: bytes) -> bool:
    """Whether it can be text at all: no NUL, and not an archive."""
    return b"\0" not in data and not data.startswith((b"PK\x03\x04", b"\x1f\x8b"))
