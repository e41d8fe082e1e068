"""What the second person sees: pictures first, everything else after a look of their own. Pure.

Whoever comes after the first verifier must judge for themselves, so until they have looked their
queue row and their alert hold nothing that could prompt the eye: no reading, no entry, no evidence,
no other sighting, and nothing of what the first person found. What the first person's second source
was stays hidden even then, until the alert is settled: they ask their own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any
from uuid import UUID

from alerts.model import UNVERIFIED, Alert, BlindLook
from alerts.needing import OVERDUE, covered_for
from alerts.record import AlertRecord, HistoryRow
from alerts.store import CONFIRM
from console.compare import columns
from console.models import AlertShown, Column, ConfirmedBy, LookedAt, PlateText, SightingShown
from domain.entry import Entry
from domain.plate import LIC_MAX
from matchers.evidence import Difference
from matchers.wild import laid

Names = Mapping[UUID, str]
SOMEBODY = "somebody no longer known"
NO_PLATE = PlateText(state="", state_name="", text="", chars=())

_NOT_TYPED = re.compile(r"[^A-Z0-9?]+")
_HIDDEN = frozenset({CONFIRM, "look"})
"""What happened that would tell the next person what others found."""


def people_of(alert: Alert) -> set[UUID]:
    """Everyone whose verification or look is shown."""
    return {c.by for c in alert.confirmations} | {look.by for look in alert.looks}


def typed(text: str) -> str:
    """What a person typed off a picture: A-Z, 0-9 and "?" alone, at most as long as a plate."""
    return _NOT_TYPED.sub("", unicodedata.normalize("NFKC", text).upper())[:LIC_MAX]


def row(alert: Alert, viewer: UUID, names: Names) -> dict[str, Any]:
    """The fields of a queue row that say who verified it and who must."""
    return {
        "needed": alert.needed,
        "confirmed": tuple(
            ConfirmedBy(
                name=names.get(c.by, SOMEBODY),
                at=c.at,
                source="" if _hidden(alert, c.by, viewer) else c.source,
                reference="" if _hidden(alert, c.by, viewer) else c.reference,
            )
            for c in alert.confirmations
        ),
        "waits": alert.waits,
        "covered": covered_for(alert, viewer),
    }


def cover_row(fields: dict[str, Any]) -> dict[str, Any]:
    """A queue row without what would prompt the eye, where the viewer has not looked yet."""
    if not fields["covered"]:
        return fields
    return {**fields, "plate": NO_PLATE, "differs": 0, "conflict": False}


def cover(shown: AlertShown) -> AlertShown:
    """The alert with the pictures alone, where the viewer has not looked yet."""
    if not shown.covered:
        return shown
    picture = None if shown.picture is None else _bare(shown.picture)
    return shown.model_copy(
        update={
            "comparison": None,
            "facts": (),
            "conflicts": 0,
            "evidence": None,
            "entry": None,
            "also": (),
            "vehicle": "",
            "conflict_words": (),
            "seen": tuple(_bare(s) for s in shown.seen if picture and s.read_id == picture.read_id),
            "picture": picture,
            "sightings": 1,
        }
    )


def looks(record: AlertRecord, viewer: UUID, names: Names) -> tuple[LookedAt, ...]:
    """What people read off the pictures, over what the list has; another's only once settled."""
    alert, entry = record.alert, record.match.entry
    return tuple(
        _looked(look, entry, names.get(look.by, SOMEBODY))
        for look in alert.looks
        if look.by == viewer or not alert.waits
    )


def overdue_at(alert: Alert) -> datetime | None:
    """When it is escalated that nobody came as the next person; None when nobody is waited for."""
    return alert.confirmations[-1].at + OVERDUE if alert.waits else None


def told_of(alert: Alert, viewer: UUID, history: Sequence[HistoryRow]) -> list[HistoryRow]:
    """The alert's life without what others found, as long as the viewer must still judge."""
    return [
        HistoryRow(
            version=h.version,
            at=h.at,
            event=h.event,
            person=h.person,
            detail={k: v for k, v in h.detail.items() if k in ("verified", "needed")},
        )
        if h.event in _HIDDEN and h.person is not None and _hidden(alert, h.person, viewer)
        else h
        for h in history
    ]


def _hidden(alert: Alert, by: UUID, viewer: UUID) -> bool:
    return alert.state in UNVERIFIED and by != viewer


def _bare(sighting: SightingShown) -> SightingShown:
    return sighting.model_copy(update={"read": ""})


def _looked(look: BlindLook, entry: Entry, name: str) -> LookedAt:
    listed = entry.plate
    if entry.pattern and not listed:
        listed = laid(look.plate, entry.pattern) or entry.pattern.replace("*", "")
    grid = tuple(
        c.model_copy(update={"differs": c.differs and c.read != "?"})
        for c in columns(look.plate, listed, _differences(look.plate, listed))
    )
    notes = [f"{c.read or 'nothing'} seen, {c.entry or 'nothing'} listed" for c in _wrong(grid)]
    if look.state and entry.state and look.state != entry.state:
        notes.insert(0, f"{look.state} seen, {entry.state} listed")
    return LookedAt(
        name=name,
        at=look.at,
        state=look.state,
        plate=look.plate,
        columns=grid if look.plate else (),
        differs=bool(notes) and bool(look.plate or look.state),
        notes=tuple(notes) if look.plate else tuple(n for n in notes if "nothing" not in n),
    )


def _wrong(grid: Sequence[Column]) -> list[Column]:
    return [c for c in grid if c.differs]


def _differences(seen: str, listed: str) -> tuple[Difference, ...]:
    """Where the two differ, aligned so that a dropped character does not shift all the rest."""
    if len(seen) == len(listed):
        return ()
    pairs = SequenceMatcher(None, seen, listed, autojunk=False).get_opcodes()
    return tuple(
        Difference(read_at=i, entry_at=j, read=seen[i:i2], entry=listed[j:j2])
        for tag, i, i2, j, j2 in pairs
        if tag != "equal"
    )
