"""From CAP documents to entries as data: the one door of this package.

`understand` counts every alert of the documents once: accepted + rejected + prohibited + pending is
the number of alerts, always. It raises for nothing that is in a document.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from domain.clock import as_utc
from hotlists.cap import lifecycle
from hotlists.cap.area import bounding_circle
from hotlists.cap.chains import Told, told
from hotlists.cap.documents import read_documents
from hotlists.cap.kinds import category_of, code_of, is_test, taken
from hotlists.cap.lifecycle import Answer, Chain, State
from hotlists.cap.model import CapAlert
from hotlists.cap.pending import Fields, Pending, confirm, fields_of, question_key
from hotlists.cap.settings import CapSettings, settings_of
from hotlists.cap.vehicles import Vehicle
from policy.prohibited import said_in

TEST = "a test alert"
ANOTHER_KIND = "another kind of alert"
ANSWERING = "an acknowledgement or an error message"
CANCELS = "it cancels an alert"
NO_INFO = "it has no info block"
REPLACED = "replaced or cancelled by a later message"
EXPIRED = "expired"
AGAIN = "the same message again"
NO_VEHICLE = "no vehicle in it"
AHEAD = "sent lies more than a day ahead"
DISMISSED = "a person found no vehicle in it"

ORDINARY = frozenset(
    {TEST, ANOTHER_KIND, ANSWERING, CANCELS, REPLACED, EXPIRED, AGAIN, NO_VEHICLE, DISMISSED}
)
"""Reasons that are no sign of damage."""

MAX_REASON = 400


class Shown(msgspec.Struct, frozen=True):
    """An alert in force of which no entry could be made, for a person to see."""

    identifier: str
    sender: str
    headline: str
    why: str


class Understood(msgspec.Struct, frozen=True, kw_only=True):
    """What the documents and the state come to at one moment.

    `entries` and `pending` are of every alert in force, from the documents or remembered (`carried`
    of them). The counts are of the alerts in the documents alone: one whose vehicles are partly in
    doubt is pending, though it has entries as well. `kinds` counts the SAME codes of alerts
    that are not taken.
    """

    entries: tuple[Fields, ...]
    pending: tuple[Pending, ...]
    shown: tuple[Shown, ...]
    state: State
    rows: int = 0
    accepted: int = 0
    prohibited: int = 0
    asked: int = 0
    rejected: dict[str, int] = msgspec.field(default_factory=dict)
    kinds: dict[str, int] = msgspec.field(default_factory=dict)
    carried: int = 0

    @property
    def ignored(self) -> int:
        """How many of the rejected are so in the ordinary course of things."""
        return sum(n for why, n in self.rejected.items() if why in ORDINARY)

    @property
    def damaged(self) -> int:
        """How many of the rejected could not be understood."""
        return sum(self.rejected.values()) - self.ignored


def understand(
    documents: Iterable[bytes],
    known: State,
    now: datetime,
    settings: Mapping[str, Any] | CapSettings,
) -> Understood:
    """Entries, questions and counts at `now` (aware). See the module's guarantee.

    Raises BadInput and Prohibited for what is wrong in the settings, ValueError for a naive `now`.
    """
    chosen = settings if isinstance(settings, CapSettings) else settings_of(settings)
    return _Run(chosen, as_utc(now).astimezone(UTC)).over(documents, known)


def answered(state: State, pending: Pending, chosen: Iterable[int], now: datetime) -> State:
    """The state with a person's answer: the candidates that are meant, none of them for none."""
    answer = Answer(tuple(sorted(set(chosen))), now)
    return msgspec.structs.replace(state, answers={**state.answers, pending.key: answer})


class _Run:
    def __init__(self, settings: CapSettings, now: datetime) -> None:
        self._settings = settings
        self._now = now
        self._rejected: dict[str, int] = {}
        self._kinds: dict[str, int] = {}
        self._entries: list[Fields] = []
        self._pending: list[Pending] = []
        self._shown: list[Shown] = []
        self._answers: Mapping[str, Answer] = {}

    def over(self, documents: Iterable[bytes], known: State) -> Understood:
        self._answers = known.answers
        rows = prohibited = 0
        fresh: dict[tuple[str, str, datetime, str], CapAlert] = {}
        for found in read_documents(documents):
            rows += 1
            why = found if isinstance(found, str) else ""
            if not isinstance(found, str):
                if said_in("\n".join(found.texts()), found.texts()):
                    prohibited += 1
                    continue
                why = self._why_not(found)
                key = (*found.name, found.sent, found.msg_type)
                if why in ("", CANCELS, ANOTHER_KIND) and key in fresh:
                    why = AGAIN
                elif why in ("", CANCELS) or self._replaces(found, why):
                    only = taken(found, self._settings) if not why else None
                    fresh[key] = only or lifecycle.stub(found)
            if why:
                self._reject(why)
        old = {
            (*a.name, a.sent, a.msg_type): taken(a, self._settings) or lifecycle.stub(a)
            for a in known.alerts
        }
        every = {**old, **fresh}
        chains = lifecycle.chains(every.values())
        accepted = asked = carried = 0
        for chain in chains:
            outcome = self._outcome(chain)
            for message in chain.messages:
                new = (*message.name, message.sent, message.msg_type) in fresh
                if not new or not message.infos:  # stubs were counted when they were read
                    carried += (
                        message is chain.last
                        and bool(message.infos)
                        and outcome in ("accepted", "asked")
                    )
                    continue
                if message is not chain.last:
                    self._reject(REPLACED)
                elif outcome == "accepted":
                    accepted += 1
                elif outcome == "asked":
                    asked += 1
                else:
                    self._reject(outcome)
        state = State(lifecycle.remembered(chains, self._now), self._kept_answers())
        return Understood(
            entries=tuple(self._entries), pending=tuple(self._pending), shown=tuple(self._shown),
            state=state, rows=rows, accepted=accepted, prohibited=prohibited, asked=asked,
            rejected=self._rejected, kinds=self._kinds, carried=carried,
        )  # fmt: skip

    def _reject(self, why: str) -> None:
        self._rejected[why] = self._rejected.get(why, 0) + 1

    def _why_not(self, alert: CapAlert) -> str:
        """Why a message makes no entry of its own, whatever the others say; "" when it may."""
        if is_test(alert):
            return TEST
        if alert.sent > lifecycle.later(self._now, lifecycle.AHEAD):
            return AHEAD
        if alert.msg_type in ("Ack", "Error"):
            return ANSWERING
        if alert.msg_type == "Cancel":
            return CANCELS
        if not alert.infos:
            return NO_INFO
        if taken(alert, self._settings) is None:
            self._note_kind(alert)
            return ANOTHER_KIND
        return ""

    def _replaces(self, alert: CapAlert, why: str) -> bool:
        """Whether a message of another kind ends one of ours all the same (a downgrade)."""
        return why == ANOTHER_KIND and alert.msg_type == "Update" and bool(alert.references)

    def _note_kind(self, alert: CapAlert) -> None:
        code = code_of(alert.infos[0])
        code = code if len(code) == 3 and code.isascii() and code.isalpha() else "other"
        if code in self._kinds or len(self._kinds) < 20:
            self._kinds[code] = self._kinds.get(code, 0) + 1

    def _outcome(self, chain: Chain) -> str:
        """ "accepted", "asked", or why the chain's last message makes no entry."""
        last = chain.last
        if not last.infos:
            return CANCELS
        if lifecycle.expiry(last, self._settings) <= self._now:
            return EXPIRED
        messages = [m for m in chain.messages if m.infos]
        said = told(messages, self._settings.known_characters)
        base = self._base(last)
        area = bounding_circle(a for info in last.infos for a in info.areas)
        mine: list[tuple[str, Vehicle]] = list(said.vehicles)
        outcome = self._ask(chain, said, {**base, "area": area}, mine)
        self._entries += [fields_of(v, label, chain.key, base, area) for label, v in mine]
        if outcome:
            return outcome
        if mine:
            return "accepted"
        self._shown.append(Shown(last.identifier, last.sender, base["reason"], NO_VEHICLE))
        return NO_VEHICLE

    def _ask(self, chain: Chain, said: Told, base: Fields, mine: list[tuple[str, Vehicle]]) -> str:
        """ "asked" when a person must judge; else what the person said, laid into `mine`."""
        if not said.questions:
            return ""
        key = question_key(chain.key, said.questions)
        pending = Pending(
            key=key, chain=chain.key, headline=base["reason"], questions=said.questions, base=base
        )
        answer = self._answers.get(key)
        if answer is None:
            self._pending.append(pending)
            return "asked"
        have = {v.name for _, v in mine}
        candidates = pending.candidates
        chosen = [candidates[n] for n in answer.chosen if 0 <= n < len(candidates)]
        if not chosen:
            kept = {c.name for c in candidates if c.name}
            mine[:] = [(label, v) for label, v in mine if v.name not in kept]
        for one in chosen:
            if not one.name or one.name not in have:
                self._entries.append(confirm(pending, one))
                have.add(one.name)
        if chosen or mine:
            return "accepted"
        self._shown.append(
            Shown(chain.last.identifier, chain.last.sender, base["reason"], DISMISSED)
        )
        return DISMISSED

    def _base(self, alert: CapAlert) -> Fields:
        info = alert.infos[0]
        headline = next((i.headline for i in alert.infos if i.headline), "") or info.event
        starts = [t for i in alert.infos for t in (i.onset or i.effective,) if t]
        return {
            "category": category_of(info, self._settings),
            "reason": headline[:MAX_REASON],
            "oca": alert.identifier,
            "ori": alert.sender,
            "since": (min(starts) if starts else alert.sent).isoformat(),
            "expires_at": lifecycle.expiry(alert, self._settings).isoformat(),
        }

    def _kept_answers(self) -> dict[str, Answer]:
        return {
            key: answer
            for key, answer in self._answers.items()
            if lifecycle.later(answer.at, lifecycle.KEPT) > self._now
        }
