"""Tables: every row is counted once, whatever is done to the file."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from domain.entry import Entry
from domain.errors import BadInput, Prohibited
from domain.ids import entry_id
from hotlists.guards import DUPLICATE, REMOVES
from hotlists.model import HotlistSource, Parsed
from hotlists.sources import kind
from hotlists.table_rows import UNREADABLE
from tests import lists

SOURCE = HotlistSource(UUID(int=5), "KS0190100", "NCIC", "table")
HEADER = "LIC,LIS,LIY,LIT,VIN,VYR,VMA,VMO,VST,VCO,ORI,NIC,OCA,MKE"
ROW = "482KTB,KS,2027,PC,1G1ZT548,2014,CHEV,MAL,4D,SIL,KS0190100,V123456789,26-001,EV"


def taken(text: str | bytes, **chosen: object) -> tuple[Parsed, list[Entry]]:
    data = text.encode() if isinstance(text, str) else text
    took = lists.taken(data, source=SOURCE, settings=chosen)
    return took.found, took.entries


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
    keys = ["482KTB", "7GHT219", "ABCDE", "XQ1", "MISLAID BOAT", "A-BC", "\u00c4Q", *["XQ"] * 3]
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
    assert kind("table").KIND == "table"
    with pytest.raises(BadInput, match="table"):
        kind("xml")


def test_the_key_is_the_record_number_with_plate_and_state() -> None:
    first, other, moved = ROW, ROW.replace("482KTB", "999ZZZ"), ROW.replace(",KS,2027", ",MO,2027")
    _, before = taken(table(first, other, moved))
    corrected = first.replace("SIL", "RED").replace("26-001", "26-777")
    _, after = taken(table(corrected))
    assert len({e.entry_id for e in before}) == 3
    assert after[0].entry_id == before[0].entry_id
    assert after[0].entry_id == entry_id(SOURCE.agency, str(SOURCE.id), "V123456789|482KTB|KS")


def test_the_stored_original_is_the_file_without_what_is_prohibited() -> None:
    secret = ROW.replace("482KTB", "SECRET1").replace(",EV", ",EDF")
    text = table(ROW, secret, ROW.replace("482KTB", "UNK"))
    took = lists.taken(text.encode(), source=SOURCE)
    assert took.original.decode() == text.replace(secret + "\n", "")
    assert lists.taken(text.encode(), source=SOURCE, key=None).original == b""


@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_how_the_bytes_are_cut_into_pieces_makes_no_difference(piece: int) -> None:
    data = lists.table(lists.records(0, 40), end="\r\n")
    cut = [data[start : start + piece] for start in range(0, len(data), piece)]
    assert lists.taken(cut).entries == lists.taken(data).entries
    assert lists.taken(cut).built == lists.taken(data).built


def test_a_template_names_columns_that_have_no_header() -> None:
    template = {"name": "plain", "columns": ["LIC", "", "LIS"], "header": False}
    found, (entry,) = taken("abc 123,x,MO\n", template=template, category="gang")
    assert (entry.plate, entry.state, entry.category, found.rows) == ("ABC123", "MO", "gang", 1)


def test_a_row_that_removes_an_entry_is_counted_and_is_no_failure() -> None:
    rows = ["A1,KS,EV,add", "A2,KS,EV,delete", "A3,KS,EV,perhaps"]
    found, entries = taken(table(*rows, header="LIC,LIS,MKE,ACTION"))
    assert [e.plate for e in entries] == ["A1"]
    assert found.rejected == {
        REMOVES: 1, "the action is neither an addition nor a removal": 1,
    }  # fmt: skip


def test_a_partial_plate_is_a_pattern_and_one_with_too_little_is_rejected() -> None:
    found, (entry,) = taken(table("48?K*,KS,EV", "4*,KS,EV", header="LIC,LIS,MKE"))
    assert (entry.plate, entry.pattern) == ("", "48?K*")
    assert found.rejected == {"LIC is a pattern with fewer than 3 known characters": 1}
