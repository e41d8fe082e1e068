"""The fast engine beside the slow reference on longer lists: plates as states give them out, every
state and vehicle word, many candidates, and generations that lie in mapped files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from uuid import UUID

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.entry import Area, Entry
from domain.ids import entry_id
from domain.place import Place
from domain.read import Read
from domain.vehicle import Guess, VehicleSeen
from hotlists.chunks import entry_ids, pack, unpack
from hotlists.columns import cells_from, rows_of
from hotlists.mapped import Opened, Writer
from matchers import series, vehicle_words
from matchers.batch import batch_of
from matchers.characters import ALPHABET
from matchers.engine import match
from matchers.folding import WIDE
from matchers.judging import explain
from matchers.near import near, weights_of
from matchers.scales import Scales
from matchers.state_words import STATES
from matchers.tally import Tally
from matchers.thresholds import Thresholds
from matchers.watch import Generation, Memory, Watch
from matchers.wild import Patterns
from tests.unit.test_match_reference import NOW, layer_of, plate_like, reference

AGENCY = "KS0190100"
KNOWN = (*STATES, "ZZ", "US")
CODES = {
    "make": (*vehicle_words._MAKE_CODES, "ZZZZ", "chevy"),
    "color": (*vehicle_words._COLOR_CODES, "BLK/WHI", "RED/WHI", "XXX/BLK", "BLK/WHI/RED", "/"),
    "style": (*vehicle_words._BODY_CODES, "QQ"),
    "plate_type": (*vehicle_words._TYPE_CODES, "QQ"),
    "model": ("CIV", "F15", "CAM", "GCH", "?"),
}  # fmt: skip
WORDS = {
    "make": (*vehicle_words.MAKES, "unknown", "Wartburg"),
    "color": (*vehicle_words.COLORS, "silver-gray", "checkered"),
    "body": (*vehicle_words.BODIES, "spaceship"),
    "plate_type": (*vehicle_words.PLATE_TYPES, "moon"),
    "model": ("civic", "f-150", "F150 XLT", "camry", "grand cherokee", "unknown"),
}
SURE = (None, 0.0, 1.0, 1e-9, 0.5)


def pick(random: Random, several: Sequence[str], empty: float = 0.3) -> str:
    return "" if random.random() < empty else random.choice(several)


def sure(random: Random) -> float | None:
    return random.choice(SURE) if random.random() < 0.5 else random.random()


def plate_of(random: Random, state: str) -> str:
    if random.random() < 0.15:
        length = random.choice((1, 1, 2, 9, 10, 10))
        return "".join(random.choices(ALPHABET, k=length))
    return series.draw(state, random)


def misread(random: Random, text: str) -> str:
    """Some mix-ups and up to one edit, often none, or an end cut off."""
    characters = list(text)
    for at, character in enumerate(characters):
        if random.random() < 0.15:
            characters[at] = random.choice(next(c for c in WIDE if character in c))
    at = random.randrange(len(characters))
    kind = random.randrange(9)
    if kind == 0:
        characters[at] = random.choice(ALPHABET)
    elif kind == 1 and len(characters) > 1:
        del characters[at]
    elif kind == 2:
        characters.insert(at + random.randrange(2), random.choice(ALPHABET))
    elif kind == 3:
        characters[at : at + 2] = characters[at : at + 2][::-1]
    elif kind == 4 and len(characters) > 2:
        characters = characters[2:] if at % 2 else characters[:-2]
    return "".join(characters)[:10]


def partial(random: Random, plate: str) -> str:
    """The plate with some characters unknown, or its beginning."""
    if random.random() < 0.3:
        return plate[:3] + random.choice(("*", "?*", "??*"))
    return (
        "".join(random.choice((c, c, c, c, c, c, "?", "*")) for c in plate[:-1]) + plate[-1] + "*"
    )


def listed(random: Random, count: int, source: str) -> list[Entry]:
    found = []
    for n in range(count):
        state = pick(random, KNOWN, 0.1)
        plate = plate_of(random, state)
        kind = random.choice((0, 0, 0, 1, *range(2, 38)))
        pattern = partial(random, plate)
        found.append(
            Entry(
                entry_id=entry_id(AGENCY, source, f"k{n}"), agency=AGENCY, source=source,
                category=random.choice(("local", "amber")), priority=3,
                plate="" if kind < 2 else plate,
                pattern=pattern if kind == 0 else "",
                state=state,
                area=Area(latitude=38, longitude=-97, radius=9e4) if kind == 1 else None,
                **{name: pick(random, codes) for name, codes in CODES.items()},  # type: ignore[arg-type]
            )
        )  # fmt: skip
    return found


def guesses(random: Random, name: str) -> tuple[Guess, ...]:
    many = random.choice((0, 1, 1, 1, 2, 3, 10))
    return tuple(Guess(random.choice(WORDS[name]), sure(random)) for _ in range(many))


def seen(random: Random, wanted: Sequence[Entry], count: int) -> list[Read]:
    plates = [(plate_like(e), e.state) for e in wanted if plate_like(e)] or [("ABC123", "KS")]
    partly = [(plate_like(e), e.state) for e in wanted if e.pattern] or plates
    found = []
    for n in range(count):
        true, state = random.choice(random.choice((plates, plates, partly)))
        text = random.choice((misread, look_alike))(random, true)
        offered = tuple(
            Guess(misread(random, random.choice((true, true, text))), sure(random))
            for _ in range(random.choice((0, 0, 1, 3, 10)))
        )
        each = tuple(sure(random) or 0.0 for _ in text)
        place = Place(latitude=38.1, longitude=-97.1) if random.random() < 0.5 else Place()
        found.append(
            Read(
                read_id=UUID(int=n), agency=AGENCY, camera=random.choice(("cam-1", "cam-2")),
                seen_at=NOW, received_at=NOW, plate=text, plate_raw=text,
                confidence=sure(random), state_confidence=sure(random),
                state=state if random.random() < 0.6 else pick(random, KNOWN),
                candidates=offered, place=place,
                character_confidences=random.choice(((), (), each, each[:-1])),
                vehicle=None if random.random() < 0.2 else
                VehicleSeen(**{name: guesses(random, name) for name in WORDS}),  # type: ignore[arg-type]
            )
        )  # fmt: skip
    return found


def look_alike(random: Random, text: str) -> str:
    """One character mixed up with another."""
    at = random.randrange(len(text))
    return text[:at] + random.choice(next(c for c in WIDE if text[at] in c)) + text[at + 1 :]


def mapped(folder: str, several: Sequence[Entry], source: str, dead: Sequence[int]) -> Generation:
    """The entries as a generation in a file, some rows of it replaced by later ones."""
    keys = [f"k{n}" for n in range(len(several))]
    rows = rows_of([{"key": k, **cells_from(e)} for k, e in zip(keys, several, strict=True)])
    path = Path(folder) / "g.bolo"
    with Writer(path) as writer:
        for data in pack(rows, entry_ids(AGENCY, source, keys)):
            writer.add(unpack(data))
        writer.finish(np.array(dead, dtype=np.uint32))
    opened = Opened(path, AGENCY, source, {"local": 3, "amber": 1})
    patterns = Patterns([(at, opened.entries[at].pattern) for at in opened.wild])
    return Generation(
        7, source, source, AGENCY, NOW, opened.entries, opened.index, patterns,
        opened.described, opened.live,
    )  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    number=st.integers(0, 2**32),
    entries=st.integers(0, 60),
    looks=st.booleans(),
    floor=st.floats(-25, 5),
)
def test_longer_lists_and_mapped_files_give_what_the_slow_reference_gives(
    number: int, entries: int, looks: bool, floor: float
) -> None:
    random = Random(number)
    first, second = listed(random, entries, "s1"), listed(random, entries // 2, "s2")
    batch = seen(random, [*first, *second], 12)
    if not looks:
        batch = [msgspec.structs.replace(one, vehicle=None) for one in batch]
    dead = [n for n in range(len(first)) if random.random() < 0.1]
    live = [e for n, e in enumerate(first) if n not in dead]
    with TemporaryDirectory() as folder:
        of_file = mapped(folder, first, "s1", dead)
        memory = Memory(cameras={"cam-1": random.uniform(-2, 2)})
        withdrawn = frozenset(e.entry_id for e in first if random.random() < 0.1)
        thresholds = Thresholds(by_priority={1: floor - 2}, standard=floor)
        layers = {"s1": of_file, "s2": layer_of(second, "s2")}
        watch = Watch(AGENCY, layers, withdrawn=withdrawn, thresholds=thresholds, memory=memory)
        # What the reference goes through is the rows that count.
        known = {e.entry_id for e in [*live, *second]} - withdrawn
        dropped = frozenset(e.entry_id for e in [*first, *second]) - known
        plain = Watch(AGENCY, layers, withdrawn=dropped, thresholds=thresholds, memory=memory)
        expected = reference(batch, plain)
        assert match(batch, watch, NOW) == expected
        assert match(batch, watch, NOW, Tally()) == expected


@pytest.mark.parametrize("number", range(4))
def test_partial_plates_give_what_the_slow_reference_gives(number: int) -> None:
    """Lists of them alone, and reads that fit, are one look-alike off, or are further off."""
    random = Random(number)
    wanted = [
        msgspec.structs.replace(
            one, plate="", pattern=partial(random, plate_of(random, one.state)),
            make="", model="", color="", style="", plate_type="", area=None,
        )
        for one in listed(random, 60, "s1")
    ]  # fmt: skip
    batch = seen(random, wanted, 120)
    watch = Watch(
        AGENCY, {"s1": layer_of(wanted)},
        thresholds=Thresholds(by_priority={3: random.uniform(-12, -3)}),
    )  # fmt: skip
    expected = reference(batch, watch)
    tiers = Counter(one.evidence.tier for one in expected)
    assert tiers["pattern"] > 10
    assert tiers["fuzzy"] > 2
    assert match(batch, watch, NOW) == expected
    assert match(batch, watch, NOW, Tally()) == expected


@pytest.mark.parametrize("number", range(3))
def test_no_pair_is_dropped_at_a_floor_that_its_own_score_reaches(number: int) -> None:
    """The bound of each pair, one by one: a floor that is low for all would hide one that is too
    low for some."""
    random = Random(number)
    wanted = [e for e in listed(random, 80, "s1") if e.plate]
    watch = Watch(AGENCY, {"s1": layer_of(wanted)})
    index, scales = layer_of(wanted).index, Scales.of(watch)
    batch = seen(random, wanted, 150)
    gathered = batch_of(batch, scales)
    ends, packed = index.found(gathered.batch.codes)
    checked = 0
    for at, read in enumerate(batch):
        for row, entry in enumerate(wanted):
            evidence = explain(read, entry, scales)
            if evidence is None:
                continue
            kept = near(
                gathered.batch, gathered.looks, weights_of(scales), evidence.score, ends, packed,
                index.codes, index.facts,
            )  # fmt: skip
            assert (at, row) in kept
            checked += 1
    assert checked > 100
