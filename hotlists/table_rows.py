"""Columns of rows that are whole and allowed, understood: from a table's cells to entries."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate, compress

from domain.errors import BadInput
from domain.plate import LIC_MAX, NOT_PLATES
from hotlists.cells import NO_PLATE, action_of, date_of, plate_of, state_of
from hotlists.columns import Rows
from hotlists.guards import REMOVES
from hotlists.memo import Memo
from hotlists.model import Parsed
from hotlists.ncic_codes import KNOWN, CodeCounts
from hotlists.sources import Context, Out
from hotlists.templates import Template
from matchers.state_words import STATES
from policy.mke import cautions_of

KEPT = {
    "LIY": "plate_year", "VIN": "vin", "VYR": "year", "VMA": "make", "VMO": "model", "VCO": "color",
    "ORI": "ori", "NIC": "nic", "OCA": "oca", "MKE": "mke", "ENTERED": "entered",
    "REASON": "reason",
}  # fmt: skip
"""Columns that are kept as they are; LIT and VST are kept in upper case."""

NO_CATEGORY = "the message key is unknown, and the policy has no category for such records"
UNKNOWN_MAX = 20
"""Distinct unknown message keys that are told apart, UNREADABLE among them."""
UNREADABLE = "unreadable"
"""Under which the others are counted: what does not look like a key may be a plate."""

_PLAIN = re.compile(rf"(?:[A-Z0-9]{{1,{LIC_MAX}}}\n)*[A-Z0-9]{{1,{LIC_MAX}}}")


class TableRows:
    """What the cells of good rows mean, in whole columns; with `accept` they become entries."""

    def __init__(self, context: Context, template: Template) -> None:
        """Raises BadInput for a category that the policy does not have."""
        self._template = template
        settings = context.source.settings
        policy = context.policy
        self._default = str(settings.get("category") or "local")
        if self._default not in policy.categories:
            if "category" in settings:
                known = ", ".join(sorted(policy.categories))
                problem = f"no category {self._default!r}; there are: {known}"
                raise BadInput("category", problem)
            self._default = ""  # the policy has no place for a record that nothing tells
        self._known = policy.lists.known_characters
        postal = template.states == "postal"
        self._state: Memo[str] = Memo(lambda raw: state_of(raw, postal=postal))
        self._date: Memo[tuple[str, str]] = Memo(lambda text: _date(text, template.dates))
        self._caution = Memo(lambda two: "; ".join(filter(None, (two[0], cautions_of(two[1])))))
        self._codes = CodeCounts()
        self._today = context.today.isoformat()

    def accept(
        self,
        columns: dict[str, Sequence[str]],
        categories: list[str],
        found: Parsed,
        out: Out,
    ) -> None:
        """Rows that are whole and allowed: understood, or rejected with what is wrong."""
        count = len(categories)
        if not count:
            return
        states = list(map(self._state.__getitem__, columns.get("LIS") or [""] * count))
        raw = columns["LIC"]
        for word in KNOWN:
            if word in columns:
                self._codes.look(found.codes, word, states if word == "LIS" else columns[word])
        found.plates_like_states += sum(text.upper() in STATES for text in raw if len(text) == 2)
        odd = {s for s in set(states) - STATES.keys() if s and (len(s) != 2 or not s.isalpha())}
        if odd:
            found.states_unlike_states += sum(state in odd for state in states)
        plates, patterns, bad = self._plates(raw)
        if "ACTION" in columns:  # first: what ends needs no date
            bad |= self._removals(columns["ACTION"], bad)
        dates = {}
        for word in ("EXPIRES", "STARTS"):
            if word in columns:
                both = list(map(self._date.__getitem__, columns[word]))
                dates[word] = [day for day, _ in both]
                name = "expiry" if word == "EXPIRES" else "first day"
                bad |= {
                    n: f"the {name} {why}"
                    for n, (_, why) in enumerate(both)
                    if why and n not in bad
                }
        mke = columns.get("MKE") or [""] * count
        if "" in categories:
            for n, category in enumerate(categories):
                if category or n in bad:
                    continue
                if mke[n]:
                    _note_unknown(found, mke[n].upper())
                if not self._default:
                    bad[n] = NO_CATEGORY
        for why in bad.values():
            count_up(found.rejected, why)
        nic, oca = columns.get("NIC") or [""] * count, columns.get("OCA") or [""] * count
        names = [p or q for p, q in zip(plates, patterns, strict=True)] if any(patterns) else plates
        keys = list(map("|".join, zip(nic, names, states, strict=True)))
        if "" in nic:
            keys = [f"|{o}{k}" if not i else k for i, o, k in zip(nic, oca, keys, strict=True)]
        caution = zip(columns.get("CAUTION") or [""] * count, mke, strict=True)
        rows: dict[str, Sequence[str]] = {
            "category": [c or self._default for c in categories]
            if "" in categories
            else categories,
            "plate": plates,
            "plate_raw": raw,
            "state": states,
            "caution": list(map(self._caution.__getitem__, caution)),
            **{name: columns[word] for word, name in KEPT.items() if word in columns},
            **{
                name: list(map(str.upper, columns[word]))
                for word, name in (("LIT", "plate_type"), ("VST", "style"))
                if word in columns
            },
        }
        if any(patterns):
            rows["pattern"] = patterns
        if "EXPIRES" in dates:
            rows["expires_on"] = dates["EXPIRES"]
        if "STARTS" in dates:
            rows["since"] = [f"{day}T00:00:00+00:00" if day else "" for day in dates["STARTS"]]
        if bad:
            good = [n not in bad for n in range(count)]
            if REMOVES in bad.values():
                before = list(accumulate(good, initial=0))
                for n, why in bad.items():
                    if why == REMOVES:
                        out.remove(plates[n] or patterns[n], states[n], before[n])
            keys = list(compress(keys, good))
            rows = {name: list(compress(column, good)) for name, column in rows.items()}
        found.accepted += len(keys)
        found.already_expired += sum(
            len(d) > 0 and d < self._today for d in rows.get("expires_on", ())
        )
        days = [d for d in map(_entered, set(rows.get("entered", ()))) if d <= self._today]
        found.newest = max([found.newest, *days])
        if keys:
            out.rows(Rows(keys, rows))

    def _plates(self, raw: Sequence[str]) -> tuple[list[str], list[str], dict[int, str]]:
        """(plates, patterns, what is wrong by position): most plates are plain and cost little."""
        joined = "\n".join(raw).upper()
        if not joined.isascii():
            plates = list(map(str.upper, raw))
        else:
            plates = joined.replace(" ", "").replace("-", "").split("\n")
        patterns = [""] * len(raw)
        bad: dict[int, str] = {}
        if _PLAIN.fullmatch("\n".join(plates)) and NOT_PLATES.isdisjoint(plates):
            return plates, patterns, bad
        for n, plate in enumerate(plates):
            plain = len(plate) <= LIC_MAX and plate.isalnum() and plate.isascii()
            if plain and plate not in NOT_PLATES:
                continue
            if not raw[n]:
                bad[n] = NO_PLATE
                continue
            cell = plate_of(raw[n], self._known, self._template.wildcards)
            plates[n], patterns[n] = cell.plate, cell.pattern
            if cell.problem:
                bad[n] = cell.problem
        return plates, patterns, bad

    def _removals(self, actions: Sequence[str], bad: dict[int, str]) -> dict[int, str]:
        meant = self._template.actions
        said = {"remove": REMOVES, "": "the action is neither an addition nor a removal"}
        doing = ((n, action_of(action, meant)) for n, action in enumerate(actions))
        return {n: said[do] for n, do in doing if n not in bad and do in said}


def count_up(counts: dict[str, int], why: str, more: int = 1) -> None:
    """Count one, or so many, more of that reason."""
    if more:
        counts[why] = counts.get(why, 0) + more


def _date(text: str, order: str) -> tuple[str, str]:
    """(ISO date or "", what is wrong or "")."""
    if not text:
        return "", ""
    cell = date_of(text, order)
    return (cell.day.isoformat() if cell.day else ""), cell.problem


def _entered(text: str) -> str:
    day = date_of(text).day
    return day.isoformat() if day else ""


def _note_unknown(found: Parsed, mke: str) -> None:
    unknown = found.unknown
    room = len(unknown) + (UNREADABLE not in unknown) < UNKNOWN_MAX
    letters, _, suffix = mke.partition("-")
    named = len(letters) <= 4 and letters.isascii() and letters.isalpha() and len(suffix) <= 1
    key = mke if named and (mke in unknown or room) else UNREADABLE
    count_up(unknown, key)
