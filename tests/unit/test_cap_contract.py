"""Whatever is done to CAP documents: no crash, every alert counted once."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotlists.cap.entries import Understood, understand
from hotlists.cap.lifecycle import State
from tests.cap_documents import alert, area, atom, document, info, reference, wrapped
from tests.unit.test_cap_documents import BOMBS

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
AT = "2026-11-21T22:00:00-06:00"

DOCUMENTS = [
    document(
        alert(
            info(
                "A blue 2014 Nissan Versa, Kansas license plate 482KTB, toward US-54.",
                parameters={"CMAMtext": "LIC/482KTB (KS) Blu Nissan"},
                areas=[area("Kansas", "37,-102 40,-102 40,-95 37,-95 37,-102", geocode="020000")],
            ),
            info("Nissan Versa azul 2014, placa de Kansas 482KTB.", language="es-US"),
        )
    ),
    wrapped(
        alert(info("white van, no plate", areas=[area("x", circle="38,-98 50")]), identifier="W"),
        alert(info("MO/7GH T21 or plate MO 7GH T2I"), identifier="M"),
        alert(info("A child was taken."), identifier="N"),
        alert(info("plate 482KTB", same="BLU"), identifier="B"),
    ),
    atom(
        alert(info("partial plate 7AB"), identifier="P"),
        alert(info("plate ABC1234"), identifier="Q", msg_type="Update", sent=AT,
              references=reference("P", "2026-11-21T21:00:00-06:00")),
        alert(identifier="R", msg_type="Cancel", sent=AT, references=reference("W", AT)),
        alert(info("plate 482KTB"), identifier="T", status="Exercise"),
        alert(info("plate 482KTB, ICE detainer"), identifier="I"),
    ),
    "".join(
        alert(info(text), identifier=text) for text in ("tag FL 12AB34", "LIC/ABC123")
    ).encode(),
]  # fmt: skip

Damage = Callable[[bytes, random.Random], bytes]


def _cut(data: bytes, dice: random.Random) -> bytes:
    return data[: dice.randrange(len(data))]


def _flip(data: bytes, dice: random.Random) -> bytes:
    spoiled = bytearray(data)
    for _ in range(dice.randint(1, 8)):
        spoiled[dice.randrange(len(spoiled))] = dice.randrange(256)
    return bytes(spoiled)


def _lose(data: bytes, dice: random.Random) -> bytes:
    start = dice.randrange(len(data))
    return data[:start] + data[start + dice.randint(1, 200) :]


def _twice(data: bytes, dice: random.Random) -> bytes:
    start = dice.randrange(len(data))
    end = start + dice.randint(1, 600)
    return data[:end] + data[start:end] + data[end:]


def _swap(data: bytes, dice: random.Random) -> bytes:
    pairs = [(b"Actual", b"Test"), (b"CAE", b"MEP"), (b"Alert<", b"Update<"), (b"2026", b"9999"),
             (b"-06:00", b""), (b"KTB", b"\xc3\x28"), (b"<info>", b"<info><info>"), (b",", b" "),
             (b"37", b"nan"), (b"plate", b"PLATE " * 500), (b"1.2", b"1.1"),
             (b"482", b"")]  # fmt: skip
    old, new = dice.choice(pairs)
    return data.replace(old, new, dice.choice([1, -1]))


def _shuffle(data: bytes, dice: random.Random) -> bytes:
    lines = data.replace(b"><", b">\n<").split(b"\n")
    one, other = dice.randrange(len(lines)), dice.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def _join(data: bytes, dice: random.Random) -> bytes:
    return data + dice.choice([b"", b"\n", b"\0", b"<"]) + dice.choice(DOCUMENTS)


DAMAGES: tuple[Damage, ...] = (_cut, _flip, _lose, _twice, _swap, _shuffle, _join)


def taken(documents: list[bytes], state: State) -> Understood:
    found = understand(documents, state, NOW, {})
    counted = found.accepted + sum(found.rejected.values()) + found.prohibited + found.asked
    assert counted == found.rows
    assert found.damaged >= 0
    for entry in found.entries:
        assert entry["plate"] or entry["pattern"] or entry["make"] or entry["style"]
        assert entry["key"]
        assert entry["expires_at"] > NOW.isoformat()
    for pending in found.pending:
        for question in pending.questions:
            assert all(0 <= s < e <= len(question.text) for s, e in question.marks)
    keys = [entry["key"] for entry in found.entries]
    assert len(keys) == len(set(keys))
    return found


def test_the_undamaged_documents_say_what_they_should() -> None:
    found = taken(DOCUMENTS, State())
    assert (found.rows, found.prohibited) == (12, 1)
    names = {entry["plate"] or entry["make"] or entry["style"] for entry in found.entries}
    assert names == {"482KTB", "ABC1234", "12AB34", "ABC123"}
    assert found.rejected["another kind of alert"] == 1


@pytest.mark.parametrize("number", range(len(DOCUMENTS)))
def test_two_hundred_damages(number: int) -> None:
    dice = random.Random(number)
    state = State()
    for _ in range(200):
        data = DOCUMENTS[number]
        for _ in range(dice.randint(1, 3)):
            data = dice.choice(DAMAGES)(data, dice) or b" "
        found = taken([data], state)
        assert found.rows >= 0
        state = found.state


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_beside_an_alert_costs_one_count(name: str) -> None:
    found = taken([DOCUMENTS[0], BOMBS[name].encode(), DOCUMENTS[3]], State())
    assert (found.rows, found.accepted, found.damaged) == (4, 3, 1)


def test_fifty_megabytes_beside_an_alert_cost_one_count() -> None:
    found = taken([b"<alerts>" + b"<a>x</a>" * 6_250_000, DOCUMENTS[3]], State())
    assert (found.rows, found.accepted, found.damaged) == (3, 2, 1)


def test_a_feed_of_thousands_stays_within_what_is_remembered() -> None:
    state = taken([DOCUMENTS[0]], State()).state
    for round_ in range(3):
        names = [f"{round_}-{n}" for n in range(1_900)]
        others = [
            alert(info("wind", same="HWW"), identifier=name, msg_type="Update", sent=AT,
                  references=reference(f"of {name}".replace(" ", ""), AT))
            for name in names
        ]  # fmt: skip
        found = taken([wrapped(*others)], state)
        assert found.rejected == {"another kind of alert": 1_900}
        assert [entry["plate"] for entry in found.entries] == ["482KTB"]
        state = found.state
    assert 3_000 <= len(state.alerts) <= 4_000


@given(st.lists(st.binary(max_size=200) | st.text(max_size=200).map(str.encode), max_size=4))
def test_bytes_of_any_kind(documents: list[bytes]) -> None:
    found = taken(documents, State())
    assert found.rows >= 0
    assert found.accepted <= found.rows


@given(st.text(max_size=200), st.text(max_size=40), st.text(max_size=40))
def test_texts_of_any_kind(text: str, headline: str, identifier: str) -> None:
    clean = "".join(c for c in text if c >= " ").encode("utf-8", "ignore").decode()
    name = "".join(c for c in identifier if c >= " ").encode("utf-8", "ignore").decode()
    head = "".join(c for c in headline if c >= " ").encode("utf-8", "ignore").decode()
    found = taken([document(alert(info(clean, headline=head), identifier=name))], State())
    assert found.rows == 1
