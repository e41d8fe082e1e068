"""What most rows allow to be skipped is skipped for no other row."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotlists.blocks import blocks
from hotlists.category_cells import CategoryRules
from hotlists.chunks import Chunk
from hotlists.fact_columns import FactColumns
from hotlists.table_lines import _blank_beside
from matchers.facts import FACTS, make_fact
from policy.prohibited import why_prohibited

CELLS = st.text("AB \t\v\x1f", max_size=4)


@given(
    st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1),
    st.sampled_from(",;|\t"),
    st.sampled_from(["\n", ""]),
)
def test_a_cell_with_a_blank_around_it_is_never_taken_for_a_tidy_one(
    rows: list[list[str]], delimiter: str, end: str
) -> None:
    rows = [[cell.replace(delimiter, "") for cell in row] for row in rows]
    text = "A\n" + "\n".join(map(delimiter.join, rows)) + end
    tidy = all(cell == cell.strip() for row in rows for cell in row)
    assert (_blank_beside(delimiter).search(text) is None) == tidy


@given(st.text("VTICE09 -vtice\u00e9\uff36", max_size=12))
def test_an_origin_is_prohibited_by_the_same_rule_however_it_is_written(ori: str) -> None:
    assert CategoryRules().prohibited_origin(ori) == bool(why_prohibited("", ori))


@pytest.mark.parametrize("ori", ["VTICE0900", "vtice0901", "VTICE09", "VT ICE 09"])
def test_the_support_center_is_found(ori: str) -> None:
    assert CategoryRules().prohibited_origin(ori)


@given(st.lists(st.integers(0, 40), max_size=60), st.integers(1, 30))
def test_a_large_piece_comes_in_blocks_of_whole_lines(lengths: list[int], size: int) -> None:
    text = b"".join(b"%d" % (n % 10) * n + b"\n" for n in lengths)
    found = list(blocks([text], size))
    assert b"".join(block.data for block in found) == text
    assert all(not block.data or block.data.endswith(b"\n") for block in found)
    assert [block.last for block in found] == [False] * (len(found) - 1) + [True]
    assert max(len(block.data) for block in found) <= 2 * size + 82


MAKES = ["FORD", "FORD\0", "FORD\0\0\0\0\0", "F", "", "\0", "MERCEDES-BENZ"]


@given(st.lists(st.sampled_from(MAKES + ["x" * n for n in (14, 15, 16, 17, 40)])))
def test_a_make_of_any_length_has_its_own_number_when_it_comes_again(makes: list[str]) -> None:
    lines = "".join(f"{make}\tKS\n" for make in makes).encode()
    ids = np.zeros((len(makes), 16), dtype=np.uint8)
    reader = FactColumns()
    for _ in range(2):
        facts = reader.of(Chunk(("make", "state"), {}, ids, b" " * 10 * len(makes), lines))
        assert facts[:, FACTS.index("make")].tolist() == list(map(make_fact, makes))
