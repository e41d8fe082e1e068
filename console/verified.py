"""What reaches people who do not verify: the match that a person judged, and nothing after it.

A verifier compares one match, the one that opened the episode; the road is told of that one, by SMS
and on the phone page. Every later match of the entry attaches to the open alert too, also a fuzzy
one and one whose vehicle conflicts, and nobody has judged it: it may be another family's car.
So for whoever may not decide the alert stays the match that was judged. A sighting from
just before the verification is left out as well: the clocks of two processes cannot say whether
it stood on the verifier's screen.
"""

from __future__ import annotations

from datetime import timedelta

import msgspec

from alerts.episodes import is_late
from alerts.record import AlertRecord
from people.model import Person
from people.roles import may


def judges(person: Person) -> bool:
    """Whether the person may see matches that nobody has judged: only who may judge them."""
    return may(person, "decide")


def as_judged(record: AlertRecord, late_after: timedelta) -> AlertRecord:
    """The alert as it would be without any sighting but the match that opened it."""
    read = record.match.read
    return msgspec.structs.replace(
        record,
        first_seen_at=read.seen_at,
        last_seen_at=read.seen_at,
        last_place=read.place.name,
        sightings=1,
        # A later sighting that is live takes the mark "late" off the stored alert.
        late=record.late or is_late(record.match, record.alert.raised_at, late_after),
    )
