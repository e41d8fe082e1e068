"""Lists that are tables: NCIC extracts, agency lists, plain CSV; laid out by a Template.

Without a template the first line names the columns in NCIC codes (LIC LIS LIY LIT VIN VYR VMA VMO
VST VCO ORI NIC OCA MKE MNP, in any order; other columns are ignored). One physical line is one row,
always: a stray quotation mark spoils its own line and never swallows those after it.

Work is done on whole columns of a block of lines (hotlists.blocks): a value that comes again, such
as a state or a date, is understood once.

**Keys.** NIC|plate|state makes a record the same from one generation to the next, or, without a
NIC, |OCA|plate|state. So a corrected color keeps an open alert attached, a corrected plate is
another entry, and a person's several cars are several entries. Of equal keys the last row is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, chain, compress
from typing import Any, TypeVar

from domain.errors import BadInput
from domain.plate import LIC_MAX, NOT_PLATES
from hotlists.blocks import Block, blocks
from hotlists.category_cells import PROHIBITED, CategoryRules
from hotlists.cells import NO_PLATE, action_of, date_of, plate_of, state_of
from hotlists.columns import Rows
from hotlists.encodings import as_utf8
from hotlists.guards import REMOVES
from hotlists.model import Parsed
from hotlists.ncic_codes import KNOWN, CodeCounts
from hotlists.policing import may_hold_key, prohibited_lines
from hotlists.sources import Context, Out
from hotlists.tables import Layout, layout_of, template_of
from hotlists.templates import Template
from hotlists.text import has_damage
from matchers.state_words import STATES
from policy.mke import cautions_of
from policy.prohibited import is_key, says_anywhere, why_prohibited_use

KIND = "table"

REQUIRED = ("LIC", "LIS", "MKE")
"""Of a file whose header names the columns; MKE not when the source names a category."""

KEPT = {
    "LIY": "plate_year", "VIN": "vin", "VYR": "year", "VMA": "make", "VMO": "model", "VCO": "color",
    "ORI": "ori", "NIC": "nic", "OCA": "oca", "MKE": "mke", "ENTERED": "entered",
    "REASON": "reason",
}  # fmt: skip
"""Columns that are kept as they are; LIT and VST are kept in upper case."""

NO_CATEGORY = "the message key is unknown, and the policy has no category for such records"
UNKNOWN_MAX = 20
"""Distinct unknown message keys that are told apart, UNREADABLE among them."""
UNREADABLE = "unreadable"
"""Under which the others are counted: what does not look like a key may be a plate."""
REMEMBERED = 200_000
"""Distinct values of a column whose meaning is remembered; more is a column gone astray."""

_CUTS = re.compile(r"[,;|\t]")
"""What stands in no plate, and between cells."""
_PLAIN = re.compile(rf"(?:[A-Z0-9]{{1,{LIC_MAX}}}\n)*[A-Z0-9]{{1,{LIC_MAX}}}")

T = TypeVar("T")


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
        found.missing = _missing(layout, context)
        return layout, chain([replace(block, data=text.encode())], every)
    return None


def _unless_prohibited(out: Out) -> Callable[[bytes], None]:
    """Keeps the header, unless it is a row that is never held, of a file without a header."""

    def keep(line: bytes) -> None:
        if not says_anywhere(line.decode(errors="replace")):
            out.original(line)

    return keep


def _missing(layout: Layout, context: Context) -> list[str]:
    needed: Sequence[str] = ("LIC",)
    if not layout.template.columns:
        given = "category" in context.source.settings
        needed = [word for word in REQUIRED if word != "MKE" or not given]
    have = {*layout.columns, *layout.template.defaults}
    return [word for word in needed if word not in have]


def _is_text(data: bytes) -> bool:
    """Whether it can be text at all: no NUL, and not an archive."""
    return b"\0" not in data and not data.startswith((b"PK\x03\x04", b"\x1f\x8b"))


class _Memo(dict[Any, T]):
    """What a value means, worked out once."""

    def __init__(self, work: Callable[[Any], T]) -> None:
        super().__init__()
        self._work = work

    def __missing__(self, key: Any) -> T:
        value = self._work(key)
        if len(self) < REMEMBERED:
            self[key] = value
        return value


class Table:
    """Blocks of lines to rows, with every line counted once."""

    def __init__(self, context: Context, layout: Layout) -> None:
        self._layout = layout
        self._template = template = layout.template
        self._missing = _missing(layout, context)
        settings = context.source.settings
        policy = context.policy
        self._default = str(settings.get("category") or "local")
        if self._default not in policy.categories:
            if "category" in settings:
                known = ", ".join(sorted(policy.categories))
                problem = f"no category {self._default!r}; there are: {known}"
                raise BadInput("category", problem)
            self._default = ""  # the policy has no place for a record that nothing tells
        self._known = policy.lists.known_characters
        postal = template.states == "postal"
        self._state: _Memo[str] = _Memo(lambda raw: state_of(raw, postal=postal))
        self._date: _Memo[tuple[str, str]] = _Memo(lambda text: _date(text, template.dates))
        self._caution = _Memo(lambda two: "; ".join(filter(None, (two[0], cautions_of(two[1])))))
        more, self._drop = settings.get("mke", {}), tuple(settings.get("drop", ()))
        rules = CategoryRules(template, policy, more=more, dropped=self._drop)
        self._presumed = not {"MKE", "MNP", "CATEGORY"}.isdisjoint(template.defaults)
        self._category: _Memo[str] = _Memo(lambda said: rules.code(said[0], said[1], "", said[2]))
        self._origin: _Memo[bool] = _Memo(rules.prohibited_origin)
        self._codes = CodeCounts()
        self._use: _Memo[str] = _Memo(why_prohibited_use)
        self._today = context.today.isoformat()

    def take(self, block: Block, found: Parsed, out: Out) -> None:
        """Every line of a block: counted in `found`, its rows and its text to `out`."""
        self._found, self._out = found, out
        text = block.data.decode(errors="replace")
        if block.overlong:
            found.rows += block.overlong
            _count(found.rejected, "the line is longer than 10,000 characters", block.overlong)
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
        kinds = self._kinds(columns, len(lines))
        categories = list(map(self._category.__getitem__, zip(*kinds, strict=True)))
        origins = columns.get("ORI", ())
        never = {ori for ori in set(origins) if ori and self._origin[ori]}
        for n, ori in enumerate(origins if never else ()):
            if ori in never:
                categories[n] = PROHIBITED
        if self._presumed or not {PROHIBITED, "", "local"}.isdisjoint(categories):
            dropped |= self._by_category(categories, cells, lines, problems)
        good = [n not in dropped and n not in problems for n in range(len(lines))]
        found.prohibited += len(dropped)
        if self._missing:
            pass  # which column is which is not known, so nobody can say what must not be kept
        elif dropped:
            self._original(line for n, line in enumerate(lines) if n not in dropped)
        else:
            self._out.original(whole.encode(errors="replace"))
        for n, why in problems.items():
            if n not in dropped:
                _count(found.rejected, why)
        if self._missing:
            _count(found.rejected, "a required column is missing", sum(good))
        elif all(good):
            self._accept(columns, categories)
        else:
            kept: dict[str, Sequence[str]] = {
                word: list(compress(column, good)) for word, column in columns.items()
            }
            self._accept(kept, list(compress(categories, good)))

    def _original(self, lines: Iterable[str]) -> None:
        text = "\n".join(lines)
        if text:
            self._out.original(text.encode(errors="replace") + b"\n")

    def _breaks_off(self, line: str) -> bool:
        cells, problems = self._layout.cells([line], line + "\n")
        return bool(problems) or len(cells[0]) < len(self._layout.columns)

    def _is_tidy(self, text: str) -> bool:
        """Whether no cell can have blanks around it, because there is none at all."""
        if self._template.positions or '"' in text or not text.isascii():
            return False
        blanks = " \t\v\f\x1c\x1d\x1e\x1f".replace(self._layout.delimiter, "")
        return not any(blank in text for blank in blanks)

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

    def _kinds(self, columns: dict[str, Sequence[str]], count: int) -> list[Sequence[str]]:
        return [columns.get(word) or [""] * count for word in ("MKE", "MNP", "CATEGORY")]

    def _by_category(
        self,
        categories: list[str],
        cells: Sequence[Sequence[str]],
        lines: list[str],
        problems: dict[int, str],
    ) -> set[int]:
        """Rows of a prohibited category, also where its key stands under another heading (a plate
        may spell anything) and no more than a default says otherwise; and those whose reason names
        a prohibited use and nothing else than a default, or "local", says what they are."""
        reasons = [n for n, word in enumerate(self._layout.columns) if word == "REASON"]
        dropped = set()
        for n, category in enumerate(categories):
            if n in problems:
                continue
            untold = not category or self._presumed
            if (
                category == PROHIBITED
                or (untold and self._key_elsewhere(cells[n], lines[n]))
                or (
                    (untold or category == "local")
                    and any(self._use[cells[n][at]] for at in reasons)
                )
            ):
                dropped.add(n)
        return dropped

    def _key_elsewhere(self, cells: Sequence[str], line: str) -> bool:
        """Whether a message key that is never held stands anywhere but in the plate."""
        if not may_hold_key(line, self._layout.delimiter if not self._template.positions else ""):
            return False
        plates = [n for n, word in enumerate(self._layout.columns) if word == "LIC"]
        if self._template.positions:
            for at in plates:
                start, end = self._template.positions[at]
                line = line[:start] + " " * len(line[start:end]) + line[end:]
            cells = [*cells, *line.split()]  # also what is cut in two, or in no column at all
        if any(is_key(cell) for at, cell in enumerate(cells) if at not in plates):
            return True
        joined = [part for at in plates for part in _CUTS.split(cells[at])]
        return len(joined) > len(plates) and any(map(is_key, joined))

    def _accept(self, columns: dict[str, Sequence[str]], categories: list[str]) -> None:
        """Rows that are whole and allowed: understood, or rejected with what is wrong."""
        found, count = self._found, len(categories)
        if not count:
            return
        states = list(map(self._state.__getitem__, columns.get("LIS") or [""] * count))
        raw = columns["LIC"]
        for word in KNOWN:
            if word in columns:
                self._codes.look(found.codes, word, states if word == "LIS" else columns[word])
        found.plates_like_states += sum(text.upper() in STATES for text in raw if len(text) == 2)
        odd = {s for s in set(states) - STATES.keys() if s and (len(s) != 2 or not s.isalpha())}
        if odd:
            found.states_unlike_states += sum(state in odd for state in states)
        plates, patterns, bad = self._plates(raw)
        if "ACTION" in columns:  # first: what ends needs no date
            bad |= self._removals(columns["ACTION"], bad)
        dates = {}
        for word in ("EXPIRES", "STARTS"):
            if word in columns:
                both = list(map(self._date.__getitem__, columns[word]))
                dates[word] = [day for day, _ in both]
                name = "expiry" if word == "EXPIRES" else "first day"
                bad |= {
                    n: f"the {name} {why}"
                    for n, (_, why) in enumerate(both)
                    if why and n not in bad
                }
        mke = columns.get("MKE") or [""] * count
        if "" in categories:
            for n, category in enumerate(categories):
                if category or n in bad:
                    continue
                if mke[n]:
                    _note_unknown(found, mke[n].upper())
                if not self._default:
                    bad[n] = NO_CATEGORY
        for why in bad.values():
            _count(found.rejected, why)
        nic, oca = columns.get("NIC") or [""] * count, columns.get("OCA") or [""] * count
        names = [p or q for p, q in zip(plates, patterns, strict=True)] if any(patterns) else plates
        keys = list(map("|".join, zip(nic, names, states, strict=True)))
        if "" in nic:
            keys = [f"|{o}{k}" if not i else k for i, o, k in zip(nic, oca, keys, strict=True)]
        caution = zip(columns.get("CAUTION") or [""] * count, mke, strict=True)
        rows: dict[str, Sequence[str]] = {
            "category": [c or self._default for c in categories]
            if "" in categories
            else categories,
            "plate": plates,
            "plate_raw": raw,
            "state": states,
            "caution": list(map(self._caution.__getitem__, caution)),
            **{name: columns[word] for word, name in KEPT.items() if word in columns},
            **{
                name: list(map(str.upper, columns[word]))
                for word, name in (("LIT", "plate_type"), ("VST", "style"))
                if word in columns
            },
        }
        if any(patterns):
            rows["pattern"] = patterns
        if "EXPIRES" in dates:
            rows["expires_on"] = dates["EXPIRES"]
        if "STARTS" in dates:
            rows["since"] = [f"{day}T00:00:00+00:00" if day else "" for day in dates["STARTS"]]
        if bad:
            good = [n not in bad for n in range(count)]
            if REMOVES in bad.values():
                before = list(accumulate(good, initial=0))
                for n, why in bad.items():
                    if why == REMOVES:
                        self._out.remove(plates[n] or patterns[n], states[n], before[n])
            keys = list(compress(keys, good))
            rows = {name: list(compress(column, good)) for name, column in rows.items()}
        found.accepted += len(keys)
        found.already_expired += sum(
            len(d) > 0 and d < self._today for d in rows.get("expires_on", ())
        )
        days = [d for d in map(_entered, set(rows.get("entered", ()))) if d <= self._today]
        found.newest = max([found.newest, *days])
        if keys:
            self._out.rows(Rows(keys, rows))

    def _plates(self, raw: Sequence[str]) -> tuple[list[str], list[str], dict[int, str]]:
        """(plates, patterns, what is wrong by position): most plates are plain and cost little."""
        joined = "\n".join(raw).upper()
        if not joined.isascii():
            plates = list(map(str.upper, raw))
        else:
            plates = joined.replace(" ", "").replace("-", "").split("\n")
        patterns = [""] * len(raw)
        bad: dict[int, str] = {}
        if _PLAIN.fullmatch("\n".join(plates)) and NOT_PLATES.isdisjoint(plates):
            return plates, patterns, bad
        for n, plate in enumerate(plates):
            plain = len(plate) <= LIC_MAX and plate.isalnum() and plate.isascii()
            if plain and plate not in NOT_PLATES:
                continue
            if not raw[n]:
                bad[n] = NO_PLATE
                continue
            cell = plate_of(raw[n], self._known, self._template.wildcards)
            plates[n], patterns[n] = cell.plate, cell.pattern
            if cell.problem:
                bad[n] = cell.problem
        return plates, patterns, bad

    def _removals(self, actions: Sequence[str], bad: dict[int, str]) -> dict[int, str]:
        meant = self._template.actions
        said = {"remove": REMOVES, "": "the action is neither an addition nor a removal"}
        doing = ((n, action_of(action, meant)) for n, action in enumerate(actions))
        return {n: said[do] for n, do in doing if n not in bad and do in said}


def _date(text: str, order: str) -> tuple[str, str]:
    """(ISO date or "", what is wrong or "")."""
    if not text:
        return "", ""
    cell = date_of(text, order)
    return (cell.day.isoformat() if cell.day else ""), cell.problem


def _entered(text: str) -> str:
    day = date_of(text).day
    return day.isoformat() if day else ""


def _count(counts: dict[str, int], why: str, more: int = 1) -> None:
    if more:
        counts[why] = counts.get(why, 0) + more


def _note_unknown(found: Parsed, mke: str) -> None:
    unknown = found.unknown
    room = len(unknown) + (UNREADABLE not in unknown) < UNKNOWN_MAX
    letters, _, suffix = mke.partition("-")
    named = len(letters) <= 4 and letters.isascii() and letters.isalpha() and len(suffix) <= 1
    key = mke if named and (mke in unknown or room) else UNREADABLE
    _count(unknown, key)
