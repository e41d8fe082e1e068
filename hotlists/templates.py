"""How a table file is laid out: its columns, what separates them, how to read its cells.

A template is written once for a source and kept in its settings; hotlists.layouts has those of
known products, hotlists.guessing proposes one for a file that nobody has described.
"""

from __future__ import annotations

from typing import Literal

import msgspec

WORDS: dict[str, str] = {
    "LIC": "plate",
    "LIS": "state of the plate, by NCIC or postal code or name",
    "LIY": "year in which the plate expires",
    "LIT": "plate type (PC is the ordinary one)",
    "VIN": "VIN",
    "VYR": "year of the vehicle",
    "VMA": "make",
    "VMO": "model",
    "VST": "style",
    "VCO": "color",
    "ORI": "originating agency",
    "NIC": "NCIC record number, or the source's own id of the record",
    "OCA": "case number",
    "MKE": "message key",
    "MNP": "missing-person code",
    "CATEGORY": "category in the source's own words (see `categories`)",
    "PRIORITY": "ignored: priority is by policy; named so that it is not mistaken",
    "REASON": "why it is wanted",
    "CAUTION": "caution",
    "ENTERED": "date of entry",
    "STARTS": "from when it holds",
    "EXPIRES": "last day on which it holds",
    "ACTION": "add or remove, in an incremental list (see `actions`)",
}
"""What a column can be. An unused column is ""."""


class Template(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The layout of a table file. `columns` has a word of WORDS, or "", for each column in order.

    `columns` empty: the first line names them, in NCIC codes or words of WORDS. `header`: the first
    line is no record. `delimiter` "" with `positions` (start and end of each column, from 0): fixed
    positions. `defaults` fill columns that the file lacks ({"LIS": "KS"}); `categories` and
    `actions` translate cells, compared in upper case. `password_setting` names the setting that
    holds the password of the ZIP the file comes in; "" for none. `wildcards` are a vendor's ({"%":
    "*"}), and `states` says whose code NB, NL and GU are.
    """

    name: str
    columns: tuple[str, ...] = ()
    header: bool = True
    delimiter: str = ","
    positions: tuple[tuple[int, int], ...] = ()
    encoding: Literal["auto", "utf-8", "windows-1252"] = "auto"
    comment: str = ""
    dates: Literal["ymd", "mdy", "dmy"] = "mdy"
    defaults: dict[str, str] = msgspec.field(default_factory=dict)
    categories: dict[str, str] = msgspec.field(default_factory=dict)
    actions: dict[str, str] = msgspec.field(default_factory=dict)
    wildcards: dict[str, str] = msgspec.field(default_factory=dict)
    states: Literal["ncic", "postal"] = "ncic"
    password_setting: str = ""
