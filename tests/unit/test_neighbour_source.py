"""A neighbour's list: pulls laid over each other, and whatever a stranger may send."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from domain.errors import BadInput
from hotlists.guards import Limits, inspect
from hotlists.model import HotlistSource
from hotlists.neighbour import wire
from hotlists.neighbour.checking import LONGEST, checked
from hotlists.neighbour.memory import Memory, recalled
from hotlists.sources.neighbour import TOO_MANY
from policy.loading import preset, standard
from tests.lists import Taken, taken
from tests.neighbour_pages import ENDS, NOW, ORI, entry, key, page, pull

SOURCE = HotlistSource(UUID(int=7), "KS0190100", "Walnut", "neighbour")


def took(data: bytes, state: str = "", **settings: Any) -> Taken:
    return taken(data, source=SOURCE, settings=settings, now=NOW, state=state)


def plates(one: Taken) -> set[str]:
    return {e.plate for e in one.entries}


def first(count: int = 3) -> Taken:
    return took(pull(page(0, 5, *(entry(n) for n in range(count)))))


# --- pulls -----------------------------------------------------------------------------------


def test_a_first_pull_is_the_whole_list() -> None:
    one = first()
    assert plates(one) == {"000KTB", "001KTB", "002KTB"}
    assert (one.found.rows, one.found.accepted) == (3, 3)
    assert inspect(one.found, None, Limits()) == ()
    a = one.entries[0]
    assert (a.state, a.category, a.ori, a.oca, a.make) == (
        "KS", "stolen-vehicle", ORI, "26-00000", "HYUN",
    )  # fmt: skip
    assert a.expires_at is not None
    assert a.expires_at.isoformat() == ENDS
    assert a.priority == standard().categories["stolen-vehicle"].priority


def test_the_next_pull_adds_changes_and_withdraws() -> None:
    before = first()
    changed = entry(1, plate="XYZ999")
    one = took(
        pull(page(5, 9, entry(3), changed, withdrawn=[key(0), "never-seen"]), had=(5, "m5")),
        before.built.state,
    )
    assert plates(one) == {"XYZ999", "002KTB", "003KTB"}
    ids = {e.plate: e.entry_id for e in before.entries}
    now = {e.plate: e.entry_id for e in one.entries}
    assert now["XYZ999"] == ids["001KTB"], "the same record stays the same entry"
    assert now["002KTB"] == ids["002KTB"]
    kept = recalled(one.built.state)
    assert kept is not None
    assert (kept.cursor, kept.mark, set(kept.entries)) == (9, "m9", {key(1), key(2), key(3)})


def test_several_pages_are_one_pull_and_the_last_word_counts() -> None:
    one = took(
        pull(
            page(0, 2, entry(0), entry(1), more=True),
            page(2, 4, entry(2), withdrawn=[key(0)], more=True),
            page(4, 5, entry(0, plate="BACK1")),
        )
    )
    assert plates(one) == {"001KTB", "002KTB", "BACK1"}


def test_an_empty_list_is_ordinary() -> None:
    empty = took(pull(page(0, 0)))
    assert (empty.found.rows, empty.found.may_be_empty) == (0, True)
    assert inspect(empty.found, None, Limits()) == ()
    one = took(pull(page(5, 6, withdrawn=[key(0)]), had=(5, "m5")), first(1).built.state)
    assert one.entries == []
    assert inspect(one.found, None, Limits()) == ()


def test_a_pull_that_starts_over_replaces_everything() -> None:
    one = took(pull(page(0, 2, entry(8)), had=(5, "m5"), since=0), first().built.state)
    assert plates(one) == {"008KTB"}


REPLAYS = {
    "of the first pull": pull(page(0, 5, entry(0))),
    "of an older pull": pull(page(3, 5, withdrawn=[key(1)]), had=(3, "m3")),
    "of another history": pull(page(5, 6, withdrawn=[key(1)]), had=(5, "other")),
    "in the middle": pull(page(4, 6, entry(7)), had=(5, "m5"), since=4),
    "a page is missing": pull(
        page(5, 6, entry(7), more=True), page(7, 8, entry(8)), had=(5, "m5")
    ),
    "a page comes twice": pull(
        page(5, 6, entry(7), more=True), page(5, 6, entry(7), more=True), page(6, 7), had=(5, "m5")
    ),
    "the last page is missing": pull(page(5, 6, entry(7), more=True), had=(5, "m5")),
    "pages after the last": pull(page(5, 6), page(6, 7), had=(5, "m5")),
    "another agency": pull(page(5, 6, agency="MO0480100"), had=(5, "m5")),
    "two agencies": pull(
        page(5, 6, more=True), page(6, 7, agency="MO0480100"), had=(5, "m5")
    ),
    "another version": pull(page(5, 6, version=2), had=(5, "m5")),
    "no page": pull(had=(5, "m5")),
    "a cursor that goes back": pull(page(5, 3, entry(7)), had=(5, "m5")),
    "a cursor that stands still": pull(
        page(5, 5, more=True), page(5, 6), had=(5, "m5")
    ),
    "nothing at all": b"",
    "blank lines": b"\n\n\n",
    "not JSON": b"\x00\xff" * 40,
    "a page of too many": pull(page(5, 6, withdrawn=["k"] * (wire.MOST + 1)), had=(5, "m5")),
    "a mark without end": pull(page(5, 6, mark="m" * 100), had=(5, "m5")),
    "deep": b'{"had":' + b"[" * 100_000 + b"\n",
}  # fmt: skip


@pytest.mark.parametrize("name", REPLAYS)
def test_what_is_not_the_next_pull_as_a_whole_does_not_count(name: str) -> None:
    one = took(REPLAYS[name], first().built.state)
    assert one.entries == []
    assert one.built.state == "", "nothing of it is remembered"
    finding = inspect(one.found, None, Limits())[0]
    assert (finding.guard, finding.final) == ("unreadable", True)


def test_a_memory_that_cannot_be_read_is_as_good_as_none() -> None:
    assert recalled("{") is None
    assert recalled('{"agency": 1}') is None
    assert plates(took(pull(page(0, 5, entry(0))), "{")) == {"000KTB"}


# --- one entry -------------------------------------------------------------------------------

BAD: dict[str, tuple[Any, str]] = {
    "no key": (entry(1, key=""), "no usable key"),
    "key of a megabyte": (entry(1, key="k" * 15_000), "no usable key"),
    "a number for a key": (entry(1, key=7), "cannot be read"),
    "a list for a plate": (entry(1, plate=["A"]), "cannot be read"),
    "no category": (entry(1, category=" "), "no category"),
    "plate and pattern": (entry(1, pattern="7AB*"), "both"),
    "a plate that says there is none": (entry(1, plate="UNK"), "LIC"),
    "a plate of signs": (entry(1, plate="- -"), "LIC"),
    "a pattern of one": (entry(1, plate=None, pattern="A*"), "fewer than"),
    "no state": (entry(1, state="QQ7"), "state"),
    "an endless reason": (entry(1, reason="x " * 2_000), "reason is too long"),
    "larger than any": (entry(1, reason="x" * 20_000), "16 KB"),
    "no zone": (entry(1, expires_at="2026-12-01T00:00:00"), "time zone"),
    "no moment": (entry(1, expires_at="tomorrow"), "cannot be read"),
    "ends before it begins": (entry(1, since="2030-01-01T00:00:00Z"), "ends before"),
    "no plate, nothing said": (entry(1, plate=None, make=None), "too little"),
    "no plate, nowhere": (entry(1, plate=None), "area and a time window"),
    "off the earth": (
        entry(1, area={"latitude": 91, "longitude": 0, "radius": 100}), "on the earth",
    ),
    "an infinite radius": (
        entry(1, area={"latitude": 1, "longitude": 0, "radius": 1e300}), "on the earth",
    ),
    "text": ("482KTB", "cannot be read"),
    "null": (None, "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_spoiled_entry_is_rejected_with_a_reason_and_takes_no_other_along(name: str) -> None:
    bad, why = BAD[name]
    one = took(pull(page(0, 5, entry(0), bad, entry(2))))
    assert plates(one) == {"000KTB", "002KTB"}
    (reason,) = one.found.rejected
    assert why in reason
    assert (one.found.rows, one.found.accepted) == (3, 2)


def test_a_changed_entry_that_cannot_be_used_is_no_longer_looked_for_as_it_was() -> None:
    one = took(pull(page(5, 6, entry(1, plate="UNK")), had=(5, "m5")), first().built.state)
    assert plates(one) == {"000KTB", "002KTB"}
    assert sum(one.found.rejected.values()) == 1


PROHIBITED = [
    entry(1, reason="ICE detainer, hold for pickup"),
    entry(1, caution="DEPORTED FELON"),
    entry(1, category="immigration"),
    entry(1, category="parking"),
    entry(1, reason="My ex-wife's car"),
    entry(1, ori="VTICE0900"),
    entry(1, remarks={"inner": ["x", "IMMIGRATION VIOLATOR FILE"]}),
    entry(1, mke="EDF"),
]


@pytest.mark.parametrize("wanted", PROHIBITED, ids=lambda w: str(sorted(w.items())[-1]))
def test_what_is_prohibited_is_dropped_counted_and_kept_nowhere(wanted: dict[str, Any]) -> None:
    one = took(pull(page(5, 6, entry(8), wanted), had=(5, "m5")), first().built.state)
    assert plates(one) == {"000KTB", "002KTB", "008KTB"}, "the one before is gone, too"
    assert (one.found.prohibited, one.found.accepted, one.found.rows) == (1, 3, 4)
    assert b"001KTB" not in one.original
    assert "001KTB" not in one.built.state
    assert b"008KTB" in one.original


def test_the_categories_are_those_of_our_policy() -> None:
    one = took(
        pull(page(0, 5, entry(0), entry(1, category="cold-case"))), category="felony-vehicle"
    )
    by_plate = {e.plate: e for e in one.entries}
    assert by_plate["001KTB"].category == "felony-vehicle"
    assert by_plate["001KTB"].priority == standard().categories["felony-vehicle"].priority
    assert one.found.unknown == {"cold-case": 1}


def test_a_category_that_may_be_a_plate_is_not_repeated() -> None:
    one = took(pull(page(0, 5, entry(0, category="482KTB"), entry(1, category="ktb482"))))
    assert one.found.unknown == {"unreadable": 2}
    many = [entry(n, category=f"kind-{chr(97 + n // 26)}{chr(97 + n % 26)}") for n in range(60)]
    one = took(pull(page(0, 5, *many)))
    assert len(one.found.unknown) == 20
    assert sum(one.found.unknown.values()) == 60


def test_a_default_category_that_our_policy_lacks_is_our_mistake() -> None:
    with pytest.raises(BadInput, match="no category"):
        took(pull(page(0, 5, entry(0))), category="nonsense")


def test_no_entry_is_without_an_end_or_has_one_too_far_away() -> None:
    policy = standard()
    one = checked(msgspec.json.encode(entry(0, expires_at=None)), policy, NOW)
    days = policy.categories["stolen-vehicle"].max_days
    assert one.cells["expires_at"] == (NOW + timedelta(days=days)).isoformat()
    far = checked(msgspec.json.encode(entry(0, expires_at="9998-01-01T00:00:00Z")), policy, NOW)
    assert far.cells["expires_at"] == (NOW + LONGEST).isoformat()
    strange = checked(msgspec.json.encode(entry(0, expires_at=None, category="x")), policy, NOW)
    assert strange.cells["expires_at"] > NOW.isoformat()


def test_what_has_ended_is_let_go_at_the_next_pull() -> None:
    soon = (NOW + timedelta(minutes=5)).isoformat()
    before = took(pull(page(0, 5, entry(0, expires_at=soon), entry(1))))
    later = taken(
        pull(page(5, 6, entry(2)), had=(5, "m5")),
        source=SOURCE,
        settings={},
        now=NOW + timedelta(minutes=5),
        state=before.built.state,
    )
    assert plates(later) == {"001KTB", "002KTB"}
    assert later.found.rows == 2


def test_characters_that_nobody_sees_are_taken_out() -> None:
    one = took(pull(page(0, 5, entry(0, reason="left\u202e\ttwo\x00\ncars \u200b"))))
    assert one.entries[0].reason == "left two cars"


def test_a_vehicle_without_a_plate_and_a_pattern_are_taken() -> None:
    area = {"latitude": 37.2, "longitude": -96.9, "radius": 5000, "name": "Cedar\tFalls"}
    one = took(
        pull(
            page(0, 5, entry(0, plate=None, area=area, since=NOW.isoformat()),
                 entry(1, plate=None, pattern="7ab*", state="Missouri"))
        )
    )  # fmt: skip
    described, pattern = one.entries
    assert described.area is not None
    assert (described.area.name, described.plate) == ("Cedar Falls", "")
    assert (pattern.pattern, pattern.state) == ("7AB*", "MO")


def test_the_list_is_bounded() -> None:
    full = Memory(
        agency=ORI, name="x", cursor=5, mark="m5",
        entries={f"k{n}": {"category": "local", "plate": "A1", "expires_at": ENDS}
                 for n in range(wire.ENTRIES - 1)},
    ).text()  # fmt: skip
    one = took(pull(page(5, 6, entry(0), entry(1), entry(2)), had=(5, "m5")), full)
    assert one.found.accepted == wire.ENTRIES
    assert one.found.rejected == {TOO_MANY: 2}


def test_a_line_without_end_and_a_pull_without_end_are_refused() -> None:
    one = taken((b"x" * (1 << 20) for _ in range(12)), source=SOURCE, settings={}, now=NOW)
    assert inspect(one.found, None, Limits())[0].guard == "unreadable"
    lines = (b"{}\n" * 4096 for _ in range(1000))
    assert took(b"".join(lines)).entries == []


def test_our_policy_decides_where_virginia_receives() -> None:
    rules = preset("virginia")
    one = checked(msgspec.json.encode(entry(0, category="trafficking")), rules, NOW)
    assert one.cells["category"] == "trafficking"


# --- damage ----------------------------------------------------------------------------------


def _hurt(data: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(data))
    length = dice.randint(1, 300)
    kind = dice.randrange(7)
    if kind == 0:
        return data[:at]
    if kind == 1:
        return data[:at] + data[at + length :]
    if kind == 2:
        return data[: at + length] + data[at:]
    if kind == 3:
        return data[:at] + dice.randbytes(dice.randint(1, 12)) + data[at:]
    if kind == 4:
        lines = data.splitlines(keepends=True)
        dice.shuffle(lines)
        return b"".join(lines)
    if kind == 5:
        old, new = dice.choice(
            [(b'"more":true', b'"more":false'), (b"KTB", b"\xc3\x28"), (b'"key"', b'"kee"'),
             (b"2026", b"99999"), (b":", b""), (b"stolen", b"ICE detainer"), (b"[", b"[[[["),
             (b"00000000-", b""), (b'"plate"', b'"pattern"'), (b"\n", b"\r"), (b"5", b"-5")]
        )  # fmt: skip
        return data.replace(old, new, dice.randint(1, 20))
    flipped = bytearray(data)
    for _ in range(dice.randint(1, 30)):
        flipped[dice.randrange(len(flipped))] ^= 1 << dice.randrange(8)
    return bytes(flipped)


def test_two_hundred_damages_never_crash_and_count_every_row() -> None:
    state = first().built.state
    good = pull(
        page(5, 7, *(entry(n) for n in range(10, 40)), more=True, withdrawn=[key(1)]),
        page(7, 9, *(entry(n) for n in range(40, 60)), more=True),
        page(9, 12, *(entry(n) for n in range(60, 70)), withdrawn=[key(12)]),
        had=(5, "m5"),
    )
    assert took(good, state).found.accepted == 61
    counted: dict[str, int] = {"whole": 0, "some": 0, "none": 0}
    for seed in range(200):
        dice = random.Random(seed)
        hurt = good
        for _ in range(dice.randint(1, 3)):
            hurt = _hurt(hurt, dice) or b"\n"
        one = took(hurt, state)  # accepted + rejected + prohibited = rows, or it raises
        objected = inspect(one.found, None, Limits())
        if one.found.unreadable:
            counted["none"] += 1
            assert not one.entries
            assert not one.built.state
            assert objected[0].final
        else:
            kept = recalled(one.built.state)
            assert kept is not None
            assert len(kept.entries) == one.found.accepted
            counted["some" if one.found.rejected or one.found.prohibited else "whole"] += 1
    assert min(counted.values()) > 0, counted
