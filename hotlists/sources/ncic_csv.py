"""CSV with NCIC columns: LIC LIS LIY LIT VIN VYR VMA VMO VST VCO ORI NIC OCA MKE, in any order.

The first line names the columns. The delimiter (, ; or tab) is the one under which the header has
the most of these names. UTF-8 with or without BOM, else Windows-1252. Optional columns: MNP; an
expiry (DOE, EXP, EXPIRY or EXPIRES); the entry date (DTE or ENTERED); CAUTION or CMC. Other
columns are ignored. A source whose settings name a category may lack MKE.

**Keys.** A record's key is its NIC, or else OCA|LIC|LIS; entry_id(agency, source, key) is then the
same from one generation to the next. A NIC with several plates (a person's cars) is several
records: the first plate in order has the NIC as its key, the others NIC|LIC|LIS, so that no
wanted plate is lost. The same key and plate again is a duplicate: the last row is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from domain.entry import Entry
from domain.errors import BadInput, BadPlate, Prohibited
from domain.ids import entry_id
from domain.plate import normalise
from hotlists.guards import DUPLICATE
from hotlists.model import HotlistSource, Parsed
from hotlists.sources import Batch
from hotlists.text import Table, decoded, has_damage, is_text, parsed_date
from matchers.state_words import STATES, state_code
from policy.categories import CATEGORIES, STANDARD, known_category
from policy.mke import cautions_of
from policy.prohibited import is_key, said_in

KIND = "ncic_csv"

COLUMNS: tuple[str, ...] = (
    "LIC", "LIS", "LIY", "LIT", "VIN", "VYR", "VMA", "VMO", "VST", "VCO", "ORI", "NIC", "OCA",
    "MKE", "MNP", "EXPIRES", "ENTERED", "CAUTION",
)  # fmt: skip
ALIASES = {
    "DOE": "EXPIRES", "EXP": "EXPIRES", "EXPIRY": "EXPIRES",
    "DTE": "ENTERED", "CMC": "CAUTION",
}  # fmt: skip
REQUIRED = ("LIC", "LIS", "MKE")
PROHIBITED = "prohibited"
UNKNOWN_MAX = 20
"""Distinct unknown message keys that are told apart, UNREADABLE among them."""
UNREADABLE = "unreadable"
"""Under which the others are counted: what does not look like a key may be a plate."""
_LIKE_A_KEY = re.compile(r"[A-Z]{1,4}(?:-[A-Z])?")

_Key = tuple[str, str, str]
"""NIC (or "|" and OCA), plate, state."""


def parse(data: bytes, about: HotlistSource, today: date) -> Batch:
    """See hotlists.sources.SourceKind.parse."""
    found = Parsed()
    if not is_text(data):
        found.not_text = True
        found.rows = found.rejected["the file is not text"] = 1
        return Batch(found, ())
    reader = _Reader(about, today, Table(decoded(data), _names), found)
    return Batch(found, reader.entries())


def _names(fields: list[str]) -> list[str]:
    """The NCIC names of a header's cells; "" for a column that we do not use."""
    cells = [cell.strip().strip('"').upper() for cell in fields]
    names = [ALIASES.get(cell, cell) for cell in cells]
    return [name if name in COLUMNS else "" for name in names]


class _Reader:
    """Rows to entries, with every row counted once.

    Of a kept row it holds the line alone, and takes it apart again at the end: a tenth of the
    memory of its fields.
    """

    def __init__(self, about: HotlistSource, today: date, table: Table, found: Parsed) -> None:
        settings = about.settings
        self._about = about
        self._today = today
        self._found = found
        self._table = table
        self._keys = STANDARD.extended(settings.get("mke", {}), settings.get("drop", ()))
        self._default = str(settings.get("category", "local"))
        if self._default not in CATEGORIES:
            problem = f"no category {self._default!r}; there are: {', '.join(sorted(CATEGORIES))}"
            raise BadInput("category", problem)
        self._kept: dict[_Key, tuple[str, str]] = {}  # line, category
        self._categories: dict[tuple[str, str, str], str] = {}
        needed = [c for c in REQUIRED if c != "MKE" or "category" not in settings]
        found.columns = [name for name in table.columns if name]
        found.missing = [name for name in needed if name not in table.columns]
        for line, fields in table.lines():
            found.rows += 1
            found.damaged += has_damage(line)
            why = fields if isinstance(fields, str) else self._take(line, fields)
            if why == PROHIBITED:
                found.prohibited += 1
            elif why:
                found.rejected[why] = found.rejected.get(why, 0) + 1
            else:
                found.accepted += 1
        found.cut_short = table.cut_short
        found.duplicates = found.rejected.get(DUPLICATE, 0)

    def _row(self, fields: list[str]) -> dict[str, str]:
        pairs = zip(self._table.columns, fields, strict=False)
        return {name: value.strip() for name, value in pairs if name}

    def _category(self, mke: str, mnp: str, ori: str) -> str:
        """The category's code, "" for an unknown message key, or PROHIBITED. A list has few."""
        asked = (mke, mnp, ori)
        if asked not in self._categories:
            try:
                known = known_category(mke, mnp, ori=ori, table=self._keys)
                self._categories[asked] = known.code if known else ""
            except Prohibited:
                self._categories[asked] = PROHIBITED
        return self._categories[asked]

    def _take(self, line: str, fields: list[str]) -> str:
        """Keep a row, and say "", or say why not."""
        row, found, width = self._row(fields), self._found, len(self._table.columns)
        mke = row.get("MKE", "")
        # First of all, and before anything of the row is kept anywhere.
        category = self._category(mke, row.get("MNP", ""), row.get("ORI", ""))
        if category == PROHIBITED or said_in(line, fields):
            return PROHIBITED
        if not category and self._key_elsewhere(fields):
            return PROHIBITED
        if found.missing:
            return "a required column is missing"
        if len(fields) < width:
            return "fewer fields than the header"
        if any(field.strip() for field in fields[width:]):
            return "more fields than the header"
        state = state_code(row["LIS"])
        found.plates_like_states += state_code(row["LIC"]) in STATES
        found.states_unlike_states += bool(state) and (len(state) != 2 or not state.isalpha())
        if not row["LIC"]:
            return "no plate (LIC is empty)"
        try:
            plate = normalise(row["LIC"])
        except BadPlate as bad:
            return f"LIC {bad.problem}"
        expires = row.get("EXPIRES", "")
        last_day = parsed_date(expires) if expires else None
        if expires and last_day is None and expires.upper() != "NONEXP":
            return "the expiry is not a date (YYYY-MM-DD, YYYYMMDD or MM/DD/YYYY)"
        if not category and mke:
            self._note_unknown(mke.upper())
        key = (row.get("NIC") or f"|{row.get('OCA', '')}", plate, state)
        again = key in self._kept
        self._kept[key] = (line, category or self._default)
        found.already_expired += not again and last_day is not None and last_day < self._today
        return DUPLICATE if again else ""

    def _key_elsewhere(self, fields: list[str]) -> bool:
        """Whether a prohibited key stands under another heading; a plate may spell anything."""
        plates = [n for n, name in enumerate(self._table.columns) if name == "LIC"]
        return any(is_key(field) for n, field in enumerate(fields) if n not in plates)

    def _note_unknown(self, mke: str) -> None:
        unknown = self._found.unknown
        room = len(unknown) + (UNREADABLE not in unknown) < UNKNOWN_MAX
        named = _LIKE_A_KEY.fullmatch(mke) and (mke in unknown or room)
        key = mke if named else UNREADABLE
        unknown[key] = unknown.get(key, 0) + 1

    def entries(self) -> Iterator[Entry]:
        """The kept rows as entries, in the order in which their keys first came."""
        about, source = self._about, str(self._about.id)
        first: dict[str, tuple[str, str]] = {}
        for nic, plate, state in self._kept:
            first[nic] = min(first.get(nic, (plate, state)), (plate, state))
        for (nic, plate, state), (line, category) in self._kept.items():
            row = self._row(self._table.fields(line))
            key = nic
            if nic.startswith("|"):
                key = f"{nic[1:]}|{plate}|{state}"
            elif first[nic] != (plate, state):
                key = f"{nic}|{plate}|{state}"
            expires = row.get("EXPIRES", "")
            cautions = (row.get("CAUTION", ""), cautions_of(row.get("MKE", "")))
            yield Entry(
                entry_id=entry_id(about.agency, source, key),
                agency=about.agency,
                source=source,
                category=category,
                priority=CATEGORIES[category].priority,
                plate=plate,
                plate_raw=row["LIC"],
                state=state,
                plate_year=row.get("LIY", ""),
                plate_type=row.get("LIT", "").upper(),
                vin=row.get("VIN", ""),
                year=row.get("VYR", ""),
                make=row.get("VMA", ""),
                model=row.get("VMO", ""),
                style=row.get("VST", "").upper(),
                color=row.get("VCO", ""),
                ori=row.get("ORI", ""),
                nic=row.get("NIC", ""),
                oca=row.get("OCA", ""),
                mke=row.get("MKE", ""),
                caution="; ".join(c for c in cautions if c),
                entered=row.get("ENTERED", ""),
                expires_on=parsed_date(expires) if expires else None,
            )
