"""The layers of live changes: made once for as long as nothing changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from domain.entry import Entry
from hotlists.live_store import LiveEntry, Op
from hotlists.overlay import Overlay
from matchers.characters import codes_of
from matchers.folding import column
from matchers.index import Index
from matchers.watch import Generation

AGENCY = "KS0190100"
SOURCE = UUID(int=5)
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def live(number: int, plate: str, op: Op = "add") -> LiveEntry:
    entry = Entry(
        entry_id=UUID(bytes=plate.ljust(16).encode()), agency=AGENCY, source=str(SOURCE),
        category="local", priority=3, plate=plate, make="FORD",
    )  # fmt: skip
    return LiveEntry(
        number=number, op=op, entry=entry, source=SOURCE, source_name="NCIC", by="J. Kelly",
        reason="seen", at=NOW,
    )  # fmt: skip


def below(number: int) -> dict[str, Generation]:
    return {str(SOURCE): Generation(number, str(SOURCE), "NCIC", AGENCY, NOW, (), Index.build(()))}


def plates_near(layer: Generation, text: str) -> list[str]:
    rows = layer.index.candidates(codes_of(column([text])))[1].tolist()
    return [layer.entries[row].plate for row in rows]


def test_a_layer_is_made_again_when_something_changed_and_only_then() -> None:
    overlay = Overlay().after([live(1, "ABC123"), live(2, "QQQ111")], 2)
    (first,) = overlay.layers(AGENCY, below(1)).values()
    assert plates_near(first, "ABC12") == ["ABC123"]
    assert first.index.facts[0].any()
    assert overlay.layers(AGENCY, below(1))[str(SOURCE)] is first
    assert (
        replace(overlay, confirmed=frozenset({UUID(int=1)}))
        .settled()
        .layers(AGENCY, below(1))[str(SOURCE)]
        is first
    )
    (later,) = overlay.layers(AGENCY, below(2)).values()
    assert (first.number, later.number) == (1, 2)
    more = overlay.after([live(3, "ABC124")], 3)
    (grown,) = more.layers(AGENCY, below(2)).values()
    assert plates_near(grown, "ABC12") == ["ABC123", "ABC124"]
    assert plates_near(later, "ABC12") == ["ABC123"]
    gone = more.after([live(4, "ABC123", "withdraw"), live(5, "ABC124", "withdraw")], 5)
    (left,) = gone.layers(AGENCY, below(2)).values()
    assert plates_near(left, "ABC12") == []
    assert len(left) == 1
