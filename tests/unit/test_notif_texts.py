"""What goes out by SMS: fixed words, a code and a link, in one segment."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadInput
from notifiers import texts

KINDS = [f"bolo.alert.{k}" for k in ("verified", "acknowledged", "recalled", "closed")]
CODES = st.text("ACDEFGHJKLMNPQRTUVWXY34679", min_size=7, max_size=7)
HOSTS = st.from_regex(r"[a-z]{1,20}(\.[a-z]{2,20}){1,2}", fullmatch=True)
WORDS = {
    "bolo", "verified", "alert", "late", "not", "live", "reply", "ack", "going", "or",
    "is", "acknowledged", "recalled", "do", "act", "on", "closed",
}  # fmt: skip


@given(kind=st.sampled_from(KINDS), code=CODES, host=HOSTS, late=st.booleans())
def test_a_text_is_one_segment_and_says_nothing_of_the_alert_but_code_and_link(
    kind: str, code: str, host: str, late: bool
) -> None:
    public = texts.check_public_url(f"https://{host}")
    text = texts.alert(kind, code, public, late=late)
    assert texts.septets(text) <= texts.SEGMENT
    link = f"{public}/a/{code}"
    assert text.count(link) == 1
    rest = text.replace(link, "").replace(code, "")
    assert set(re.findall(r"\w+", rest.lower())) <= WORDS


@given(url=st.text("abc.-/:", min_size=1, max_size=80).map(lambda t: "https://" + t))
def test_an_address_that_is_accepted_always_fits(url: str) -> None:
    try:
        public = texts.check_public_url(url)
    except BadInput:
        return
    for kind in KINDS:
        for late in (True, False):
            assert texts.septets(texts.alert(kind, "7K3QHTA", public, late=late)) <= texts.SEGMENT


def test_a_recall_says_so_in_its_first_words() -> None:
    text = texts.alert("bolo.alert.recalled", "7K3QHTA", "https://b.example.org")
    assert text == "bolo: RECALLED: do not act on 7K3QHTA. https://b.example.org/a/7K3QHTA"


def test_a_verified_alert_says_how_to_answer_and_a_late_one_does_not() -> None:
    text = texts.alert("bolo.alert.verified", "7K3QHTA", "https://b.example.org")
    assert text.endswith("Reply ACK 7K3QHTA, GOING 7K3QHTA or NOT 7K3QHTA")
    late = texts.alert("bolo.alert.verified", "7K3QHTA", "https://b.example.org", late=True)
    assert "LATE, not live" in late
    assert "Reply" not in late


@pytest.mark.parametrize(
    "url", ["b.example.org", "ftp://b.example.org", "https://" + "b" * 80, "https://bücher‽.de", ""]
)
def test_an_address_that_no_sms_can_carry_is_refused_by_name(url: str) -> None:
    with pytest.raises(BadInput):
        texts.check_public_url(url)


def test_gsm7_counts_brackets_twice() -> None:
    assert texts.septets("[::1]") == 7
    with pytest.raises(BadInput, match="GSM-7"):
        texts.septets("…")


def test_every_answer_is_one_segment() -> None:
    for understood in texts.UNDERSTOOD:
        assert texts.septets(texts.answer(understood, "7K3QHTA")) <= texts.SEGMENT
