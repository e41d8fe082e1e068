"""A template for a file that nobody has described, with the reason for each column.

A guess is for a person to confirm, never to be used in silence: `because` says in sentences what
each column was taken for and why, and `sure` (0-1) is that of the weakest step that matters. Below
SURE the first sentence says that it is unsure. No guess at all is better than one without a plate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import msgspec

from hotlists.assigning import assigned
from hotlists.category_cells import CategoryRules
from hotlists.column_kinds import Kinds, date_share, kinds_of
from hotlists.encodings import decoded
from hotlists.layouts import LAYOUTS, by_headings
from hotlists.magic import ZIP, other_archive
from hotlists.sniffing import Shape, shape_of
from hotlists.template_files import check
from hotlists.templates import Template
from hotlists.top_line import header_share

Order = Literal["ymd", "mdy", "dmy"]
Codes = Literal["ncic", "postal"]

SURE = 0.8
LARGEST_SAMPLE = 1 << 20
"""Bytes looked at; the rest of a longer sample is left alone."""
_POSTAL_ONLY = frozenset({"QC", "SK", "NU"})
_NCIC_ONLY = frozenset({"PQ", "SN", "XN", "NK"})
_AMBIGUOUS = frozenset({"NB", "NL", "GU"})


@dataclass(frozen=True)
class Guess:
    """`template` None: it could not be understood, and `because` says what to do.

    `alternatives` are templates that fit nearly as well; `sure` is 0-1.
    """

    template: Template | None
    because: tuple[str, ...]
    alternatives: tuple[Template, ...] = ()
    sure: float = 0.0


def guess(sample: bytes, filename: str = "", today: date | None = None) -> Guess:
    """The guess for a file that begins with `sample` (whole lines; what containers.opened gives).

    `today` tells an expiry from a date of entry, where nothing else does. Never raises for what
    is in `sample`.
    """
    sample = sample[:LARGEST_SAMPLE]
    what = other_archive(sample) if not sample.startswith(ZIP) else "is a ZIP: open it first"
    text, encoding = decoded(sample)
    if what or "\0" in text:
        return Guess(None, (f"The file {what or 'is not text'}.",))
    shape = shape_of(text)
    if shape is None:
        return Guess(None, ("The file has no line that could be a row.",))
    said = [_encoding_sentence(sample, encoding), shape.because]
    if shape.comment:
        said.append(f"Lines that begin with {shape.comment} are comments.")
    made = _template(shape, filename, today, said)
    if made.template is None:
        return made
    template = made.template
    if encoding == "windows-1252":
        template = msgspec.structs.replace(template, encoding="windows-1252")
    check(template)
    because = made.because
    if made.sure < SURE:
        doubt = f"This guess is unsure ({made.sure:.0%}): look at the columns before using it."
        because = (doubt, *because)
    return replace(made, template=template, because=because)


def _encoding_sentence(sample: bytes, encoding: str) -> str:
    if sample.isascii():
        return "The text is plain ASCII."
    names = {"utf-8": "UTF-8", "windows-1252": "Windows-1252"}
    return f"The text is {names.get(encoding, 'UTF-16')}."


def _template(shape: Shape, filename: str, today: date | None, said: list[str]) -> Guess:
    rows = [row for row in shape.rows if len(row) == shape.width]
    body = columns_of(rows[1:], shape.width)
    header, doubt = header_share(rows[0], body)
    if header >= 0.5:
        headings: Sequence[str] = rows[0]
        said.append("The first line names the columns.")
    else:
        headings, body = (), columns_of(rows, shape.width)
        said.append("There is no line of headings: the columns are told by what stands in them.")
    if doubt:
        said.append(doubt)
    found = assigned(headings, body, today)
    said += found.because
    if "LIC" not in found.words:
        said.append("No column looks like plates: write a template that says which one is.")
        return Guess(None, tuple(said))
    dates, dates_sure, dates_said = _date_order(found.words, body)
    said += dates_said
    template = Template(
        name="guessed",
        columns=found.words,
        header=bool(headings),
        delimiter=shape.delimiter,
        positions=shape.positions,
        comment=shape.comment,
        dates=dates,
        states=_states(found.words, body, said),
    )
    template, alternatives = _known(template, headings, filename, said)
    if dates_sure < SURE:
        other: Order = "dmy" if dates == "mdy" else "mdy"
        alternatives = (msgspec.structs.replace(template, dates=other), *alternatives)
    _missing(template, said)
    certain = abs(header - 0.5) * 2
    expiry_sure = 1.0 if template.name in LAYOUTS else found.expiry_sure
    sure = min(
        shape.alike, 0.5 + certain / 2, found.sure, expiry_sure, dates_sure, _by_rows(len(rows))
    )
    return Guess(template, tuple(said), alternatives, round(sure, 2))


def columns_of(rows: Sequence[Sequence[str]], width: int) -> tuple[Kinds, ...]:
    """Every column's kinds; rows of another width must have been left out."""
    return tuple(kinds_of(row[n] for row in rows) for n in range(width))


def _by_rows(rows: int) -> float:
    """How sure so few rows can make anybody."""
    return {0: 0.0, 1: 0.5, 2: 0.7}.get(rows, 1.0)


def _date_order(words: Sequence[str], body: Sequence[Kinds]) -> tuple[Order, float, list[str]]:
    named = ("EXPIRES", "STARTS", "ENTERED")
    values = [v for word, kinds in zip(words, body, strict=True) if word in named
              for v in kinds.values]  # fmt: skip
    turned = [v for v in values if not date_share([v], "ymd")]
    if not values:
        return "mdy", 1.0, []
    if not turned or date_share(values, "ymd") == 1:
        return "ymd", 1.0, ["Dates begin with the year, or name the month."]
    first, second = date_share(turned, "mdy"), date_share(turned, "dmy")
    if first > second:
        return "mdy", 1.0, ["Dates have the month first: some have a second number above 12."]
    if second > first:
        return "dmy", 1.0, ["Dates have the day first: some have a first number above 12."]
    if not first:
        return "mdy", 0.7, ["The dates could not be read."]
    said = "Dates could have the month or the day first: no number tells. The month was taken."
    return "mdy", 0.6, [said]


def _states(words: Sequence[str], body: Sequence[Kinds], said: list[str]) -> Codes:
    cells = {v for word, kinds in zip(words, body, strict=True) if word == "LIS"
             for v in kinds.values}  # fmt: skip
    both = sorted(cells & _AMBIGUOUS)
    if cells & _POSTAL_ONLY or ("NE" in cells and "NB" in cells):
        seen = ", ".join(sorted(cells & (_POSTAL_ONLY | {"NE"})))
        said.append(f"States are postal codes: {seen} is no NCIC code, so NB is New Brunswick.")
        return "postal"
    if both and not cells & _NCIC_ONLY:
        names = ", ".join(both)
        said.append(
            f"{names} is read as NCIC has it (NB is Nebraska); if they are postal codes "
            'set "states" to "postal".'
        )
    return "ncic"


def _known(
    template: Template, headings: Sequence[str], filename: str, said: list[str]
) -> tuple[Template, tuple[Template, ...]]:
    """The template with the name of the product it resembles; alternatives with what is missing."""
    known = by_headings(tuple(headings)) if headings else None
    if known is not None:
        said.append(f"The headings are those of {known.title} ({known.template.name}).")
        return msgspec.structs.replace(template, name=known.template.name), ()
    genetec = LAYOUTS["genetec"].template
    width = len(template.columns)
    if (
        not headings
        and template.delimiter
        and width in (5, 6)
        and all(
            word in (column, "", "ENTERED")
            for word, column in zip(template.columns, genetec.columns, strict=False)
        )
        and template.columns[:3] == genetec.columns[:3]
    ):
        said.append(
            "The columns come in the order of Genetec AutoVu (genetec): the dates are from when "
            "and until when it holds, and the last column is the id."
        )
        columns = genetec.columns[:width]
        return msgspec.structs.replace(template, name="genetec", columns=columns), ()
    police = LAYOUTS["police-csv"].template
    if not headings and template.columns == police.columns:
        said.append(
            "The columns are those of a police list of stolen vehicles (police-csv); that "
            "template also takes every row for a stolen vehicle."
        )
        meant = msgspec.structs.replace(police, dates=template.dates, delimiter=template.delimiter)
        return template, (meant,)
    if not {"MKE", "CATEGORY"} & set(template.columns) and (words := _words(filename)):
        meant = msgspec.structs.replace(template, defaults={"CATEGORY": words})
        said.append(
            f"The file's name says {words}: if that holds for every row, "
            f'add "defaults": {{"CATEGORY": "{words}"}}.'
        )
        return template, (meant,)
    return template, ()


def _words(filename: str) -> str:
    """The category that a file's name says, in its own words; "" when it says none."""
    plain = "".join(c if c.isalpha() else " " for c in filename.rpartition("/")[2].upper())
    words = plain.split()
    rules = CategoryRules()
    for start in range(min(len(words), 6)):
        code = rules.code(words=" ".join(words[start : start + 2]))
        if code in rules.known:
            return " ".join(words[start : start + 2])
    return ""


def _missing(template: Template, said: list[str]) -> None:
    columns = set(template.columns)
    if "LIS" not in columns:
        said.append('No column has the state: if all are of one, add "defaults": {"LIS": "KS"}.')
    if not {"MKE", "CATEGORY"} & (columns | set(template.defaults)):
        said.append("No column tells the category: rows get the default one of the list.")
