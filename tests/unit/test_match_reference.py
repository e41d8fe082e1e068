"""The fast engine beside a slow, obvious reference: every read judged against every entry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.entry import Entry
from domain.ids import target_id
from domain.read import Read
from domain.vehicle import Guess, VehicleSeen
from matchers.engine import match
from matchers.grouping import grouped
from matchers.index import Index
from matchers.judging import judge
from matchers.lasting import in_time
from matchers.misreads import held_back
from matchers.scales import Scales
from matchers.tally import Tally
from matchers.thresholds import Thresholds
from matchers.watch import Generation, Match, Memory, Watch
from matchers.wild import Patterns

AGENCY = "KS0190100"
NOW = datetime(2026, 11, 21, 21, 2, 9, tzinfo=UTC)

# Few characters, often mixed up, so that near texts are common.
texts = st.text("0OD1I8B3MNW7", min_size=1, max_size=10).filter(lambda t: t not in {"NONE", "UNK"})
confidences = st.none() | st.floats(0, 1)
states = st.sampled_from(["", "KS", "MO", "CA", "TX", "NB", "ZZ"])


def guesses(*words: str) -> st.SearchStrategy[tuple[Guess, ...]]:
    return st.lists(st.builds(Guess, st.sampled_from(words), confidences), max_size=3).map(tuple)


vehicles = st.none() | st.builds(
    VehicleSeen,
    make=guesses("Ford", "honda", "GMC", "Chevrolet", "Porsche", "unknown", "Wartburg"),
    model=guesses("f150", "civic", "camry"),
    color=guesses("silver", "gray", "blue", "black", "checkered"),
    body=guesses("suv", "van", "sedan", "motorcycle", "truck"),
    plate_type=guesses("passenger", "motorcycle", "truck"),
)


LOOKS = dict(zip("0OD1I8B3MNW7", "ODCIT3808WH1", strict=True))


def one_edit(text: str, at: int, other: str, kind: int) -> str:
    """A text near to `text`: a substitution, a drop, an addition, a swap, itself, a look-alike, or
    an end cut off."""
    at %= len(text)
    changed = [
        text[:at] + other + text[at + 1 :],
        text[:at] + text[at + 1 :],
        text[:at] + other + text[at:],
        text[:at] + text[at : at + 2][::-1] + text[at + 2 :],
        text,
        text[:at] + LOOKS.get(text[at], other) + text[at + 1 :],
        text[2:],
        text[:-2],
    ][kind]
    return changed[:10] or text


near = st.builds(one_edit, texts, st.integers(0, 9), st.sampled_from("0O8BM1X"), st.integers(0, 7))


@st.composite
def patterns(draw: st.DrawFn) -> str:
    """A plate with some characters unknown."""
    plate = draw(st.text("0OD1I8B3MNW7", min_size=3, max_size=9))
    unknown = draw(st.sets(st.integers(0, 8), max_size=3))
    wild = draw(st.sampled_from("?*"))
    return "".join(wild if at in unknown else c for at, c in enumerate(plate[:-1])) + plate[-1]


def plate_like(entry: Entry) -> str:
    """A plate that the entry wants; "" of one without a plate or a pattern."""
    return entry.plate or entry.pattern.replace("?", "8").replace("*", "0")[:10]


@st.composite
def entries(draw: st.DrawFn) -> Sequence[Entry]:
    found = []
    for number in range(draw(st.integers(0, 8))):
        kind = draw(st.sampled_from((0, 1, 1, 2, 3, 4, 4, 4, 4, 4)))
        plate = draw(texts)
        found.append(
            Entry(
                entry_id=UUID(int=number + 1),
                agency=AGENCY,
                source="s1",
                category="stolen-vehicle",
                priority=draw(st.integers(1, 4)),
                plate=plate if kind > 1 else "",
                pattern=draw(patterns()) if kind == 1 else "",
                state=draw(states),
                make=draw(st.sampled_from(["", "FORD", "HOND", "GMC", "CHEV", "XXXX"])),
                model=draw(st.sampled_from(["", "CIV", "F15", "CAM"])),
                color=draw(st.sampled_from(["", "SIL", "BLU", "BLK/WHI", "MUL/COL"])),
                style=draw(st.sampled_from(["", "MC", "4D", "LL", "PK"])),
                plate_type=draw(st.sampled_from(["", "PC", "MC", "TK"])),
                expires_on=draw(st.none() | st.just(date(2026, 11, 20))) if kind == 3 else None,
            )
        )
    return found


@st.composite
def reads(draw: st.DrawFn, wanted: Sequence[Entry]) -> Sequence[Read]:
    plates = [plate_like(e) for e in wanted if plate_like(e)] or ["ABC123"]
    found = []
    for number in range(draw(st.integers(1, 6))):
        true = draw(st.sampled_from(plates))
        text = one_edit(
            true, draw(st.integers(0, 9)), draw(st.sampled_from("0O8BM1X")), draw(st.integers(0, 7))
        )
        others = draw(st.lists(st.builds(Guess, near, confidences), max_size=3))
        sure = st.lists(st.floats(0, 1), min_size=len(text), max_size=len(text)).map(tuple)
        found.append(
            Read(
                read_id=UUID(int=100 + number),
                agency=AGENCY,
                camera=draw(st.sampled_from(["cam-1", "cam-2"])),
                seen_at=NOW,
                received_at=NOW,
                plate=text,
                plate_raw=text,
                confidence=draw(confidences),
                character_confidences=draw(st.just(()) | sure),
                state=draw(states),
                state_confidence=draw(confidences),
                candidates=tuple(others),
                vehicle=draw(vehicles),
            )
        )
    return found


def layer_of(listed: Sequence[Entry], source: str = "s1") -> Generation:
    patterns = Patterns([(n, e.pattern) for n, e in enumerate(listed) if e.pattern])
    described = [n for n, e in enumerate(listed) if not e.plate and not e.pattern]
    return Generation(
        7, source, source, AGENCY, NOW, listed, Index.build(listed), patterns, described
    )


def reference(seen: Sequence[Read], watch: Watch) -> list[Match]:
    """Every read beside every entry, one after the other."""
    layers = [
        by_source[source]
        for source in sorted({*watch.generations, *watch.added})
        for by_source in (watch.generations, watch.added)
        if source in by_source
    ]
    scales = Scales.of(watch)
    found = []
    for read in seen:
        pairs = [
            Match(
                read=read, entry=entry, evidence=evidence, generation=layer.number,
                source_name=layer.source_name, list_refreshed_at=layer.refreshed_at,
                change=watch.change, matched_at=NOW,
            )
            for layer in layers
            for entry in layer.entries
            if in_time(entry, read.seen_at, watch.timezone)
            and entry.entry_id not in watch.withdrawn
            and (evidence := judge(read, entry, scales)) is not None
        ]  # fmt: skip
        if pairs:
            found += [
                one for one in grouped(pairs) if not held_back(one, watch.memory.misreads, NOW)
            ]
    return found


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_the_fast_engine_gives_what_the_slow_reference_gives(data: st.DataObject) -> None:
    listed = data.draw(entries())
    seen = data.draw(reads(listed))
    marked = {
        (target_id(AGENCY, e.plate, e.state), r.plate): NOW + timedelta(days=1)
        for e, r in zip(listed, seen, strict=False)
        if data.draw(st.booleans())
    }
    watch = Watch(
        AGENCY,
        {"s1": layer_of(listed[::2]), "s2": layer_of(listed[1::3], "s2")},
        added={"s2": layer_of(listed[2::4], "s2")},
        withdrawn=frozenset({UUID(int=2)}) if data.draw(st.booleans()) else frozenset(),
        thresholds=Thresholds(
            by_priority={1: data.draw(st.floats(-12, 3)), 2: 0.0},
            standard=data.draw(st.floats(-12, 12)),
        ),
        memory=Memory(misreads=marked, cameras={"cam-1": data.draw(st.floats(-2, 2))}),
    )
    expected = reference(seen, watch)
    assert match(seen, watch, NOW) == expected
    assert match(seen, watch, NOW, Tally()) == expected
