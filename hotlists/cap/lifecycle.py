"""Which alerts are in force: updates, cancellations, expiry, in whatever order messages came.

A chain is every message tied by references (of an Update or a Cancel) or by the same sender and
identifier. **The latest message of a chain stands alone**: it replaces all the others, whether or
not it names each of them (senders often name the first one only, and an Update between may never
have arrived). So a Cancel before its Alert, an Update of an Update and a message twice come to the
same end in any order. A later Alert with the same identifier is in force again.

The chain is named after its earliest message, known or only referred to, so its name survives the
Updates. It can change in one case: the first messages come later than an Update that does not name
them.

An alert holds until the last of its infos expires, since the languages of one alert are one alert.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from hotlists.cap.model import CapAlert
from hotlists.cap.settings import CapSettings

KEPT = timedelta(days=14)
"""How long the messages of a chain are remembered after its last one was sent and ended."""
MAX_REMEMBERED = 4_000
AHEAD = timedelta(days=1)
"""A message sent further in the future has a wrong clock and would shut out all later ones."""

_RANK = {"Alert": 0, "Update": 1, "Cancel": 2}
_Name = tuple[str, str]


class Answer(msgspec.Struct, frozen=True):
    """What a person said to a pending question: the numbers of the candidates that are meant."""

    chosen: tuple[int, ...]
    at: datetime


class State(msgspec.Struct, frozen=True):
    """What is remembered between refreshes: messages, and the answers of people by question."""

    alerts: tuple[CapAlert, ...] = ()
    answers: Mapping[str, Answer] = {}


class Chain(msgspec.Struct, frozen=True):
    """The messages of one alert, earliest first, and the name that stays the same."""

    key: str
    messages: tuple[CapAlert, ...]

    @property
    def last(self) -> CapAlert:
        return self.messages[-1]


def order(alert: CapAlert) -> tuple[datetime, int, str, str]:
    """Messages in the order in which they hold; of the same second, a Cancel is the last."""
    return alert.sent, _RANK.get(alert.msg_type, 0), alert.sender, alert.identifier


def chains(alerts: Iterable[CapAlert]) -> list[Chain]:
    """All chains, by their earliest message. A name stands for all its versions."""
    by_name: dict[_Name, dict[tuple[datetime, str], CapAlert]] = {}
    for alert in alerts:
        by_name.setdefault(alert.name, {})[alert.sent, alert.msg_type] = alert
    bare: dict[str, _Name] = {}
    for name in by_name:
        bare.setdefault(name[1], name)
    parents: dict[_Name, _Name] = {name: name for name in by_name}
    heard: dict[_Name, datetime] = {}  # names only referred to, and when they say they were sent

    def top(name: _Name) -> _Name:
        while parents[name] != name:
            parents[name] = parents[parents[name]]
            name = parents[name]
        return name

    for name, versions in by_name.items():
        for alert in versions.values():
            if alert.msg_type not in ("Update", "Cancel"):
                continue
            for ref in alert.references:
                other = (ref.sender, ref.identifier)
                if other not in by_name and not ref.sender:
                    other = bare.get(ref.identifier, other)
                parents.setdefault(other, other)
                if other not in by_name:
                    at = min(ref.sent or alert.sent, alert.sent)
                    heard[other] = min(at, heard.get(other, at))
                parents[top(name)] = top(other)
    groups: dict[_Name, list[_Name]] = {}
    for name in parents:
        groups.setdefault(top(name), []).append(name)
    found = []
    for names in groups.values():
        messages = sorted((a for n in names for a in by_name.get(n, {}).values()), key=order)
        firsts = [(a.sent, a.name) for a in messages[:1]]
        firsts += [(heard[n], n) for n in names if n in heard]
        found.append(Chain("|".join(min(firsts)[1]), tuple(messages)))
    return sorted(found, key=lambda chain: order(chain.messages[0]))


def expiry(alert: CapAlert, settings: CapSettings) -> datetime:
    """From when the alert no longer holds."""
    said = [info.expires for info in alert.infos if info.expires is not None]
    end = max(said) if said else later(alert.sent, settings.without_expiry)
    return min(end, later(alert.sent, settings.longest))


def later(moment: datetime, by: timedelta) -> datetime:
    """`moment + by`, or the end of the calendar."""
    try:
        return moment + by
    except OverflowError:
        return datetime.max.replace(tzinfo=moment.tzinfo)


def remembered(found: Iterable[Chain], now: datetime) -> tuple[CapAlert, ...]:
    """The messages worth keeping for the next refresh.

    When there are too many, chains of stubs go first (a feed of other alerts has many), then the
    oldest ones.
    """
    kept: list[CapAlert] = []
    newest = sorted(found, key=lambda chain: (_says(chain), order(chain.last)), reverse=True)
    for chain in newest:
        ends = [i.expires for a in chain.messages for i in a.infos if i.expires is not None]
        last = max([chain.last.sent, *ends])
        if later(last, KEPT) < now and later(chain.last.sent, KEPT) < now:
            continue
        if len(kept) + len(chain.messages) > MAX_REMEMBERED:
            break
        kept += chain.messages
    return tuple(sorted(kept, key=order))


def _says(chain: Chain) -> bool:
    return any(alert.infos for alert in chain.messages)


def stub(alert: CapAlert) -> CapAlert:
    """The message without what it says: enough to end or replace others."""
    return msgspec.structs.replace(alert, infos=())
