"""What is known before looking: how much is wanted, and how often this camera errs."""

from __future__ import annotations

from math import exp

from domain.read import Read
from matchers import weights
from matchers.evidence import Feature
from matchers.scales import Scales
from matchers.series import known
from matchers.state_words import state_word
from matchers.watch import Traffic


def prior_feature(scales: Scales, state: str) -> Feature:
    """How seldom a read is of one certain entry's vehicle, for an entry of this state (NCIC code,
    "" unknown)."""
    traffic = scales.memory.traffic
    listed = "1 vehicle is" if scales.wanted == 1 else f"{scales.wanted:,} vehicles are"
    among = f", {scales.listed(state):,} of them from {state_word(state)}" if known(state) else ""
    words = f"{wanted_words(traffic)}; {listed} wanted{among}{_at_most(scales, state)}"
    return before_looking(words, scales.prior(state))


def before_looking(words: str, prior: float) -> Feature:
    """The feature of what is known without the read."""
    return Feature(
        name="before looking",
        words=words,
        expected="",
        seen="",
        weight=prior,
        verdict="no answer",
    )


def _at_most(scales: Scales, state: str) -> str:
    """What stands in for the share of a short list: no vehicle is in more of its state's reads."""
    traffic = scales.memory.traffic
    if traffic.wanted_share / scales.listed(state) <= traffic.entry_share:
        return ""
    often = two_digits(1 / traffic.entry_share)
    whose = "its state's reads" if known(state) else "the reads"
    return f"; one vehicle is expected in no more than 1 in {often:,.0f} of {whose}"


def wanted_words(traffic: Traffic) -> str:
    """How often a read is of a wanted vehicle, and who says so: the standard, the agency's own
    verifications beside it, or (where they weigh more) they."""
    if not traffic.own:
        return f"About 1 read in {round(1 / traffic.wanted_share):,} is of a wanted vehicle"
    often = two_digits(1 / traffic.wanted_share)
    whose = "as your own" if traffic.own >= 0.5 else "as the standard and your own"
    said = f"About 1 read in {often:,.0f} here is of a wanted vehicle"
    said += f", {whose} reads and verifications say"
    a_day = two_digits(traffic.reads_a_day)
    return f"{said}; about {a_day:,.0f} reads a day" if a_day else said


def two_digits(number: float) -> float:
    """The number with two digits that count: what is only known roughly is told so."""
    return float(f"{number:.2g}")


def camera_weight(read: Read, scales: Scales) -> float:
    """ln of how many times likelier than others this camera is to misread, bounded."""
    learned = scales.memory.cameras.get(read.camera, 0.0)
    return min(weights.CAMERA_BOUND, max(-weights.CAMERA_BOUND, learned))


def camera_feature(read: Read, scales: Scales) -> Feature:
    """The camera's own error rate, as learned from verifications; for a text that was misread."""
    weight = camera_weight(read, scales)
    return Feature(
        name="camera's record",
        words=f"This camera misreads {exp(weight):.1f} times as often as usual",
        expected="",
        seen="",
        weight=weight,
        verdict="no answer",
    )
