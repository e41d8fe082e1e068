"""Tokens and cameras: the rules."""

from __future__ import annotations

import pytest

from cameras.intake import partition_of
from cameras.registry import IntakeToken, checked_label, digest, looks_like_token, new_token
from cameras.states import from_postal, from_region
from domain.errors import BadInput, NotAllowed


def test_a_token_is_random_and_only_its_digest_is_kept() -> None:
    one, other = new_token(), new_token()
    assert one != other
    assert one.startswith("bolo_")
    assert looks_like_token(one)
    assert len(digest(one)) == 32
    assert not any(map(looks_like_token, ("", "bolo_", one[:-1], one + "x", "x" + one)))


def test_a_cameras_token_reports_its_own_camera_and_a_gateways_any() -> None:
    IntakeToken("KS0190100", "gate-1", "gate").check("gate-1")
    IntakeToken("KS0190100", None, "gateway").check("gate-2")
    with pytest.raises(NotAllowed, match=r"reads\[1\]\.camera"):
        IntakeToken("KS0190100", "gate-1", "gate").check("gate-2", "reads[1].camera")


@pytest.mark.parametrize("label", ["", " ", "x" * 101, "two\nlines"])
def test_a_label_is_one_line(label: str) -> None:
    with pytest.raises(BadInput):
        checked_label(label)


def test_states_are_ncic_codes() -> None:
    assert [from_region(r) for r in ("us-ca", "us-ne", "US-KS", "ca-on", "ca-nb", "us-pr")] == [
        "CA",
        "NB",
        "KS",
        "ON",
        "NK",
        "PR",
    ]
    assert from_postal("ne") == from_postal("NB") == "NB"


def test_a_camera_has_the_partition_that_kafkas_own_clients_give_its_key() -> None:
    # Of the Java client's murmur2, from Apache Kafka's own UtilsTest: "21" is -973932308.
    assert partition_of("21", 8) == (-973932308 & 0x7FFFFFFF) % 8
    assert {partition_of(f"cam-{n}", 8) for n in range(100)} == set(range(8))
