"""Which category each row of a table is of, and which rows are never held."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hotlists.category_cells import PROHIBITED, CategoryRules
from hotlists.memo import Memo
from hotlists.policing import may_hold_key
from hotlists.tables import Layout
from policy.prohibited import is_key, why_prohibited_use

_CUTS = re.compile(r"[,;|\t]")
"""What stands in no plate, and between cells."""


class Kinds:
    """The categories of a table's rows, by its layout and the category rules of its source."""

    def __init__(self, layout: Layout, rules: CategoryRules) -> None:
        self._layout = layout
        self._template = template = layout.template
        self._presumed = not {"MKE", "MNP", "CATEGORY"}.isdisjoint(template.defaults)
        self._category: Memo[str] = Memo(lambda said: rules.code(said[0], said[1], "", said[2]))
        self._origin: Memo[bool] = Memo(rules.prohibited_origin)
        self._use: Memo[str] = Memo(why_prohibited_use)

    def of(self, columns: dict[str, Sequence[str]], count: int) -> list[str]:
        """The category of each of `count` rows; PROHIBITED, or "" where nothing tells."""
        kinds = [columns.get(word) or [""] * count for word in ("MKE", "MNP", "CATEGORY")]
        categories = list(map(self._category.__getitem__, zip(*kinds, strict=True)))
        origins = columns.get("ORI", ())
        never = {ori for ori in set(origins) if ori and self._origin[ori]}
        for n, ori in enumerate(origins if never else ()):
            if ori in never:
                categories[n] = PROHIBITED
        return categories

    def dropped(
        self,
        categories: list[str],
        cells: Sequence[Sequence[str]],
        lines: list[str],
        problems: dict[int, str],
    ) -> set[int]:
        """Which rows are never held: those of a prohibited category, also where its key stands
        under another heading (a plate may spell anything) and no more than a default says
        otherwise; and those whose reason names a prohibited use and nothing else than a default, or
        "local", says what they are."""
        if not self._presumed and {PROHIBITED, "", "local"}.isdisjoint(categories):
            return set()
        reasons = [n for n, word in enumerate(self._layout.columns) if word == "REASON"]
        dropped = set()
        for n, category in enumerate(categories):
            if n in problems:
                continue
            untold = not category or self._presumed
            if (
                category == PROHIBITED
                or (untold and self._key_elsewhere(cells[n], lines[n]))
                or (
                    (untold or category == "local")
                    and any(self._use[cells[n][at]] for at in reasons)
                )
            ):
                dropped.add(n)
        return dropped

    def _key_elsewhere(self, cells: Sequence[str], line: str) -> bool:
        """Whether a message key that is never held stands anywhere but in the plate."""
        if not may_hold_key(line, self._layout.delimiter if not self._template.positions else ""):
            return False
        plates = [n for n, word in enumerate(self._layout.columns) if word == "LIC"]
        if self._template.positions:
            for at in plates:
                start, end = self._template.positions[at]
                line = line[:start] + " " * len(line[start:end]) + line[end:]
            cells = [*cells, *line.split()]  # also what is cut in two, or in no column at all
        if any(is_key(cell) for at, cell in enumerate(cells) if at not in plates):
            return True
        joined = [part for at in plates for part in _CUTS.split(cells[at])]
        return len(joined) > len(plates) and any(map(is_key, joined))
