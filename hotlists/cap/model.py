"""The words of a CAP message, as far as a hotlist needs them.

Source: Common Alerting Protocol 1.2 (OASIS, 2010), its schema and data dictionary. Times are aware
UTC. Texts are as the sender wrote them, without leading and trailing blanks.
"""

from __future__ import annotations

from datetime import datetime

import msgspec


class Reference(msgspec.Struct, frozen=True):
    """One "sender,identifier,sent" of `references`. `sent` is None where it cannot be read."""

    sender: str
    identifier: str
    sent: datetime | None = None


class CapArea(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where an info is meant. Polygons are (latitude, longitude); circles add a radius in km."""

    name: str = ""
    polygons: tuple[tuple[tuple[float, float], ...], ...] = ()
    circles: tuple[tuple[float, float, float], ...] = ()
    geocodes: tuple[tuple[str, str], ...] = ()


class CapInfo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One `info` block: the alert in one language."""

    language: str = "en-US"
    event: str = ""
    codes: tuple[tuple[str, str], ...] = ()  # eventCode: (valueName, value)
    urgency: str = ""
    effective: datetime | None = None
    onset: datetime | None = None
    expires: datetime | None = None
    sender_name: str = ""
    headline: str = ""
    description: str = ""
    instruction: str = ""
    contact: str = ""
    web: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    areas: tuple[CapArea, ...] = ()

    def parameter(self, name: str) -> str:
        """The first parameter of that name, whatever its case; "" when there is none."""
        return next((v for n, v in self.parameters if n.casefold() == name.casefold()), "")


class CapAlert(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One CAP message. Without infos it is a stub that only ends or replaces others."""

    identifier: str
    sender: str
    sent: datetime
    status: str
    msg_type: str
    scope: str = ""
    references: tuple[Reference, ...] = ()
    infos: tuple[CapInfo, ...] = ()

    @property
    def name(self) -> tuple[str, str]:
        """What messages refer to each other by: sender and identifier."""
        return self.sender, self.identifier

    def texts(self) -> tuple[str, ...]:
        """Everything that a person wrote, for the question whether it may be held at all."""
        said = [self.sender]
        for info in self.infos:
            said += [info.event, info.sender_name, info.headline, info.description]
            said += [info.instruction, info.contact, info.web]
            said += [text for pair in (*info.codes, *info.parameters) for text in pair]
            said += [area.name for area in info.areas]
        return tuple(text for text in said if text)
