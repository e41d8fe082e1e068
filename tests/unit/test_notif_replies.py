"""What an officer's SMS means, and what it must never be taken for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.model import Reply
from alerts.raising_store import CODE_ALPHABET
from notifiers.replies import Said, meaning


@pytest.mark.parametrize(
    ("body", "reply"),
    [
        ("ACK 7K3QHTA", Reply.ACKNOWLEDGE),
        ("ack 7k3qhta.", Reply.ACKNOWLEDGE),
        ("7K3QHTA", Reply.ACKNOWLEDGE),
        ("  7k3qhta \n", Reply.ACKNOWLEDGE),
        ("7K3QHTA ok", Reply.ACKNOWLEDGE),
        ("GOING 7K3QHTA", Reply.GOING),
        ("7K3QHTA on my way!", Reply.GOING),
        ("NOT 7K3QHTA", Reply.NOT_THE_VEHICLE),
        ("Not the vehicle: 7K3QHTA", Reply.NOT_THE_VEHICLE),
        ("ＡＣＫ ７Ｋ３ＱＨＴＡ", Reply.ACKNOWLEDGE),  # full-width letters
    ],
)
def test_an_answer_and_its_code_are_understood(body: str, reply: Reply) -> None:
    assert meaning(body) == Said(reply, "7K3QHTA")


@pytest.mark.parametrize(
    "body",
    [
        "NOT GOING 7K3QHTA",  # must not recall
        "NOT 7K3QHTA 7K3QHTB",
        "NOT",
        "ACK",
        "",
        "I am not sure about 7K3QHTA",
        "HELP",
        "what is this",
        "\x00" * 50,
    ],
)
def test_what_is_not_plain_is_asked_again(body: str) -> None:
    assert meaning(body) == "help"


@pytest.mark.parametrize("body", ["STOP", "stop.", "Unsubscribe", "opt-out"])
def test_stop_is_noted(body: str) -> None:
    assert meaning(body) == "stop"


def test_start_is_understood() -> None:
    assert meaning("Start") == "start"


@given(st.text(max_size=3000))
def test_whatever_is_sent_has_a_meaning(body: str) -> None:
    said = meaning(body)
    if isinstance(said, Said) and said.reply is Reply.NOT_THE_VEHICLE:
        assert "NOT" in body.upper() or not body.isascii()


def test_every_code_that_alerts_are_given_is_recognised() -> None:
    for character in CODE_ALPHABET:
        assert meaning(character * 7) == Said(Reply.ACKNOWLEDGE, character * 7)
