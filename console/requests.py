"""What people ask for: the bodies of the API's POSTs, and the forms of the pages."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from alerts.model import Outcome, RejectReason, Reply, SecondSource


class Asked(BaseModel):
    """The base of all requests: an unknown field is an error, not a silent loss."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class VerifyAsked(Asked):
    """The second source and its reference number are required."""

    source: SecondSource
    reference: str = Field(min_length=1, max_length=100, examples=["KQ-7731-0412"])


class LookAsked(Asked):
    """What you read off the pictures: "?" for a character you cannot read, state "" when you cannot
    see it. `unread` is "yes" when you cannot read the plate at all, or no picture came."""

    state: str = Field(default="", max_length=2, pattern=r"^[A-Za-z]*$", examples=["KS"])
    plate: str = Field(default="", max_length=20, examples=["482KTB"])
    unread: Literal["", "yes"] = ""


class RejectAsked(Asked):
    """A reason is required."""

    reason: RejectReason
    note: str = Field(default="", max_length=500)


class RecallAsked(Asked):
    """Everyone who was told reads the reason, except over SMS."""

    reason: str = Field(min_length=1, max_length=300)


class CloseAsked(Asked):
    """How it ended in the field."""

    outcome: Outcome
    note: str = Field(default="", max_length=500)


class ReplyAsked(Asked):
    """An officer's answer; any of them acknowledges, "not the vehicle" recalls."""

    answer: Reply
