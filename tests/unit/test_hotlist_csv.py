"""The NCIC CSV source: every row is counted once, whatever is done to the file."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.entry import Entry
from domain.errors import BadInput, Prohibited
from hotlists.guards import DUPLICATE, Limits, inspect
from hotlists.model import HotlistSource, Parsed
from hotlists.sources import kind, kinds
from hotlists.sources.ncic_csv import UNREADABLE, parse

TODAY = date(2026, 11, 21)
SOURCE = HotlistSource(UUID(int=5), "KS0190100", "NCIC", "ncic_csv")
HEADER = "LIC,LIS,LIY,LIT,VIN,VYR,VMA,VMO,VST,VCO,ORI,NIC,OCA,MKE"
ROW = "482KTB,KS,2027,PC,1G1ZT548,2014,CHEV,MAL,4D,SIL,KS0190100,V123456789,26-001,EV"


def taken(text: str | bytes, **chosen: object) -> tuple[Parsed, list[Entry]]:
    data = text.encode() if isinstance(text, str) else text
    source = HotlistSource(SOURCE.id, SOURCE.agency, SOURCE.name, SOURCE.kind, settings=chosen)
    batch = parse(data, source, TODAY)
    entries = list(batch.entries)
    found = batch.found
    assert found.accepted == len(entries)
    assert found.accepted + sum(found.rejected.values()) + found.prohibited == found.rows
    return found, entries


def table(*rows: str, header: str = HEADER) -> str:
    return "\n".join((header, *rows)) + "\n"


def test_a_row_becomes_an_entry_with_all_its_fields() -> None:
    found, (entry,) = taken(table(ROW.replace("482KTB", "482-ktb").replace(",EV", ",EV-P")))
    assert (entry.plate, entry.plate_raw, entry.state) == ("482KTB", "482-ktb", "KS")
    assert (entry.make, entry.style, entry.color, entry.nic) == ("CHEV", "4D", "SIL", "V123456789")
    assert (entry.category, entry.priority) == ("stolen-vehicle", 2)
    assert (entry.agency, entry.source, entry.ori) == (SOURCE.agency, str(SOURCE.id), "KS0190100")
    assert "Caution" in entry.caution
    assert found == Parsed(rows=1, accepted=1, columns=HEADER.split(","))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_delimiters_encodings_and_line_ends(delimiter: str, encoding: str, end: str) -> None:
    rows = [HEADER, ROW.replace("MAL", "Citro\u00ebn")]
    text = end.join(row.replace(",", delimiter) for row in rows) + end
    found, (entry,) = taken(text.encode(encoding))
    assert entry.model == "Citro\u00ebn"
    assert found.damaged == 0


def test_the_columns_may_come_in_any_order_with_others_between() -> None:
    _, (entry,) = taken('"MKE";"remarks";"lis";"LIC";"exp"\nEL;seen "twice";ne;ABC 123;20270131\n')
    assert (entry.plate, entry.state, entry.category) == ("ABC123", "NB", "stolen-plate")
    assert entry.expires_on == date(2027, 1, 31)


def test_what_is_no_plate_is_rejected_by_reason() -> None:
    found, entries = taken(
        table(
            *(f"{plate},KS,EV" for plate in ("UNK", "none", "", "---", "OK1")), header="LIC,LIS,MKE"
        )
    )
    assert [entry.plate for entry in entries] == ["OK1"]
    assert found.rejected == {
        "LIC UNK says that there is no plate": 1,
        "LIC NONE says that there is no plate": 1,
        "no plate (LIC is empty)": 1,
        "LIC has no letter or digit": 1,
    }


def test_rows_of_a_prohibited_category_are_counted_and_leave_no_trace() -> None:
    rows = [ROW, *(ROW.replace("482KTB", f"PRO{n}").replace(",EV", f",{mke}")
                   for n, mke in enumerate(("EDF", "IMMIGRATION VIOLATOR", "edf-p")))]  # fmt: skip
    rows.append(ROW.replace("482KTB", "PRO9").replace("KS0190100", "VTICE0900"))
    found, entries = taken(table(*rows), mke={"ED": "local"})
    assert (found.prohibited, len(entries)) == (4, 1)
    assert "PRO" not in repr(found)


def test_a_prohibited_row_is_prohibited_even_when_it_is_damaged() -> None:
    found, _ = taken(table("UNK,KS,EDF", header="LIC,LIS,MKE"))
    assert (found.prohibited, found.rejected) == (1, {})


def test_settings_cannot_bring_a_prohibited_key_in() -> None:
    with pytest.raises(Prohibited):
        taken(table(ROW), mke={"EDF": "local"})
    with pytest.raises(BadInput, match="no category"):
        taken(table(ROW), category="immigration")


WITH_REMARKS = HEADER + ",REMARKS"


@pytest.mark.parametrize(
    "row",
    [
        ROW.replace(",EV", ",") + ",IMMIGRATION VIOLATOR FILE DEPORTED FELON",
        ROW + ",subject of an ICE detainer",
        ROW + ",immi\u00adgration violator",
        ROW.replace(",EV", ",\uff25\uff24\uff26,"),
        ROW.replace("KS0190100", "VT ICE0900") + ",",
        ROW.replace("2014,CHEV", "CHEV,2014").replace("26-001,EV", "EDF,26-001") + ",",
        ROW.replace("26-001,EV", "E.D.F-P,") + ",",
        ROW.replace("SIL", "DEPORTED FELON") + ",",
        ROW + ",,IMMIG VIOLATOR",
    ],
)
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_a_row_that_says_it_in_another_column_is_dropped_too(row: str, delimiter: str) -> None:
    text = table(ROW.replace("482KTB", "OK1") + ",", row, header=WITH_REMARKS)
    found, (entry,) = taken(text.replace(",", delimiter), category="local")
    assert (found.prohibited, found.rejected, entry.plate) == (1, {}, "OK1")
    assert "482" not in repr(found)


def test_a_list_whose_header_does_not_name_the_message_key_holds_none_of_them() -> None:
    rows = ["A1,KS,EDF", "A2,KS,ice detainer", "EDF,KS,mine", "IVF,KS,"]
    found, entries = taken(table(*rows, header="LIC,LIS,KIND"), category="local")
    assert (found.prohibited, [e.plate for e in entries]) == (2, ["EDF", "IVF"])


def test_ordinary_words_drop_no_row() -> None:
    said = ("ICE CREAM TRUCK", "OFFICE", "REMOVAL VAN", "DEPORT TX", "VENICE POLICE DETAINER",
            "EIDER", "PAROLE ABSCONDER")  # fmt: skip
    rows = [ROW.replace("482KTB", f"OK{n}") + "," + word for n, word in enumerate(said)]
    rows += [row.replace(",EV,", ",,").replace("OK", "NO") for row in rows]
    found, entries = taken(table(*rows, header=WITH_REMARKS))
    assert (found.prohibited, len(entries)) == (0, 2 * len(said))


def test_unknown_message_keys_are_kept_and_counted() -> None:
    found, (entry,) = taken(table(ROW.replace(",EV", ",XQ-P")), category="gang")
    assert (found.unknown, entry.category) == ({"XQ-P": 1}, "gang")


def test_what_is_no_message_key_is_counted_and_never_repeated() -> None:
    keys = ["482KTB", "7GHT219", "ABCDE", "XQ1", "STOLEN BOAT", "A-BC", "\u00c4Q", *["XQ"] * 3]
    rows = [ROW.replace("482KTB", f"P{n}").replace(",EV", f",{k}") for n, k in enumerate(keys)]
    found, entries = taken(table(*rows))
    assert (found.unknown, len(entries)) == ({UNREADABLE: 7, "XQ": 3}, len(keys))


def test_no_more_than_twenty_unknown_message_keys_are_told_apart() -> None:
    keys = [f"X{a}{b}" for a in "QRSTUVWXYZ" for b in "ABC"]
    rows = [ROW.replace("482KTB", f"P{n}").replace(",EV", f",{k}") for n, k in enumerate(keys)]
    found, entries = taken(table(*rows))
    assert (len(found.unknown), sum(found.unknown.values())) == (20, len(entries))
    assert found.unknown[UNREADABLE] == 11


def test_the_same_record_again_replaces_the_one_before() -> None:
    found, (entry,) = taken(table(ROW, ROW.replace("SIL", "BLU"), ROW.replace("SIL", "RED")))
    assert entry.color == "RED"
    assert (found.rejected, found.duplicates) == ({DUPLICATE: 2}, 2)


def test_a_record_with_several_plates_loses_none_and_keeps_its_ids() -> None:
    other = ROW.replace("482KTB", "999ZZZ")
    _, alone = taken(table(ROW))
    _, both = taken(table(other, ROW))
    _, turned = taken(table(ROW, other))
    assert {e.plate for e in both} == {"482KTB", "999ZZZ"}
    assert {e.plate: e.entry_id for e in both} == {e.plate: e.entry_id for e in turned}
    assert alone[0].entry_id in {e.entry_id for e in both}


def test_an_entry_without_a_nic_is_known_by_case_number_and_plate() -> None:
    _, entries = taken(table("A1,KS,EV,26-1", "A1,MO,EV,26-1", "A1,KS,EV,26-2",
                             header="LIC,LIS,MKE,OCA"))  # fmt: skip
    assert len({e.entry_id for e in entries}) == 3


def test_a_missing_child_is_amber() -> None:
    _, (entry,) = taken("LIC,LIS,MKE,MNP\nABC123,KS,EMJ,AA\n")
    assert (entry.category, entry.priority) == ("amber", 1)


def test_an_expiry_that_is_no_date_rejects_the_row() -> None:
    rows = ["A1,KS,EV,soon", "A2,KS,EV,NONEXP", "A3,KS,EV,02/31/2027", "A4,KS,EV,12/31/2027"]
    found, entries = taken(table(*rows, header="LIC,LIS,MKE,DOE"))
    assert [(e.plate, e.expires_on) for e in entries] == [("A2", None), ("A4", date(2027, 12, 31))]
    assert sum(found.rejected.values()) == 2


def test_a_stray_quotation_mark_spoils_its_own_line_only() -> None:
    found, entries = taken(table(ROW.replace("MAL", '"MAL'), ROW.replace("482KTB", "OK2")))
    assert [e.plate for e in entries] == ["OK2"]
    assert sum(found.rejected.values()) == 1


def test_a_header_without_required_columns_is_named() -> None:
    found, _ = taken("plate,state\nABC123,KS\n")
    assert found.missing == ["LIC", "LIS", "MKE"]
    found, entries = taken("LIC,LIS\nABC123,KS\n", category="local")
    assert (found.missing, len(entries)) == ([], 1)


def test_an_unknown_kind_of_source_says_which_there_are() -> None:
    assert kind("ncic_csv").KIND == "ncic_csv"
    with pytest.raises(BadInput, match="ncic_csv"):
        kind("xml")


# --- one contract over all kinds: damage never raises, and nothing is lost ---

GOOD = table(
    *(ROW.replace("482KTB", f"{n:03}KTB").replace("V123456789", f"V{n:09}") for n in range(60))
)


def damage(data: bytes, seed: int) -> bytes:
    """One of many ways in which a file arrives broken."""
    chance = random.Random(seed)
    at, other = sorted((chance.randrange(len(data)), chance.randrange(len(data))))
    ways: list[Callable[[], bytes]] = [
        lambda: data[:at],
        lambda: data[at:],
        lambda: data[:at] + data[other:],
        lambda: data[:at] + bytes([chance.randrange(256)]) * chance.randrange(1, 50) + data[at:],
        lambda: data * 2,
        lambda: data.replace(b",", chance.choice([b";", b"\t", b"|", b"", b",,"])),
        lambda: data.replace(b"\n", chance.choice([b"\r", b"\n\n", b"", b"\r\r\n"])),
        lambda: data.decode().encode(chance.choice(["utf-16", "cp037", "utf-8-sig"])),
        lambda: data.replace(b"KTB", chance.choice([b'"', b"UNK", b"\xff\xfe", b"\xc3\xa9"])),
        lambda: chance.randbytes(500),
        lambda: b"",
        lambda: b"x" * 200_000,
        lambda: b'"' + data,
    ]
    return chance.choice(ways)()


@pytest.mark.parametrize("name", kinds())
def test_two_hundred_damages_lose_no_row_silently(name: str) -> None:
    for seed in range(200):
        batch = kind(name).parse(damage(GOOD.encode(), seed), SOURCE, TODAY)
        found, entries = batch.found, list(batch.entries)
        assert len(entries) == found.accepted, seed
        assert found.accepted + sum(found.rejected.values()) + found.prohibited == found.rows, seed


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_raise(data: bytes) -> None:
    for a_kind in kinds().values():
        inspect(a_kind.parse(data, SOURCE, TODAY).found, None, Limits())
