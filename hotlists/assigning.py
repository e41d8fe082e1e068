"""Which column is which: headings first, checked against what stands under them, then contents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from hotlists.cells import date_of
from hotlists.column_kinds import Kinds, vin_checks
from hotlists.headings import is_weak, word_of
from hotlists.templates import WORDS

_DATES = ("EXPIRES", "STARTS", "ENTERED")
_YEARS = ("VYR", "LIY")
_CHECKED = {
    "LIC": ("LIC", 0.15), "LIS": ("LIS", 0.5), "EXPIRES": ("DATE", 0.5), "STARTS": ("DATE", 0.5),
    "ENTERED": ("DATE", 0.5),
}  # fmt: skip
"""What must stand under a heading, with which score at least, for the heading to be believed."""
_ENOUGH = 0.45
"""Score from where on a column without a heading is taken for something."""
_SHORT = 24


@dataclass(frozen=True)
class Assigned:
    """A word for each column, "" for an unused one; a sentence for each; `sure` 0-1.

    `expiry_sure` is of which date is the expiry, apart from the rest.
    """

    words: tuple[str, ...]
    because: tuple[str, ...]
    sure: float
    expiry_sure: float


def assigned(headings: Sequence[str], body: Sequence[Kinds], today: date | None) -> Assigned:
    """`headings` () when there are none; `body` is every column's contents."""
    work = _Work(headings, body, today)
    if headings:
        work.by_headings()
    if headings and "LIC" in work.words:
        work.by_contents(only_weak=True)
    else:
        work.by_contents(only_weak=False)
    return Assigned(tuple(work.words), tuple(work.sentences()), work.sure, work.expiry_sure)


class _Work:
    def __init__(self, headings: Sequence[str], body: Sequence[Kinds], today: date | None) -> None:
        self._headings = headings
        self._body = body
        self._today = today
        self.words = [""] * len(body)
        self._why = [""] * len(body)
        self._open = set(range(len(body)))
        self.sure = 1.0
        self.expiry_sure = 1.0

    def sentences(self) -> list[str]:
        """One for each column, in order."""
        said = []
        for n, (word, why) in enumerate(zip(self.words, self._why, strict=True)):
            what = f"is {word} ({_meaning(word)})" if word else "is not used"
            said.append(f"{self._name(n)} {what}: {why or 'nothing tells what it is'}.")
        return said

    def _name(self, n: int) -> str:
        heading = self._headings[n] if n < len(self._headings) else ""
        if not heading:
            return f"Column {n + 1}"
        plain = "".join(c for c in heading if c.isprintable())
        shown = plain if len(plain) <= _SHORT else plain[:_SHORT] + "..."
        return f"Column {n + 1}, {shown},"

    def _take(self, n: int, word: str, why: str, sure: float = 1.0) -> None:
        self.words[n] = word
        self._why[n] = why
        self._open.discard(n)
        if word == "EXPIRES":
            self.expiry_sure = min(self.expiry_sure, sure)
        if word in ("LIC", "LIS", "MKE", "CATEGORY", "ACTION"):
            self.sure = min(self.sure, sure)

    # --- by headings ------------------------------------------------------------------------

    def by_headings(self) -> None:
        """Strong headings, best contents first where two say the same; weak ones are left open
        when their contents clearly say something else."""
        wanted: dict[str, list[int]] = {}
        for n, heading in enumerate(self._headings):
            if word := word_of(heading):
                wanted.setdefault(word, []).append(n)
        for word, columns in wanted.items():
            kind = _CHECKED.get(word, (word, 0.0))[0]
            columns.sort(key=lambda n: (-self._body[n].score(kind), is_weak(self._headings[n]), n))
            for place, n in enumerate(columns):
                if place and word != "REASON":
                    first = self._name(columns[0]).rstrip(",")
                    self._why[n] = f"{first} says the same and fits better"
                    self._open.discard(n)
                else:
                    self._believe(n, word)

    def _believe(self, n: int, word: str) -> None:
        kinds, heading = self._body[n], self._headings[n]
        kind, least = _CHECKED.get(word, (word, 0.0))
        best, score = kinds.best
        if not kinds.values:
            self._take(n, word, "its heading says so; it is empty here")
        elif kinds.score(kind) >= least and least:
            self._take(n, word, f"its heading says so, and so does {_contents(kinds, kind)}")
        elif is_weak(heading) and best and best != word and score >= 0.8:
            self._why[n] = "its heading could mean several things"
        elif least:
            if is_weak(heading) or word not in ("LIC", "LIS"):
                self._why[n] = "its heading says so, but what stands in it does not look like it"
                self._open.discard(n)
                self.sure = min(self.sure, 0.75)
            else:
                why = "its heading says so, but what stands in it hardly looks like it"
                self._take(n, word, why, 0.5)
        elif word == "CATEGORY" and not kinds.score("CATEGORY"):
            why = "its heading says so; its words are not known, add them to categories"
            self._take(n, word, why, 1.0)
        else:
            self._take(n, word, "its heading says so")

    # --- by contents ------------------------------------------------------------------------

    def by_contents(self, *, only_weak: bool) -> None:
        """Columns that are still open, the clearest first. `only_weak`: of a table with headings
        only what no heading has named, and only where the contents leave no doubt."""
        self._years()
        self._dates()
        least = 0.8 if only_weak else _ENOUGH
        found = sorted(
            (
                (-(score + self._beside_plate(n, word)), n, word, score)
                for n in self._open
                for word, score in self._body[n].scores.items()
                if word in WORDS and score >= (0.3 if word == "LIC" and not only_weak else least)
            ),
        )
        plates = [(score, n) for _, n, word, score in found if word == "LIC"]
        for _, n, word, score in found:
            if n not in self._open or word in self.words:
                continue
            if word == "LIC":
                self._plate(n, score, plates)
            elif word == "LIS" and self._body[n].score("VST") >= 0.9:
                self._take(n, word, _contents(self._body[n], word), 0.6)
            else:
                self._take(n, word, _contents(self._body[n], word), min(1.0, score + 0.1))
        if not only_weak:
            self._model()

    def _beside_plate(self, n: int, word: str) -> float:
        near = {m for m, w in enumerate(self.words) if w == "LIC"}
        return 0.05 if word == "LIS" and (n - 1 in near or n + 1 in near) else 0.0

    def _plate(self, n: int, score: float, plates: Sequence[tuple[float, int]]) -> None:
        others = [other for other, m in plates if m != n and m in self._open]
        sure = min(1.0, 0.5 + score)
        why = _contents(self._body[n], "LIC")
        if others and max(others) > 0.75 * score:
            why += "; another column looks much like it"
            sure = 0.6
        elif score < 0.45:
            why += ", though not many have letters and digits"
            sure = 0.6
        self._take(n, "LIC", why, sure)

    def _years(self) -> None:
        """A plate's year lies ahead, a vehicle's behind; a lone one is the vehicle's."""
        columns = [n for n in sorted(self._open) if self._body[n].score("YEAR")]
        columns = [n for n in columns if len(set(self._body[n].values)) > 1 or len(columns) > 1
                   or len(self._body[n].values) < 4]  # fmt: skip
        columns.sort(key=lambda n: sum(map(int, self._body[n].values)) / len(self._body[n].values))
        free = [word for word in _YEARS if word not in self.words]
        if len(columns) > 1 and len(free) == 2:
            self._take(columns[0], "VYR", "years, the earlier of two such columns")
            self._take(columns[-1], "LIY", "years, the later of two such columns")
        elif columns and "LIY" in free and self._to_come(columns[0]):
            self._take(columns[0], "LIY", "years, none of them past")
        elif columns and "VYR" in free:
            self._take(columns[0], "VYR", "years; digits alone, so no plates")

    def _to_come(self, n: int) -> bool:
        years = map(int, self._body[n].values)
        return self._today is not None and min(years) >= self._today.year

    def _dates(self) -> None:
        columns = [n for n in sorted(self._open) if self._body[n].score("DATE")]
        free = [word for word in _DATES if word not in self.words]
        if not columns or "EXPIRES" not in free:
            for n in columns:
                self._why[n] = "dates, but another column is the expiry already"
                self._open.discard(n)
            return
        if len(columns) > 1:
            columns.sort(key=lambda n: _middle(self._body[n]))
            self._take(columns[-1], "EXPIRES", "the latest of several dates", 0.7)
            if "ENTERED" in free:
                self._take(columns[0], "ENTERED", "the earliest of several dates")
            for n in columns[1:-1]:
                self._why[n] = "dates between the earliest and the latest"
                self._open.discard(n)
        elif self._today is not None and _middle(self._body[columns[0]]) >= self._today:
            self._take(columns[0], "EXPIRES", "dates, most of them to come", 0.7)
        elif "ENTERED" in free:
            self._take(columns[0], "ENTERED", "dates, most of them past or not known to be to come")

    def _model(self) -> None:
        """The column right after the make, when it is text of its own."""
        if "VMA" not in self.words or "VMO" in self.words:
            return
        n = self.words.index("VMA") + 1
        if n in self._open and self._body[n].values:
            self._take(n, "VMO", "it follows the make")


def _meaning(word: str) -> str:
    return WORDS[word].partition(" (")[0].partition(",")[0]


def _middle(kinds: Kinds) -> date:
    days = [cell.day or date.max for v in kinds.values if not (cell := date_of(v)).problem]
    days = days or [date_of(v, "dmy").day or date.min for v in kinds.values]
    return sorted(days)[len(days) // 2]


def _contents(kinds: Kinds, word: str) -> str:
    share = f"{kinds.score(word):.0%}"
    blank = 1 - kinds.filled
    said = {
        "LIC": "what looks like plates",
        "LIS": f"names or codes of states ({share})",
        "VIN": f"VINs of 17 characters ({vin_checks(kinds.values):.0%} with a right check digit)",
        "NIC": "a letter and nine digits, as NCIC record numbers have, or another unique id",
        "ORI": "nine characters that begin with a state, as ORIs do",
        "OCA": "case numbers, a year and a number",
        "VMA": f"makes ({share})",
        "VCO": f"colors ({share})",
        "VST": "styles or types of body",
        "LIT": "plate types",
        "MKE": f"message keys ({share})",
        "CATEGORY": f"words for categories ({share})",
        "DATE": f"dates ({share})",
        "YEAR": "years",
        "ACTION": "additions and removals",
        "PRIORITY": "levels such as low and high",
        "REASON": "sentences",
    }.get(word, "its contents")
    return said + (f", {blank:.0%} blank" if blank >= 0.05 else "")
