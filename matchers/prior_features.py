"""What is known before looking: how much is wanted, and how often this camera errs."""

from __future__ import annotations

from math import exp

from domain.read import Read
from matchers import weights
from matchers.evidence import Feature
from matchers.scales import Scales
from matchers.series import known
from matchers.state_words import state_word


def prior_feature(scales: Scales, state: str) -> Feature:
    """How seldom a read is of one certain entry's vehicle, for an entry of this state (NCIC code,
    "" unknown)."""
    often = round(1 / weights.WANTED_SHARE)
    listed = "1 vehicle is" if scales.wanted == 1 else f"{scales.wanted:,} vehicles are"
    among = f", {scales.listed(state):,} of them from {state_word(state)}" if known(state) else ""
    return Feature(
        name="before looking",
        words=f"About 1 read in {often:,} is of a wanted vehicle; {listed} wanted{among}",
        expected="",
        seen="",
        weight=scales.prior(state),
        verdict="no answer",
    )


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
