"""A watch list and traffic as they are on the road, for the path's benchmark: plates by the states'
series, makes, colors and bodies by how common they are, misreads as often as cameras make them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np

from bench.load import COLUMNS
from domain.ids import read_id
from domain.place import Place
from domain.read import Read
from domain.vehicle import Guess
from quality import noise, plates
from quality.generating import draw, see
from quality.innocents import draw_innocents
from quality.listed import EVIDENCE, Lexicon, reads
from quality.texts import texts

POOL = 50_000
"""Different innocent reads; a longer run meets them again, with other ids."""
CAMERAS = 16
SEED = 5


class Traffic:
    """`entries` wanted vehicles, and reads of which every nth is of the next wanted one."""

    def __init__(self, entries: int, agency: str) -> None:
        rng = np.random.default_rng(SEED)
        self._agency, self._lexicon = agency, Lexicon.standard()
        self._wanted = draw(entries, rng)
        passing = draw_innocents(POOL, self._wanted, noise.generic(), (), (SEED, 1)).seen
        hits = self._wanted.at(np.arange(min(entries, POOL)))
        exact = see(hits, texts(hits.plates), rng)
        self._innocent, self._hits = (
            reads(
                replace(s, sure={**s.sure, "plate": rng.beta(14.0, 1.5, len(s)).round(3)}),
                self._lexicon, frozenset(EVIDENCE), 0, len(s),
            )
            for s in (passing, exact)
        )  # fmt: skip

    def csv(self) -> bytes:
        """The list in NCIC columns."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS.split(","))
        wanted, code = self._wanted, self._lexicon.code
        looks = zip(
            wanted.makes.tolist(), wanted.bodies.tolist(), wanted.colors.tolist(), strict=True
        )
        for n, (text, state, (make, body, color)) in enumerate(
            zip(texts(wanted.plates), wanted.states.tolist(), looks, strict=True)
        ):
            writer.writerow(
                (
                    text, plates.STATES[state], "2027", "PC", "", "2019", code("make", make, n), "",
                    code("body", body, n), code("color", color, n), "KS0999900", f"V{n:09d}",
                    f"CF-{n}", "EV",
                )
            )  # fmt: skip
        return out.getvalue().encode()

    def reads(
        self, count: int, wanted_every: int, *, start: int = 0, seen_at: datetime | None = None
    ) -> Iterator[Read]:
        """`count` reads; each `wanted_every`th (0: none) is exactly of the next entry. Read n is
        seen n microseconds after `seen_at`."""
        base = seen_at or datetime.now(UTC)
        for n in range(start, start + count):
            if wanted_every and n % wanted_every == 0:
                one = self._hits[n // wanted_every % len(self._hits)]
            else:
                one = self._innocent[n % len(self._innocent)]
            at = base + timedelta(microseconds=n)
            camera = f"cam-{n % CAMERAS:02d}"
            yield msgspec.structs.replace(
                one,
                read_id=read_id(self._agency, camera, at, f"{one.plate}#{n}"),
                agency=self._agency,
                camera=camera,
                seen_at=at,
                received_at=at,
                candidates=(Guess(one.plate[:-1] + "X", 0.41),),
                place=Place(name="US-77 at 5th Ave", latitude=38.25, longitude=-97.0, heading=0.0),
            )
