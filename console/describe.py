"""The description, the evidence and the entry in a person's words. Pure."""

from __future__ import annotations

from console.models import EntryShown, EvidenceShown, Fact, Weight
from console.words import state_name, weight_words
from domain.entry import Entry
from domain.read import Read
from domain.vehicle import Guess, VehicleSeen
from matchers import telling
from matchers import vehicle_words as words
from matchers.evidence import Evidence, Feature
from matchers.twins import told
from matchers.watch import Match

GROUND = 88.0
"""Width of the drawing that holds an evidence bar."""

LONGEST = 5.0
"""A bar is drawn no longer than this weight's: 150 to 1 is as strong as an eye needs, and a plate
that agrees would make all others dots."""

_BEHIND = frozenset(
    {"series", "several mistakes", "camera confidence", "camera's record", "before looking"}
)
"""Of how plates look and how seldom a read is a hit: in the sum, but nothing to check by eye."""

# What the evidence calls a field, and what a person calls it; the order is the page's.
_FIELDS = (
    ("state", "State"),
    ("plate type", "Plate type"),
    ("body", "Body"),
    ("make", "Make"),
    ("model", "Model"),
    ("year", "Year"),
    ("color", "Color"),
)


def facts(match: Match) -> tuple[Fact, ...]:
    """Entry beside camera, field by field; "no answer" where they cannot be compared.

    State, body, make and color are always there; the others when one of the two has them.
    """
    features = {f.name.replace("_", " ").lower(): f for f in match.evidence.features}
    out: list[Fact] = []
    for name, field in _FIELDS:
        feature = features.get(name)
        expected = (feature.expected if feature else "") or _listed(match.entry, name)
        seen = (feature.seen if feature else "") or _seen(match.read, name)
        if not expected and not seen and name in ("plate type", "model", "year"):
            continue
        verdict = feature.verdict if feature else "no answer"
        out.append(Fact(field=field, expected=expected, seen=seen, verdict=verdict))
    return tuple(out)


def evidence(found: Evidence, wanted: Entry) -> EvidenceShown:
    """What speaks for and against with bars on one common scale, every number, and the sum.

    What has no weight (the camera did not say) stands in the description, as "no answer", and among
    the numbers; so does what is not about this vehicle (_BEHIND).
    """
    weighing = [f for f in found.features if abs(f.weight) >= 0.05 and not _is_behind(f)]
    weights = [_drawn(f) for f in weighing]
    most_for = max([w for w in weights if w > 0], default=0.0)
    most_against = -min([w for w in weights if w < 0], default=0.0)
    room = GROUND - 2
    # The axis leaves a quarter of the ground to either side, so that a lone bar has a direction.
    share = most_against / (most_for + most_against) if most_for + most_against else 0.25
    axis = 1 + room * min(max(share, 0.25), 0.75)
    scale = min(
        (axis - 1) / most_against if most_against else room,
        (GROUND - 1 - axis) / most_for if most_for else room,
    )
    return EvidenceShown(
        score=round(found.score, 2),
        threshold=round(found.threshold, 2),
        tier=found.tier,
        weights=tuple(_weight(f, axis, scale) for f in weighing),
        every=tuple(_weight(f, axis, scale) for f in found.features),
        always=telling.always(found),
        outcome=telling.outcome(found),
        odds=telling.odds(found.score),
        needed=telling.needed(found),
        needed_by=telling.needed_by(found),
        legend=telling.LEGEND,
        twins=told(wanted.plate, wanted.state),
    )


def _is_behind(feature: Feature) -> bool:
    return feature.name in _BEHIND and feature.verdict in ("no answer", "agrees")


def _drawn(feature: Feature) -> float:
    return min(LONGEST, max(-LONGEST, feature.weight))


def entry(match: Match, limit_hours: float | None) -> EntryShown:
    """The entry as its list has it; a list may be `limit_hours` old."""
    e = match.entry
    return EntryShown(
        source=match.source_name or e.source,
        list_refreshed_at=match.list_refreshed_at,
        list_limit_hours=limit_hours,
        generation=match.generation,
        ori=e.ori,
        nic=e.nic,
        oca=e.oca,
        vin=e.vin,
        vehicle=vehicle(match),
        entered=e.entered,
        expires_on=e.expires_on.isoformat() if e.expires_on else "",
        caution=e.caution,
    )


def vehicle(match: Match) -> str:
    """The wanted vehicle in one line ("Hyundai Elantra, sedan, 2019, blue"); "" when not given."""
    told = {f.field: f.expected for f in facts(match)}
    name = " ".join(v for v in (told.get("Make", ""), told.get("Model", "")) if v)
    rest = [told.get(f, "") for f in ("Body", "Year", "Color")]
    rest[0], rest[2] = rest[0].lower(), rest[2].lower()
    return ", ".join(part for part in (name, *rest) if part)


def conflict_words(match: Match) -> tuple[str, ...]:
    """What contradicts, as the road hears it: "Listed blue. Camera saw silver." """
    return tuple(
        f"Listed {_inline(f, f.expected)}. Camera saw {_inline(f, f.seen)}."
        if f.expected and f.seen
        else f.words
        for f in match.evidence.conflicts
    )


def _weight(feature: Feature, axis: float, scale: float) -> Weight:
    width = max(abs(_drawn(feature)) * scale, 1.0)
    against = feature.weight < 0
    return Weight(
        name=feature.name,
        words=feature.words,
        expected=feature.expected,
        seen=feature.seen,
        weight=round(feature.weight, 2),
        weight_words=weight_words(feature.weight),
        against=against,
        conflict=feature.verdict == "conflict",
        axis=round(axis, 1),
        x=round(axis - width if against else axis, 1),
        width=round(width, 1),
    )


def _listed(e: Entry, name: str) -> str:
    """The entry's own value, in words where the matcher's tables know its code."""
    values = {
        "state": state_name(e.state),
        "plate type": words.plate_type_of(e.plate_type) or e.plate_type,
        "body": words.body_of(e.style) or e.style,
        "make": words.make_of(e.make) or e.make,
        "model": e.model,
        "year": e.year,
        "color": " or ".join(words.colors_of(e.color)) or e.color,
    }
    return values[name]


def _seen(r: Read, name: str) -> str:
    if name == "state":
        return state_name(r.state)
    v = r.vehicle or VehicleSeen()
    guesses: dict[str, tuple[Guess, ...]] = {
        "plate type": v.plate_type,
        "body": v.body,
        "make": v.make,
        "model": v.model,
        "year": v.year,
        "color": v.color,
    }
    best = next(iter(guesses[name]), None)
    return best.value if best else ""


def _inline(feature: Feature, value: str) -> str:
    """A value inside a sentence: makes and states are names, colors and bodies are not."""
    if feature.name in ("color", "body") and not value.isupper():  # an SUV is one
        return value.lower()
    return value
