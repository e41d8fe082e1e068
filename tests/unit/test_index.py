"""The index: candidates are exactly what the definition says, in memory and from a file."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from uuid import UUID

import msgspec
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from domain.entry import Entry
from matchers import facts
from matchers.characters import ALPHABET, codes_of
from matchers.facts import FACTS, facts_of
from matchers.folding import CLOSE, WIDE, column
from matchers.index import Index
from matchers.index_keys import CUTS, FOLDS, KINDS, cut_keys_of, fold_table, keys_of
from matchers.index_loops import HOW_BITS, LEFT_BITS, UNDER_ROW
from matchers.reach import folded, refines, within_reach

few = st.text(alphabet="ABCO0I1Z28S5G6MN", max_size=10)
runs = st.text(alphabet="O0K", max_size=10)
any_text = st.text(alphabet=ALPHABET, max_size=10)
texts = st.one_of(few, runs, any_text)


def codes(plates: list[str]) -> np.ndarray:
    return codes_of(column(plates))


def pairs_of(index: Index, asked: list[str]) -> list[tuple[int, int]]:
    at, rows = index.candidates(codes(asked))
    return list(zip(at.tolist(), rows.tolist(), strict=True))


def entry(n: int, plate: str, **known: str) -> Entry:
    one = Entry(
        entry_id=UUID(int=n), agency="A", source="s", category="local", priority=3, plate=plate
    )
    return msgspec.structs.replace(one, **known)


@given(st.lists(texts, max_size=40), st.lists(texts, max_size=12))
@example(["", "A", "AB", "BA", "A" * 10, "A" * 9], ["A", "", "AA", "A" * 10, "B"])
def test_candidates_are_the_pairs_within_reach_each_once_in_order(
    plates: list[str], asked: list[str]
) -> None:
    wanted = [
        (t, row)
        for t, text in enumerate(asked)
        for row, plate in enumerate(plates)
        if within_reach(text, plate)
    ]
    assert pairs_of(Index.of_codes(codes(plates)), asked) == wanted


@st.composite
def edited(draw: st.DrawFn) -> tuple[str, str]:
    """A plate and the text of one mistake: substituted, dropped, added, swapped, or two at an end
    cut off or shown as one, beside any number of close mix-ups."""
    plate = draw(st.text(alphabet=ALPHABET, min_size=1, max_size=9))
    at = draw(st.integers(0, len(plate) - 1))
    other = draw(st.sampled_from(ALPHABET))
    rest = plate[at + 1 :]
    text = draw(
        st.sampled_from(
            [
                plate,
                plate[:at] + other + rest,
                plate[:at] + rest,
                plate[:at] + other + plate[at:],
                plate + other,
                plate[:at] + rest[:1] + plate[at] + rest[1:],
                *([plate[2:], plate[:-2]] if len(plate) >= 5 else []),
                *([other + plate[2:], plate[:-2] + other] if len(plate) >= 5 else []),
            ]
        )
    )
    mixed = []
    for character in text:
        alike = next((members for members in CLOSE if character in members), character)
        mixed.append(draw(st.sampled_from(alike)))
    return plate, "".join(mixed)


@given(edited(), st.lists(any_text, max_size=20))
def test_one_edit_beside_close_mix_ups_is_always_among_them(
    pair: tuple[str, str], others: list[str]
) -> None:
    plate, text = pair
    index = Index.of_codes(codes([*others, plate]))
    found = (0, len(others)) in pairs_of(index, [text])
    assert found == bool(text), "a text without a character is a candidate for nothing"


@given(texts, texts)
def test_reach_covers_every_edit_and_holds_both_ways_but_for_a_cut(one: str, other: str) -> None:
    near = OSA.distance(folded(one, CLOSE), folded(other, CLOSE)) <= 1
    reached = within_reach(one, other)
    if len(one) == len(other):
        assert reached == within_reach(other, one)
    elif len(one) > len(other):
        assert within_reach(other, one) or not reached
    if one and other and (near or folded(one, WIDE) == folded(other, WIDE)):
        assert reached
    if reached and folded(one, WIDE) != folded(other, WIDE):
        # One character may have moved by more than a place; it is never more than that.
        assert OSA.distance(folded(one, CLOSE), folded(other, CLOSE)) <= 2


def test_the_classes_fit_into_each_other_and_into_a_key() -> None:
    assert refines(CLOSE, WIDE)
    assert not refines(WIDE, CLOSE)
    for classes in (WIDE, CLOSE):
        members = "".join(classes)
        assert len(members) == len(set(members))
    with pytest.raises(ValueError, match="36 classes"):
        fold_table(())


@given(st.lists(texts, min_size=1, max_size=20))
def test_a_text_s_keys_are_each_there_once(plates: list[str]) -> None:
    keys = np.zeros(KINDS, dtype=np.uint64)
    for row, plate in zip(codes(plates), plates, strict=True):
        mine = keys[: keys_of(row, FOLDS, keys)].tolist()
        assert len(mine) == len(set(mine))
        if not plate:
            assert mine == []
            continue
        short = folded(plate, CLOSE)
        assert len(mine) == 2 + len({short[:at] + short[at + 1 :] for at in range(len(short))})


def test_an_entry_has_two_keys_more_of_a_plate_that_is_long_enough() -> None:
    keys, whole = np.zeros(CUTS, dtype=np.uint64), np.zeros(KINDS, dtype=np.uint64)

    def cut_keys(plate: str) -> list[int]:
        count = cut_keys_of(codes([plate])[0], FOLDS, keys)
        return [int(key) for key in keys[:count]]

    def whole_key(text: str) -> int:
        keys_of(codes([text])[0], FOLDS, whole)
        return int(whole[0])

    assert cut_keys("") == cut_keys("AB12") == []
    assert cut_keys("AB123") == [whole_key("123"), whole_key("AB1")]
    assert cut_keys("8BC12345IZ") == [whole_key("C12345IZ"), whole_key("88CI2345")]
    assert cut_keys("OOO0O") == [whole_key("000")] * 2


def test_a_plate_is_found_by_what_was_cut_from_it_or_by_one_character_in_its_place() -> None:
    index = Index.of_codes(codes(["7ABC123", "BC1", "OOO0O"]))
    assert pairs_of(index, ["BC123", "8CI23", "7ABCI"]) == [(0, 0), (1, 0), (2, 0)]
    assert pairs_of(index, ["XBC123", "7A8CIX"]) == [(0, 0), (1, 0)]
    assert pairs_of(index, ["000", "X0O0", "0D0Y"]) == [(0, 2), (1, 2), (2, 2)]
    # One more gone, one in the middle, at the other end, or longer than the plate: none.
    assert pairs_of(index, ["BC12", "BC1234", "BXC123", "7ABX12", "9X7ABC123"]) == [(0, 1)]
    assert pairs_of(Index.of_codes(codes(["AB12"])), ["AB", "12", "XX2", "1XX"]) == []


@pytest.mark.parametrize("name", ["CLOSE", "WIDE", "CUT", "CUT_FROM"])
def test_stored_keys_by_other_rules_are_told_apart(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = facts.tables()
    monkeypatch.setattr(facts, name, "other")
    assert facts.tables.__wrapped__() != before


@pytest.mark.parametrize("name", facts.MAKERS)
def test_stored_keys_by_another_module_are_told_apart(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = facts.tables()
    for module in facts.MAKERS:
        text = (facts.HERE / f"{module}.py").read_text()
        (tmp_path / f"{module}.py").write_text(text)
    monkeypatch.setattr(facts, "HERE", tmp_path)
    assert facts.tables.__wrapped__() == before
    with (tmp_path / f"{name}.py").open("a") as file:
        file.write("# other")
    assert facts.tables.__wrapped__() != before


def test_what_is_no_plate_finds_nothing_and_does_no_harm() -> None:
    index = Index.of_codes(codes(["ABC123", "", "X"]))
    assert pairs_of(index, ["", "京", " ", "-"]) == []
    assert pairs_of(index, []) == []
    assert pairs_of(index, ["ABC123"]) == [(0, 0)]
    assert pairs_of(Index.build([]), ["ABC123", ""]) == []
    assert len(index) == 3
    assert len(Index.build([])) == 0


def test_rows_that_are_not_alive_are_no_candidates() -> None:
    plates = ["ABC123", "ABC124", "ABC125"]
    index = Index.of_codes(codes(plates), np.array([True, False, True]))
    assert pairs_of(index, ["ABC123"]) == [(0, 0), (0, 2)]
    assert len(index) == 3


def test_a_crowd_of_equal_plates_is_found_whole() -> None:
    index = Index.of_codes(codes(["1A2B3C"] * 5000 + ["9K9K9K"]))
    assert pairs_of(index, ["9K9K9K", "IAZ83C"]) == [(0, 5000), *((1, n) for n in range(5000))]


def test_many_rows_come_out_as_from_the_definition() -> None:
    """More rows than are made at once."""
    rng = np.random.default_rng(5)
    many = 300_000
    plates = np.zeros((many, 10), dtype=np.uint8)
    plates[:, :6] = rng.integers(1, 37, (many, 6))
    index = Index.of_codes(plates)
    asked = plates[:: many // 50].copy()
    asked[::2, 3] = 30
    at, rows = index.candidates(asked)
    pairs = list(zip(at.tolist(), rows.tolist(), strict=True))
    assert all(one < other for one, other in pairwise(pairs))

    def text(row: np.ndarray) -> str:
        return "".join(ALPHABET[code - 1] for code in row[row > 0].tolist())

    by_text: dict[str, list[int]] = {}
    for row, plate in enumerate(plates):
        by_text.setdefault(folded(text(plate), WIDE), []).append(row)
    for n, one in enumerate(asked):
        equal = by_text.get(folded(text(one), WIDE), [])
        assert {row for t, row in pairs if t == n} >= set(equal)
        assert (n, n * (many // 50)) in set(pairs)
    assert all(within_reach(text(asked[t]), text(plates[row])) for t, row in pairs)


@given(st.lists(texts, max_size=30), st.lists(texts, max_size=8))
def test_an_index_of_arrays_is_the_index_they_came_from(
    plates: list[str], asked: list[str]
) -> None:
    made = Index.build([entry(n, p, make="FORD") for n, p in enumerate(plates)])
    again = Index.of_arrays(
        {name: array.ravel() for name, array in made.arrays().items()}, made.categories
    )
    assert pairs_of(again, asked) == pairs_of(made, asked)
    assert (again.codes == made.codes).all()
    assert (again.facts == made.facts).all()
    assert again.categories == made.categories


@pytest.mark.parametrize("name", ["codes", "facts", "starts", "slots"])
def test_arrays_that_are_not_of_one_index_are_refused(name: str) -> None:
    """Compiled code would read beyond them."""
    made = Index.build([entry(n, f"P{n:06}") for n in range(500)]).arrays()
    fewer = {"starts": 2}.get(name, 1)
    for other in (made[name][:-fewer], made[name][:0], np.concatenate([made[name]] * 2)):
        with pytest.raises((ValueError, IndexError)):
            Index.of_arrays({**made, name: other})
    with pytest.raises(ValueError, match="one index"):
        Index.of_arrays({**made, "starts": np.zeros_like(made["starts"])})


def test_more_rows_than_a_slot_has_room_for_are_refused() -> None:
    made = Index.of_codes(codes(["ABC123"])).arrays()
    room = np.zeros((33, 10), dtype=np.uint8), np.zeros((33, 7), dtype=np.uint8)
    assert len(Index.of_arrays({**made, "codes": room[0][:32], "facts": room[1][:32]})) == 32
    with pytest.raises(ValueError, match="one index"):
        Index.of_arrays({**made, "codes": room[0], "facts": room[1]})


@pytest.mark.parametrize("rows", [31, 32, 33, 511, 512, 513, 1023, 1024, 4095, 4096, 4097])
@pytest.mark.parametrize("plates", [1, 31, 32, 33, 100_000])
def test_the_last_rows_are_found_at_every_size_of_the_buckets(rows: int, plates: int) -> None:
    many = np.zeros((rows, 10), dtype=np.uint8)
    many[-plates:, :6] = np.random.default_rng(rows).integers(1, 37, (min(plates, rows), 6))
    facts = np.full((rows, len(FACTS)), 127, dtype=np.uint8)
    index = Index.of_codes(many, None, facts)
    ends, pairs = index.found(many[-1:])
    assert rows - 1 in (pairs >> np.uint64(UNDER_ROW)).tolist()
    assert set(((pairs >> np.uint64(HOW_BITS + LEFT_BITS)) & np.uint64(127)).tolist()) == {127}
    assert ends.tolist() == [0, len(pairs)]


def test_an_index_in_a_read_only_mapping_is_searched(tmp_path: Path) -> None:
    made = Index.build([entry(n, f"P{n:06}") for n in range(500)])
    mapped = {}
    for name, array in made.arrays().items():
        np.save(tmp_path / name, array)
        mapped[name] = np.load(tmp_path / f"{name}.npy", mmap_mode="r")
    again = Index.of_arrays(mapped, made.categories)
    asked = ["P000123", "PO00499", "NOTHERE"]
    assert pairs_of(again, asked) == pairs_of(made, asked)
    assert (0, 123) in pairs_of(again, asked)


def test_facts_say_of_an_entry_what_a_score_needs() -> None:
    index = Index.build(
        [
            entry(0, "A1", state="KS", make="FORD", color="BLK/WHI", style="LL", plate_type="PC"),
            entry(1, "A2", category="amber", plate_type="MC"),
            entry(2, "A3", state="??", make="NO SUCH", color="", style="4D"),
        ]
    )
    assert index.categories == ("local", "amber")
    first, second, third = (dict(zip(FACTS, row, strict=True)) for row in index.facts.tolist())
    assert index.facts.tolist()[0] == list(facts_of("KS", "Ford", "BLK/WHI", "SUV", "PC"))
    assert first["color"] != first["color2"] != 0
    assert 0 not in (first["state"], first["make"], first["body"], first["plate_type"])
    assert (second["category"], first["category"]) == (1, 0)
    assert second["body"] == facts_of("", "", "", "MC", "")[4] != 0
    assert (third["state"], third["make"], third["color"], third["color2"]) == (0, 0, 0, 0)
    assert third["body"] != 0


def test_more_categories_than_a_byte_holds_are_refused() -> None:
    with pytest.raises(ValueError, match="categories"):
        Index.build([entry(n, "A1", category=f"c{n}") for n in range(257)])
