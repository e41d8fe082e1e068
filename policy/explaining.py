"""What happens to one entry under a policy, and by which rule: each sentence names the line.

The plate itself is never repeated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import msgspec

from domain.entry import Entry
from domain.errors import BadInput, Prohibited
from policy import sentences
from policy.categories import category_for
from policy.mke import cautions_of
from policy.model import CategoryRule, Policy
from policy.prohibited import is_key, said_in, why_prohibited, why_prohibited_use
from policy.schema import near

NCIC = {
    "LIC": "plate", "LIS": "state", "LIY": "plate_year", "LIT": "plate_type", "VIN": "vin",
    "VYR": "year", "VMA": "make", "VMO": "model", "VST": "style", "VCO": "color", "ORI": "ori",
    "NIC": "nic", "OCA": "oca", "MKE": "mke",
}  # fmt: skip
"""NCIC's codes for the fields of an entry; MNP has none there."""
FIELDS = frozenset(
    {f.name for f in msgspec.structs.fields(Entry)} | {"mnp", "words", "remarks", "purpose"}
)


def explain(
    policy: Policy, entry: Entry | Mapping[str, object], *, today: date | None = None
) -> list[str]:
    """Sentences in the order of what happens. `entry` has NCIC codes or an entry's field names.

    Raises BadInput for a name that is neither. `today` is the agency's own date, for expiry.
    """
    return list(_said(policy, _fields(entry), today))


def _fields(entry: Entry | Mapping[str, object]) -> dict[str, str]:
    raw: dict[str, Any] = msgspec.structs.asdict(entry) if isinstance(entry, Entry) else dict(entry)
    found = {}
    for key, value in raw.items():
        name = NCIC.get(key.upper(), key.lower())
        if name not in FIELDS:
            known = [*NCIC, "MNP", *FIELDS]
            raise BadInput(key, f"is no field of an entry{near(key, known)}")
        if value is not None:
            found[name] = str(value).strip()
    return found


def _said(policy: Policy, entry: Mapping[str, str], today: date | None) -> Iterator[str]:
    if why := _never(entry):
        yield f"It is never held: {why}. No policy can allow it (built in: policy/prohibited.py)."
        return
    if why := _use(entry):
        yield f"Nobody can enter it: {why}. No policy can allow it (built in: policy/uses.py)."
        return
    yield "Nothing in it is prohibited (built in: policy/prohibited.py)."
    try:
        code, rule = _category(policy, entry)
    except Prohibited as dropped:
        yield f"It is dropped before it is stored: {dropped}."
        return
    if not code:
        yield f"It has no category: {rule}. The source's default category holds, where it has one."
        return
    yield f"Category {policy.categories[code].name} ({code}): {rule}."
    yield from _rules(policy, code, policy.categories[code])
    yield from _purpose(policy, entry)
    yield from _itself(policy, entry, today)


def _never(entry: Mapping[str, str]) -> str:
    texts = [v for k, v in entry.items() if k not in ("plate", "plate_raw", "pattern")]
    why = why_prohibited(entry.get("mke", ""), entry.get("ori", "")) or why_prohibited(
        entry.get("words", "")
    )
    if why:
        return why
    if said_in(",".join(texts), texts) or any(map(is_key, texts)):
        return "a field says that it is of the Immigration Violator File"
    return ""


def _use(entry: Mapping[str, str]) -> str:
    for field in ("reason", "remarks", "caution"):
        if why := why_prohibited_use(entry.get(field, "")):
            return f"the {field} {why}"
    why = why_prohibited_use(entry.get("purpose", ""), purpose=True)
    return f"the purpose {why}" if why else ""


def _category(policy: Policy, entry: Mapping[str, str]) -> tuple[str, str]:
    mke, said = entry.get("mke", ""), entry.get("category", "")
    code, why = category_for(
        policy, mke, entry.get("mnp", ""), entry.get("ori", ""), entry.get("words", "")
    )
    if not code and said:
        code, _ = category_for(policy, "", words=said)
        place = policy.origin("categories", code)
        why = f"the entry names it [{place}]" if code else f"there is no category {said}"
        why += "" if code else near(said, policy.categories)
    return code, why


def _rules(policy: Policy, code: str, rule: CategoryRule) -> Iterator[str]:
    priority = sentences.PRIORITIES[rule.priority]
    for sentence, *keys in (
        (f"Priority {rule.priority}, {priority}.", "priority"),
        (sentences.verified(rule), "verifiers"),
        (sentences.conflict(rule), "conflict_verifiers"),
        (sentences.told(rule), "tell"),
        (sentences.entered(rule), "approval", "max_days"),
        (sentences.shared(rule), "share"),
    ):
        places = dict.fromkeys(policy.origin("categories", code, key) for key in keys)
        yield f"{sentence.removesuffix('.')} [{', '.join(places)}]."
    place = policy.origin("alert_budget", priority.lower())
    yield f"{sentences.budget(policy, rule.priority).removesuffix('.')} [{place}]."


def _purpose(policy: Policy, entry: Mapping[str, str]) -> Iterator[str]:
    purpose = entry.get("purpose", "")
    if purpose and purpose not in policy.purposes:
        yield f"It is refused: no purpose {purpose}{near(purpose, policy.purposes)} " + (
            f"[{policy.origin('purposes')}]."
        )


def _itself(policy: Policy, entry: Mapping[str, str], today: date | None) -> Iterator[str]:
    pattern = entry.get("pattern", "")
    known = sum(c.isalnum() for c in pattern)
    asked = policy.lists.known_characters
    if pattern:
        enough = "enough" if known >= asked else "refused"
        place = policy.origin("lists", "known_characters")
        yield f"{known} characters of its pattern are known, {asked} are asked: {enough} [{place}]."
    if caution := cautions_of(entry.get("mke", "")):
        yield f"{caution} (built in: policy/mke.py)."
    yield _expiry(entry, today)
    place = policy.origin("lists", "max_age_hours")
    hours = policy.lists.max_age_hours
    yield f"From a list older than {hours:g} hours it is shown as stale [{place}]."


def _expiry(entry: Mapping[str, str], today: date | None) -> str:
    said = entry.get("expires_on") or entry.get("expires_at", "")
    if not said:
        return "It says no expiry: from a list it holds while the list does; a person must say one."
    try:
        last = date.fromisoformat(said[:10])
    except ValueError:
        raise BadInput("expires_on", "must be a date, as 2026-11-30") from None
    if today is not None and last < today:
        return f"It expired on {last} and no longer matches."
    return f"It holds until {last}."
