"""Guessing templates: hand-written files in many layouts, all guessed right or declared unsure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotlists.guessing import SURE, guess
from hotlists.template_files import check, checked
from hotlists.templates import Template

TODAY = date(2026, 11, 21)
NCIC = "LIC LIS LIY LIT VIN VYR VMA VMO VST VCO ORI NIC OCA MKE"
_NCIC_ROWS = """\
482KTB,KS,2027,PC,1FTFW1E80MFA12345,2014,CHEV,MAL,4D,SIL,KS0190100,V123456789,26-0001,EV
7GHT219,MO,2026,PC,,2019,FORD,F15,PK,WHI,MO0490200,W987654321,26-0114,EW-P
193AZT,NB,2027,PC,,2008,HOND,ACC,2D,BLK/WHI,NB0550100,V223456780,26-0115,EL
"""


@dataclass(frozen=True)
class Case:
    """A file, and what it really is. `unsure`: nobody could be sure, so the guess must not be."""

    name: str
    text: str | bytes
    columns: str
    filename: str = "list.csv"
    expect: dict[str, object] = field(default_factory=dict)
    unsure: bool = False

    @property
    def data(self) -> bytes:
        return self.text.encode() if isinstance(self.text, str) else self.text


def words(text: str) -> tuple[str, ...]:
    return tuple("" if word == "-" else word for word in text.split())


CASES = (
    Case("NCIC codes", NCIC.replace(" ", ",") + "\n" + _NCIC_ROWS, NCIC),
    Case("NCIC without a header", _NCIC_ROWS, NCIC, expect={"header": False}),
    Case(
        "Genetec as its guide has it",
        "STOLEN VEHICLE;QC;DEF228;2026-01-31;2026-12-31;ID_1\n"
        "STOLEN VEHICLE;QC;345ABG;2026-01-31;2026-12-25;ID_2\n"
        "WANTED PERSON;ON;244KVF;2026-01-31;2027-03-31;ID_3\n",
        "CATEGORY LIS LIC STARTS EXPIRES NIC",
        "hotlist.txt",
        {"header": False, "delimiter": ";", "states": "postal", "dates": "ymd", "name": "genetec"},
    ),
    Case(
        "Genetec with a header, no id, other order",
        "PlateNumber;PlateState;Category;EffectiveDate;ExpiryDate\n"
        "DEF228;KS;Stolen;2026-01-31;2026-12-31\n345ABG;MO;Stolen;2026-01-31;2026-12-25\n"
        "244KVF;KS;Wanted;2026-02-28;2027-01-31\n",
        "LIC LIS CATEGORY STARTS EXPIRES",
        expect={"delimiter": ";", "name": "genetec-header"},
    ),
    Case(
        "Flock",
        "plate,reason,caseNumber,expiry,state,note\n"
        "abc123,stolen vehicle,26-1182,2026-12-31T00:00:00Z,kansas,left in haste\n"
        "xyz9876,warrant,26-1190,2027-01-31T00:00:00Z,new york,\n"
        "7ght219,missing person,26-1201,2026-12-01T12:00:00Z,missouri,call first\n",
        "LIC REASON OCA EXPIRES LIS REASON",
        expect={"name": "flock", "dates": "ymd"},
    ),
    Case(
        "Vigilant",
        "Hot Plate,State,Alert,Priority,Notes,Expires\n"
        'ABC123,KS,Stolen Vehicle,High,"seen twice, north side",12/31/2026\n'
        "KLM456,MO,Wanted,Low,,01/15/2027\n7XYZ89,NE,Stolen Plate,Medium,,02/01/2027\n",
        "LIC LIS CATEGORY PRIORITY REASON EXPIRES",
        expect={"dates": "mdy", "name": "vigilant"},
    ),
    Case(
        "incremental",
        "action|tag|st|alert type\nADD|ABC123|KS|Stolen\nREMOVE|KLM456|MO|Stolen\n"
        "ADD|7XYZ89|NE|Wanted\n",
        "ACTION LIC LIS CATEGORY",
        expect={"delimiter": "|"},
    ),
    Case(
        "Milestone with comments",
        "# exported for the gate\nPlate Number,Description\nABC123,stolen in May\n"
        "# the next one is old\nKLM456,wanted for fraud\n7XYZ89,\n",
        "LIC REASON",
        expect={"comment": "#", "name": "milestone"},
    ),
    Case(
        "police list without a header",
        "ABC123,Blue,Toyota,Hilux,2011,Utility,2026-11-02,Waikato\n"
        "KLM45,White,Mazda,Demio,2005,Hatchback,2026-10-30,Auckland\n"
        ",Red,Honda,CBR,2015,Motorcycle,2026-10-29,Auckland\n"
        "XYZ987,Silver,Nissan,Tiida,2008,Hatchback,2026-10-28,Canterbury\n",
        "LIC VCO VMA VMO VYR VST ENTERED -",
        "stolenvehicles.csv",
        {"header": False},
    ),
    Case("plates alone", "ABC123\nKLM456\n7GHT219\nXYZ98\n", "LIC", "p.txt", {"header": False}),
    Case("plates with a heading", "Plate\nABC123\nKLM456\n7GHT219\n", "LIC", "p.txt"),
    Case("a heading or a vanity plate", "TAG\nABC\nKLM456\nHELLO\n", "LIC", "p.txt", {}, True),
    Case(
        "fixed width",
        "".join(
            f"{plate:<8}{state:<3}{why:<16}{day}\n"
            for plate, state, why, day in (
                ("482KTB", "KS", "STOLEN VEHICLE", "2026-12-31"),
                ("7GHT219", "MO", "WANTED PERSON", "2027-01-15"),
                ("ABC123", "NE", "STOLEN PLATE", "2026-12-01"),
            )
        ),
        "LIC LIS CATEGORY EXPIRES",
        "list.txt",
        {"header": False, "delimiter": ""},
        True,
    ),
    Case(
        "fixed width with headings",
        "".join(
            f"{plate:<10}{state:<7}{make:<8}{year}\n"
            for plate, state, make, year in (
                ("Plate", "State", "Make", "Year"),
                *((f"AB{n}2{n}K", "KS", "FORD", f"201{n}") for n in range(1, 9)),
                *((f"ZT{n}9{n}", "MO", "HONDA", f"200{n}") for n in range(1, 9)),
            )
        ),
        "LIC LIS VMA VYR",
        "list.txt",
        {"delimiter": "", "header": True},
    ),
    Case(
        "plates of digits beside years",
        "Tag,Year\n451908,2014\n228190,2009\n903117,2019\n7741,2001\n",
        "LIC VYR",
    ),
    Case(
        "plates of digits beside years, no header",
        "451908,2014,FORD\n228190,2009,KIA\n903117,2019,HONDA\n115230,2001,FORD\n",
        "LIC VYR VMA",
        expect={"header": False},
        unsure=True,
    ),
    Case(
        "two dates without a header",
        "ABC123,KS,10/28/2026,12/31/2026\nKLM456,MO,11/02/2026,01/15/2027\n"
        "7XYZ89,KS,11/19/2026,02/01/2027\n",
        "LIC LIS ENTERED EXPIRES",
        expect={"header": False, "dates": "mdy"},
        unsure=True,
    ),
    Case(
        "day first",
        "Reg,Colour,Make,Model,Date stolen\nAB12 CDE,Blue,Ford,Focus,28/10/2026\n"
        "XY65 KLM,Red,Audi,A3,03/11/2026\nLK19 ZZT,Grey,Kia,Soul,14/11/2026\n",
        "LIC VCO VMA VMO ENTERED",
        expect={"dates": "dmy"},
    ),
    Case(
        "a date that no number tells",
        "Plate,State,Expires\nABC123,KS,02/03/2027\nKLM456,MO,04/05/2027\n7XYZ89,KS,01/12/2027\n",
        "LIC LIS EXPIRES",
        unsure=True,
    ),
    Case(
        "Canadian provinces by post",
        "Licence Plate,Province,Make,Reason\nABCD123,QC,Ford,Stolen last night\n"
        "KLM456,NB,Kia,Wanted for theft\n7XYZ89,ON,Mazda,Left the scene of it\n",
        "LIC LIS VMA REASON",
        expect={"states": "postal"},
    ),
    Case(
        "Nebraska and New Brunswick",
        "plate,state\nABC123,NE\nKLM456,NB\n7XYZ89,KS\n",
        "LIC LIS",
        expect={"states": "postal"},
    ),
    Case(
        "quoted cells with delimiters in them",
        '"License Plate","Vehicle Description","State"\n"ABC-123","Ford, blue","Kansas"\n'
        '"KLM 456","Kia; red, 2 doors","Missouri"\n"7XYZ89","no ""tail"" light","Iowa"\n',
        "LIC REASON LIS",
    ),
    Case(
        "tabs, and plates that are missing",
        "VIN\tPLATE\tST\tYR\tMAKE\tMODEL\n1FTFW1E80MFA12345\tABC123\tKS\t2014\tFORD\tF150\n"
        "1FTFW1E80MFA12346\t\t\t2015\tFORD\tF150\n1FTFW1E80MFA12347\tKLM456\tMO\t2016\tFORD\tF250\n"
        "1FTFW1E80MFA12348\t\t\t2016\tFORD\tF250\n",
        "VIN LIC LIS VYR VMA VMO",
        "x.tsv",
        {"delimiter": "\t"},
    ),
    Case(
        "UTF-16 from a spreadsheet",
        "Plate;State;Model\r\nABC123;KS;Citro\u00ebn\r\nKLM456;MO;Kia\r\n7XYZ89;KS;\u0160koda\r\n".encode(
            "utf-16"
        ),
        "LIC LIS VMO",
        expect={"delimiter": ";"},
    ),
    Case(
        "Windows-1252",
        "Plate;State;Model\r\nABC123;KS;Citro\u00ebn\r\nKLM456;MO;Kia\r\n7XYZ89;KS;Ka\r\n".encode(
            "cp1252"
        ),
        "LIC LIS VMO",
        expect={"encoding": "windows-1252"},
    ),
    Case(
        "UTF-8 with a mark",
        b"\xef\xbb\xbf" + b"Plate,State\r\nABC123,KS\r\nKLM456,MO\r\n7XYZ89,KS\r\n",
        "LIC LIS",
    ),
    Case(
        "case numbers that look like plates",
        "Case Number,Tag,State\nKC26-1182,ABC123,KS\nKC26-1190,KLM456,MO\nKC26-1201,7XYZ89,KS\n",
        "OCA LIC LIS",
    ),
    Case(
        "case numbers, no header",
        "26-01182,ABC123,KS,Stolen\n26-01190,KLM456,MO,Stolen\n26-01201,7XYZ89,KS,Wanted\n",
        "OCA LIC LIS CATEGORY",
        expect={"header": False},
    ),
    Case(
        "headings in another language",
        "Kennzeichen;Farbe;Marke\nABC123;Blue;Ford\nKLM456;Red;Kia\n7XYZ89;White;Audi\n",
        "LIC VCO VMA",
        unsure=True,
    ),
    Case(
        "a running number first",
        "1,ABC123,KS,Ford\n2,KLM456,MO,Kia\n3,7XYZ89,KS,Audi\n4,LKJ441,NE,Ford\n",
        "- LIC LIS VMA",
        expect={"header": False},
    ),
    Case(
        "patterns among plates",
        "Plate,State,Offense\nAB?12,KS,Carjacking\nKLM456,MO,Stolen\n*7XY,KS,Stolen\n",
        "LIC LIS CATEGORY",
    ),
    Case(
        "headings that do not say what stands there",
        "Plate,State,Make\nKS,ABC123,Ford\nMO,KLM456,Kia\nNE,7XYZ89,Audi\n",
        "LIC LIS VMA",
        unsure=True,
    ),
    Case(
        "two columns of plates",
        "ABC123,KS,DEF456\nKLM456,MO,GHI789\n7XYZ89,KS,8JKL12\n",
        "LIC LIS -",
        expect={"header": False},
        unsure=True,
    ),
    Case(
        "year of the plate and of the car",
        "Lic,St,Lic Year,Lic Type,Year,Make,Model,Style,Color\n"
        "ABC123,KS,2027,PC,2014,CHEV,MAL,4D,SIL\nKLM456,MO,2026,TK,2019,FORD,F15,PK,WHI\n"
        "7XYZ89,NB,2027,PC,2008,HOND,ACC,2D,BLK\n",
        "LIC LIS LIY LIT VYR VMA VMO VST VCO",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_each_file_is_guessed_right_or_declared_unsure(case: Case) -> None:
    found = guess(case.data, case.filename, TODAY)
    if case.unsure:
        assert found.sure < SURE
        assert any("unsure" in sentence for sentence in found.because[:1])
    if found.template is None:
        assert case.unsure
        return
    if found.sure >= SURE:
        assert found.template.columns == words(case.columns)
        assert {k: getattr(found.template, k) for k in case.expect} == case.expect
    assert check(found.template) == found.template
    sentences = [s for s in found.because if s.startswith("Column ")]
    assert len(sentences) == len(found.template.columns)


def test_nearly_all_of_them_are_guessed_right() -> None:
    """Measured: those that can be known at all, and how many even of the unsure ones are right."""
    known = [case for case in CASES if not case.unsure]
    right = {
        case.name
        for case in CASES
        if (found := guess(case.data, case.filename, TODAY)).template is not None
        and found.template.columns == words(case.columns)
        and all(getattr(found.template, k) == v for k, v in case.expect.items())
    }
    sure = {c.name for c in known if guess(c.data, c.filename, TODAY).sure >= SURE}
    assert len(CASES) >= 25
    assert sorted({case.name for case in known} - right) == []
    assert sorted({case.name for case in known} - sure) == []
    assert len(right) >= len(CASES) - 1


def test_a_guess_offers_the_other_order_of_dates() -> None:
    case = next(c for c in CASES if c.name == "a date that no number tells")
    found = guess(case.data, "x.csv", TODAY)
    assert [other.dates for other in found.alternatives] == ["dmy"]


def test_a_police_list_is_offered_with_its_category_and_never_given_it_in_silence() -> None:
    case = next(c for c in CASES if c.name == "police list without a header")
    found = guess(case.data, case.filename, TODAY)
    assert found.template is not None
    assert found.template.defaults == {}
    assert [other.defaults for other in found.alternatives] == [{"CATEGORY": "STOLEN VEHICLE"}]


def test_the_name_of_a_file_is_offered_and_never_used_in_silence() -> None:
    data = b"Plate,State\nABC123,KS\nKLM456,MO\n7XYZ89,KS\n"
    found = guess(data, "wanted-persons_2026.csv", TODAY)
    assert found.template is not None
    assert found.template.defaults == {}
    assert [other.defaults for other in found.alternatives] == [{"CATEGORY": "WANTED PERSONS"}]
    for name in ("immigration violators.csv", "list.csv"):
        assert guess(data, name, TODAY).alternatives == ()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no line"),
        (b"# only a comment\n", "no line"),
        (b"\x00\x01\x02", "not text"),
        (b"PK\x03\x04....", "ZIP"),
        (b"%PDF-1.7\n", "PDF"),
        (b"name,phone\nSmith,+1 316 555 0100\nJones,+1 316 555 0101\n", "No column looks like"),
    ],
)
def test_what_is_no_list_has_no_template(data: bytes, said: str) -> None:
    found = guess(data, "x.csv", TODAY)
    assert found.template is None
    assert any(said in sentence for sentence in found.because)


def test_one_row_is_never_enough_to_be_sure() -> None:
    assert guess(b"Plate,State\nABC123,KS\n", "x.csv", TODAY).sure < SURE


_CELLS = st.sampled_from(
    ["ABC123", "KS", "", "2014", "FORD", "Plate", "12/31/2026", '"', "a b c", "\u00e9", "KS0190100"]
)


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_any_bytes_at_all_give_a_guess_or_none(data: bytes) -> None:
    found = guess(data, "x", TODAY)
    assert found.template is None or isinstance(found.template, Template)
    assert found.because


@given(
    st.lists(st.lists(_CELLS, max_size=6), max_size=8), st.sampled_from([",", ";", "\t", "|", " "])
)
@settings(max_examples=200, deadline=None)
def test_any_table_at_all_gives_a_template_that_is_valid(rows: list[list[str]], mark: str) -> None:
    found = guess("\n".join(mark.join(row) for row in rows).encode(), "x", TODAY)
    for template in (found.template, *found.alternatives):
        if template is not None:
            assert checked(msgspec.to_builtins(template)) == template
