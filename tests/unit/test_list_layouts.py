"""Known layouts, template files, headings and encodings."""

from __future__ import annotations

import contextlib

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import BadInput, BoloError, Prohibited
from hotlists.encodings import DECIDING, Decoder, as_utf8, decoded
from hotlists.headings import HEADINGS, word_of
from hotlists.layouts import LAYOUTS, by_headings, layout, meanings
from hotlists.template_files import check, checked, read, written
from hotlists.templates import WORDS, Template


@pytest.mark.parametrize("name", sorted(LAYOUTS))
def test_every_layout_is_valid_says_its_sources_and_survives_a_file(name: str) -> None:
    known = layout(name)
    assert check(known.template) is known.template
    assert "ormats page" in known.sources or "As genetec" in known.sources
    assert read(written(known.template), "t.json") == known.template
    assert len(meanings(known.template)) == len(known.template.columns)
    if known.headings and name != "genetec":
        found = by_headings(known.headings)
        assert found is not None
        assert found.template.name == name


def test_an_unknown_layout_names_the_nearest() -> None:
    with pytest.raises(BadInput, match="did you mean genetec"):
        layout("gentec")


def test_headings_know_every_word_and_the_usual_spellings() -> None:
    assert set(HEADINGS.values()) == set(WORDS)
    for heading, word in {
        "Plate Number": "LIC", "License": "LIC", "TAG": "LIC", "reg": "LIC", "PlateNumber": "LIC",
        "licence_plate": "LIC", "State": "LIS", "Colour": "VCO", "Make": "VMA", "Model": "VMO",
        "caseNumber": "OCA", "Expiry Date": "EXPIRES", "Body Style": "VST", "lis": "LIS",
    }.items():  # fmt: skip
        assert word_of(heading) == word
    assert word_of("Owner's phone") == ""


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": "x", "columms": ["LIC"]}, "did you mean columns"),
        ({"name": "x", "columns": ["LICC"]}, "did you mean LIC"),
        ({"name": "x", "columns": ["lic"]}, "did you mean LIC"),
        ({"name": "x", "columns": ["LIC"], "dates": "mdyy"}, "did you mean mdy"),
        ({"name": "x", "columns": ["LIC"], "encoding": "utf8"}, "did you mean utf-8"),
        ({"name": "x", "columns": ["LIS"]}, "no LIC"),
        ({"name": "x", "columns": ["LIC", "LIC"]}, "LIC stands twice"),
        ({"name": "x", "columns": ["LIC"], "defaults": {"STATE": "KS"}}, "no column 'STATE'"),
        ({"name": "x", "columns": ["LIC"], "delimiter": "::"}, "one character"),
        ({"name": "x", "columns": ["LIC"], "delimiter": ""}, "a start and an end"),
        ({"name": "x", "columns": ["LIC"], "positions": [[0, 8]]}, "not both"),
        ({"name": "x", "columns": ["LIC"], "delimiter": "", "positions": [[8, 8]]}, "no column"),
        ({"name": "x", "header": False}, "must be named"),
        ({"name": "x", "columns": ["LIC"], "actions": {"W": "delete"}}, "no action"),
        ({"name": "x", "columns": ["LIC"], "wildcards": {"A": "*"}}, "one sign"),
        ({"name": "x", "columns": ["LIC"], "categories": {"HOT": "hot"}}, "no category"),
        ({"name": "x", "columns": 3}, "array"),
        ({}, "name"),
        (["LIC"], "table of fields"),
    ],
)
def test_a_mistake_in_a_template_is_named_with_what_would_be_right(
    given: object, said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        checked(given)


def test_a_template_cannot_let_in_what_is_never_held() -> None:
    with pytest.raises(Prohibited):
        checked({"name": "x", "columns": ["LIC"], "categories": {"ICE hold": "wanted-person"}})


def test_a_template_file_is_json_or_toml() -> None:
    toml = b'name = "x"\ncolumns = ["LIC", "", "LIS"]\nheader = false\n[defaults]\nMKE = "EV"\n'
    expected = Template(name="x", columns=("LIC", "", "LIS"), header=False, defaults={"MKE": "EV"})
    assert read(toml, "t.toml") == read(written(expected), "t.json") == expected
    for text, name in ((b"{", "t.json"), (b"name =", "t.toml"), (b"\xff", "t.toml")):
        with pytest.raises(BadInput, match="cannot be read"):
            read(text, name)


@given(
    st.binary(max_size=200) | st.text(max_size=80).map(str.encode),
    st.sampled_from(["json", "toml"]),
)
@settings(max_examples=200, deadline=None)
def test_any_template_file_is_read_or_refused(text: bytes, suffix: str) -> None:
    with contextlib.suppress(BoloError):
        assert isinstance(read(text, f"t.{suffix}"), Template)


@given(
    st.dictionaries(
        st.sampled_from(Template.__struct_fields__),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.text(max_size=4), inner, max_size=3)
            ),
        ),
        max_size=5,
    )
)
@settings(max_examples=300, deadline=None)
def test_any_fields_are_a_valid_template_or_refused(given: dict[str, object]) -> None:
    try:
        template = checked({"name": "x", "columns": ["LIC"], **given})
    except BoloError:
        return
    assert checked(msgspec.to_builtins(template)) == template


# --- encodings ------------------------------------------------------------------------------

TEXT = "ABC123,Citro\u00ebn,\u0160koda \u20ac\nKLM456,Ford,\n"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (TEXT.encode(), "utf-8"),
        (b"\xef\xbb\xbf" + TEXT.encode(), "utf-8"),
        (TEXT.encode("cp1252"), "windows-1252"),
        (TEXT.encode("utf-16"), "utf-16-le"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "utf-16-be"),
    ],
)
def test_the_encoding_is_found_and_the_text_the_same(data: bytes, name: str) -> None:
    assert decoded(data) == (TEXT, name)
    for size in (1, 2, 3, 7):
        pieces = [data[n : n + size] for n in range(0, len(data), size)]
        assert b"".join(as_utf8(pieces)).decode() == TEXT


def test_a_mark_wins_over_what_was_asked_for() -> None:
    assert decoded(b"\xef\xbb\xbf" + TEXT.encode(), "windows-1252")[0] == TEXT
    assert decoded(TEXT.encode("utf-16"), "utf-8")[0] == TEXT


def test_what_was_asked_for_wins_over_a_guess() -> None:
    assert decoded("\u00c3\u00a9".encode("cp1252"), "windows-1252")[0] == "\u00c3\u00a9"
    assert decoded(b"\xe9", "utf-8")[0] == "\ufffd"


def test_one_damaged_character_does_not_turn_a_file_round() -> None:
    data = b"\xe9," + TEXT.encode() * 3
    text, name = decoded(data)
    assert (name, text.count("\ufffd"), text.count("\u00eb")) == ("utf-8", 1, 3)


@pytest.mark.parametrize("ahead", [0, 10, DECIDING, 3 * DECIDING + 1])
def test_the_whole_file_has_one_encoding_however_it_arrives(ahead: int) -> None:
    body = b"X" * ahead + "\u00eb\n".encode("cp1252") * DECIDING + "\u00eb\n".encode()
    made = Decoder()
    parts = [body[n : n + 50_000] for n in range(0, len(body), 50_000)]
    text = "".join(made.decode(part) for part in parts) + made.decode(b"", final=True)
    assert (text, made.encoding) == decoded(body)
    assert text == body.decode("cp1252")


@given(st.binary(max_size=300), st.integers(1, 50))
@settings(deadline=None)
def test_pieces_make_no_difference_for_any_bytes(data: bytes, size: int) -> None:
    pieces = [data[n : n + size] for n in range(0, len(data), size)]
    assert b"".join(as_utf8(pieces)).decode() == decoded(data)[0]
