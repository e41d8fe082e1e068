"""Ways by which a row that is never held might have come in, each of them shut; and what a file
with shifted columns, an odd feed or a restart must not do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from domain.errors import BadInput
from hotlists.assembling import Assembler
from hotlists.blocks import blocks
from hotlists.building import Job, build_here
from hotlists.cap.xml import alerts_in
from hotlists.chunks import DamagedChunk, entry_ids, pack, unpack
from hotlists.columns import Rows
from hotlists.incremental import _removed
from hotlists.mapped import Opened, Writer
from hotlists.model import HotlistSource, Parsed, add
from hotlists.previewing import preview
from hotlists.sources import Context, amber, table
from hotlists.template_files import checked
from hotlists.templates import Template
from policy.loading import standard
from policy.prohibited import is_key, says_anywhere, why_prohibited, why_prohibited_use

HEADER = "LIC,LIS,MKE,NIC\n"
GOOD = "GOOD1,KS,EV,V1\n"
NOW = datetime(2026, 11, 21, 21, 0, tzinfo=UTC)


class Kept:
    """All that a parser hands over to be stored."""

    def __init__(self) -> None:
        self.plates: list[str] = []
        self.originals = b""
        self.removed: list[tuple[str, str]] = []

    def rows(self, rows: Rows) -> None:
        self.plates += [
            p or q
            for p, q in zip(
                rows.columns.get("plate") or [""] * len(rows.keys),
                rows.columns.get("pattern") or [""] * len(rows.keys),
                strict=True,
            )
        ]

    def original(self, data: bytes) -> None:
        self.originals += data

    def unclear(self, record: Mapping[str, object]) -> None: ...

    def remember(self, state: str) -> None: ...

    def remove(self, plate: str, state: str, after: int) -> None:
        self.removed.append((plate, state))
        assert after >= 0


def taken(data: str | bytes, settings: Mapping[str, Any] | None = None) -> tuple[Parsed, Kept]:
    """What is kept of a file."""
    found, out = Parsed(), Kept()
    source = HotlistSource(UUID(int=1), "KS0190100", "list", "table", settings=settings or {})
    context = Context(source, standard(), NOW, found, {})
    table.parse([data if isinstance(data, bytes) else data.encode()], context, out)
    return found, out


def by(**fields: Any) -> dict[str, Any]:
    """Settings with a template."""
    return {"template": {"name": "t", **fields}}


FIXED = "GOOD1     KS EV           \nBAD99     KS "
NO_HEADER = by(columns=["LIC", "LIS", "MKE"])
CASES: dict[str, tuple[str | bytes, dict[str, Any]]] = {
    "headings that nobody knows": ("PL,ST,KK\nBAD99,KS,EDF\n", {}),
    "a first row taken for the header": ("BAD99,KS,IMMIGRATION VIOLATOR\nGOOD1,KS,EV\n", {}),
    "a key in a row taken for the header": ("BAD99,KS,EDF\nGOOD1,KS,EV\n", NO_HEADER),
    "a default category": (
        "GOOD1,KS,EV\nBAD99,KS,EDF\n",
        by(columns=["LIC", "LIS", ""], header=False, defaults={"CATEGORY": "STOLEN VEHICLE"}),
    ),
    "a default message key": (
        "GOOD1,KS,EV\nBAD99,KS,E.D.F\n",
        by(columns=["LIC", "LIS", ""], header=False, defaults={"MKE": "EV"}),
    ),
    "too few cells": (HEADER + GOOD + "BAD99,KS,ALIEN\n", {}),
    "cells apart by something else": (HEADER + GOOD + "BAD99|KS|EDF|1\n", {}),
    "too many cells": (HEADER + GOOD + "BAD99,KS,DETAINER,1,2,3\n", {}),
    "quotes that do not close": (HEADER + GOOD + 'BAD99,KS,"ABSCONDER,1\n', {}),
    "a Cyrillic letter": (HEADER + GOOD + "BAD99,KS,\u0415DF,1\n", {}),
    "Cyrillic words": (HEADER + GOOD + "BAD99,KS,\u0406MM\u0456GR\u0410TION VIOLATOR,1\n", {}),
    "Greek words": (HEADER + GOOD + "BAD99,KS,\u0399MM\u0399GR\u0391\u03a4ION VIOLATOR,1\n", {}),
    "small capitals": (HEADER + GOOD + "BAD99,KS,\u1d07\u1d05\ua730,1\n", {}),
    "backwards": (HEADER + GOOD + "BAD99,KS,\u202eROTALOIV NOITARGIMMI\u202c,1\n", {}),
    "UTF-16": ((HEADER + GOOD + "BAD99,KS,\u0415DF,1\n").encode("utf-16"), {}),
    "Windows-1252": ((HEADER + GOOD + "BAD99,KS,\u00c9DF,1\n").encode("cp1252"), {}),
    "as an answer writes it": (HEADER + GOOD + "BAD99,KS,MKE/EDF,1\n", {}),
    "in no column": (
        FIXED + "EDF\n",
        by(columns=["LIC", "LIS"], positions=[[0, 10], [10, 12]], delimiter="", header=False),
    ),
    "cut in two": (
        FIXED + "EDF\n",
        by(
            columns=["LIC", "LIS", "MKE", "REASON"],
            positions=[[0, 10], [10, 12], [12, 14], [14, 16]],
            delimiter="",
            header=False,
        ),
    ),
    "words cut in two": (
        FIXED + "ICE DETAINER\n",
        by(
            columns=["LIC", "LIS", "REASON", "CAUTION"],
            positions=[[0, 10], [10, 12], [12, 18], [18, 26]],
            delimiter="",
            header=False,
        ),
    ),
    "within the plate's cell": ("BAD99;KS;EDF\n", by(columns=["LIC"], header=False)),
    "a reason in a mapped category": (
        "LIC,LIS,CATEGORY,REASON\nBAD99,KS,BOLO,IMMIGRATION ENFORCEMENT\n",
        by(columns=["LIC", "LIS", "CATEGORY", "REASON"], categories={"BOLO": "local"}),
    ),
    "a line too long": (HEADER + GOOD + "BAD99,KS,EDF," + "x" * 10_001 + "\n", {}),
}


@pytest.mark.parametrize("case", CASES)
def test_no_way_of_writing_or_laying_out_a_file_keeps_such_a_row(case: str) -> None:
    found, out = taken(*CASES[case])
    assert [plate for plate in out.plates if "BAD" in plate] == []
    assert b"BAD99" not in out.originals
    dropped = found.prohibited + sum(found.rejected.values())
    assert found.accepted + dropped == found.rows


def test_what_only_resembles_it_is_kept() -> None:
    rows = "EDF123,KS,EV,1\nBYEDFOR,KS,EV,2\n482KTB,KS,EW-P,3\n"
    found, out = taken(HEADER + rows)
    assert out.plates == ["EDF123", "BYEDFOR", "482KTB"]
    assert out.originals.decode() == HEADER + rows
    assert found.prohibited == 0
    columns = ["LIC", "VCO", "VMA", ""]
    found, out = taken(
        "EDF,RED,FORD,NORTH\n",
        by(columns=columns, header=False, defaults={"CATEGORY": "STOLEN VEHICLE"}),
    )
    assert out.plates == ["EDF"], "a plate may spell anything"


def test_no_delimiter_takes_a_word_apart() -> None:
    with pytest.raises(BadInput, match=r"template\.delimiter"):
        checked({"name": "t", "columns": ["LIC", ""], "delimiter": "D"})


@pytest.mark.parametrize("key", ["MKE/EDF", "mke edf-p", "\u0415\u0410F", "e\u200bdf"])
def test_a_key_is_known_however_it_looks(key: str) -> None:
    assert why_prohibited(key)
    assert is_key(key)


def test_a_line_that_nobody_can_take_apart_is_looked_at_in_every_piece() -> None:
    assert says_anywhere("BAD99|KS|EDF|1")
    assert says_anywhere('BAD99,KS,"ALIEN,1')
    assert says_anywhere("BAD99 KS XKEY", ("XKEY",))
    assert not says_anywhere("LIC,LIS,MKE,NIC,ENTERED,REASON")
    assert not says_anywhere("482KTB|KS|STOLEN VEHICLE")


@pytest.mark.parametrize(
    "said", ["I C E hold", "I.C.E. request", "Border Patrol request", "deportaci\u00f3n"]
)
def test_immigration_enforcement_is_found_in_these_words_too(said: str) -> None:
    assert why_prohibited_use(said)


def test_a_preview_shows_no_such_row_as_a_heading() -> None:
    seen = preview(
        b"BAD99,KS,EDF\nGOOD1,KS,EV\n", Template(name="t", columns=("LIC", "LIS", "MKE"))
    )
    assert [column.header for column in seen.columns] == ["", "", ""]


def test_an_alert_that_cannot_be_understood_is_not_kept_when_it_says_it() -> None:
    alert = (
        b'<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><sent>never</sent>'
        b"<note>&#73;MMIGRATION VIOLATOR BAD99</note></alert>"
    )
    for text, kept in ((alert, False), (alert.replace(b"&#73;MMIGRATION VIOLATOR", b"x"), True)):
        found, out = Parsed(), Kept()
        source = HotlistSource(UUID(int=1), "KS0190100", "amber", "amber")
        amber.parse([text], Context(source, standard(), NOW, found, {}), out)
        assert sum(found.rejected.values()) == 1
        assert (b"BAD99" in out.originals) is kept


def test_counts_of_codes_tell_no_plate_and_no_name() -> None:
    """They go to the audit, and to the pages of people who may not read the list."""
    rows = "".join(f"KS,{n}ABC12,SMITHERS,1J\n" for n in range(1, 9))
    found, _ = taken("LIC,LIS,VMA,VST,MKE\n" + rows.replace("1J\n", "9Q,EV\n"))
    assert found.codes == {"LIS": {"others": 8}, "VMA": {"others": 8}, "VST": {"9Q": 8}}


def test_the_parts_of_a_file_together_tell_as_few_codes_apart_as_one() -> None:
    whole = Parsed()
    for n in range(50):
        part = Parsed(unknown={f"Q{chr(65 + n % 26)}{chr(65 + n // 26)}": 1})
        part.codes["VMA"] = dict(part.unknown)
        add(whole, part)
    assert len(whole.unknown) == len(whole.codes["VMA"]) == 20
    assert whole.unknown["unreadable"] == whole.codes["VMA"]["others"] == 31


@pytest.mark.parametrize("filler", [b"<!---->" * 60, b" " * 400_000, b"<!-- x -->\n" * 20_000])
def test_what_stands_before_a_document_is_looked_at_once(filler: bytes) -> None:
    """It took 4 s for 22 comments, and twice that for one more."""
    alert = b'<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><sent>x</sent></alert>'
    found = list(alerts_in(alert + filler + b"x</alert>"))
    assert len(found) == 2
    assert found[1] == "the XML is broken"
    both = list(alerts_in(alert + b"<!-- two -->\n<?xml version='1.0'?>" + alert))
    assert len(both) == 2
    assert not any(isinstance(one, str) for one in both)


def test_a_line_end_between_two_pieces_ends_a_line_that_is_too_long() -> None:
    pieces = [b"x" * 1_100_000 + b"\r", b"A\rB\r"]
    found = list(blocks(pieces))
    assert b"".join(block.data for block in found) == b"A\nB\n"
    assert sum(block.overlong for block in found) == 1


def test_a_removal_takes_off_a_pattern_and_needs_no_date() -> None:
    template = by(columns=["LIC", "LIS", "ACTION", "EXPIRES"], header=False)
    found, out = taken("AB?1*,KS,R,\n482KTB,KS,R,soon\n", template)
    assert out.removed == [("AB?1*", "KS"), ("482KTB", "KS")]
    assert found.rejected == {"the row removes an entry": 2}
    keys = ["|AB?1*|KS", "|482KTB|KS", "|XYZ1|KS"]
    columns = {
        "plate": ["", "482KTB", "XYZ1"],
        "pattern": ["AB?1*", "", ""],
        "state": ["KS"] * 3,
    }
    (chunk,) = pack(Rows(keys, columns), entry_ids("KS0190100", "s", keys))
    assert _removed(unpack(chunk), dict.fromkeys(out.removed, 0), None) == {0, 1}


@pytest.mark.parametrize("damage", ["empty", "cut", "short sections"])
def test_a_mapped_file_that_is_not_whole_is_damaged_and_no_crash(
    tmp_path: Path, damage: str
) -> None:
    keys = ["|482KTB|KS"]
    rows = Rows(keys, {"plate": ["482KTB"], "state": ["KS"]})
    path = tmp_path / "generation-1.bolo"
    with Writer(path) as writer:
        for chunk in pack(rows, entry_ids("KS0190100", "s", keys)):
            writer.add(unpack(chunk))
        writer.finish(np.empty(0, dtype=np.uint32))
    assert Opened(path, "KS0190100", "s", {}).entries[0].plate == "482KTB"
    whole = path.read_bytes()
    header = int.from_bytes(whole[-20:-12], "little") + 20  # with its length and the mark
    left = {"empty": b"", "cut": whole[:-20], "short sections": whole[-header:]}
    path.write_bytes(left[damage])
    with pytest.raises(DamagedChunk):
        Opened(path, "KS0190100", "s", {})


def test_an_original_is_sealed_without_what_is_prohibited() -> None:
    """The whole way: what the assembler emits holds neither the row nor its text."""
    job = Job(
        id=UUID(int=1), agency="KS0190100", name="x", kind="table", settings={},
        policy=standard(), now=NOW, key=b"k" * 32,
    )  # fmt: skip
    frames: list[tuple[str, bytes]] = []
    data = [b"PL,ST,KK\nBAD99,KS,EDF\n"]
    built = build_here(job, data, lambda tag, frame: frames.append((tag, frame)))
    assert built.found.missing
    assert built.original_bytes == len(b"PL,ST,KK\n"), "the header alone"
    assert Assembler(job.source, built.found, lambda *_: None).finish().original_bytes == 0
