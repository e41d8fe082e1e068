"""Machine code is kept for the next process, and never used once its source has changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import matchers

SAY = """
from matchers.index_keys import FOLDS, keys_of
from matchers.characters import codes_of
from matchers.folding import column
import numpy as np
keys = np.zeros(12, dtype=np.uint64)
found = keys_of(codes_of(column(["AB1"]))[0], FOLDS, keys)
stats = getattr(keys_of, "stats", None)
print(found, keys[0], sum(stats.cache_hits.values()) if stats else -1)
"""

TRAFFIC = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID
from numba.core.dispatcher import Dispatcher
from matchers.engine import match, warm_up

def signatures():
    modules = [m for name, m in list(sys.modules.items()) if name.startswith("matchers.")]
    of = {id(f): f for m in modules for f in vars(m).values() if isinstance(f, Dispatcher)}
    return sum(len(f.signatures) for f in of.values())

warm_up()
before = signatures()
from domain.entry import Entry
from domain.read import Read
from domain.vehicle import Guess, VehicleSeen
from hotlists.chunks import entry_ids, pack, unpack
from hotlists.columns import cells_from, rows_of
from hotlists.mapped import Opened, Writer
from matchers.index import Index
from matchers.tally import Tally
from matchers.thresholds import Thresholds
from matchers.watch import Generation, Memory, Watch
import numpy as np

NOW = datetime(2026, 11, 21, tzinfo=UTC)
listed = [
    Entry(entry_id=UUID(int=n), agency="A", source="s", category="local", priority=3,
          plate=plate, state="KS", make="FORD", color="BLU", style="4D")
    for n, plate in enumerate(["ABC123", "7XYZ890", ""])
]
keys = [str(n) for n in range(len(listed))]
rows = rows_of([{"key": k, **cells_from(e)} for k, e in zip(keys, listed, strict=True)])
with Writer(Path(sys.argv[1])) as writer:
    for data in pack(rows, entry_ids("A", "s", keys)):
        writer.add(unpack(data))
    writer.finish(np.array([], dtype=np.uint32))
opened = Opened(Path(sys.argv[1]), "A", "s", {"local": 3})
layers = {
    "s": Generation(1, "s", "s", "A", NOW, opened.entries, opened.index,
                    described=opened.described),
    "t": Generation(1, "t", "t", "A", NOW, listed, Index.build(listed), described=[2]),
    "u": Generation(1, "u", "u", "A", NOW, [], Index.build([])),
}
seen = VehicleSeen(make=(Guess("ford", 0.5),), color=(Guess("blue"),), body=(Guess("sedan"),))
plain = Read(read_id=UUID(int=1), agency="A", camera="c", seen_at=NOW, received_at=NOW,
             plate="ABC128", plate_raw="")
full = Read(read_id=UUID(int=2), agency="A", camera="c", seen_at=NOW, received_at=NOW,
            plate="XYZ890", plate_raw="", confidence=0.5, character_confidences=(0.9,) * 6,
            state="KS", state_confidence=0.5, candidates=(Guess("ABC123", 0.1),), vehicle=seen)
watch = Watch("A", layers, added={"s": layers["t"]}, memory=Memory(cameras={"c": 1.0}),
              thresholds=Thresholds(by_priority={3: -30}, standard=-20))
found = [*match([plain], watch, NOW), *match([full], watch, NOW, Tally()),
         *match([plain, full], watch, NOW)]
print(len(found), len({m.evidence.tier for m in found}), signatures() - before)
"""


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The package, and what it needs, as a copy of its own."""
    source = Path(matchers.__file__).parent
    for name in ("matchers", "domain"):
        shutil.copytree(
            source.parent / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    return tmp_path


def said(folder: Path, *arguments: str, text: str = SAY, **settings: str) -> list[int]:
    """What a process of its own prints: of SAY keys, the first of them, and what was found
    compiled (-1: nothing ever is)."""
    environment = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"}
    done = subprocess.run(
        [sys.executable, "-c", text, *arguments],
        cwd=folder,
        env={**environment, **settings, "PYTHONPATH": str(folder), "PYTHONSAFEPATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    return [int(word) for word in done.stdout.split()]


def kept_in(folder: Path) -> Path:
    return folder / "matchers" / "__pycache__" / "machine-code"


def test_the_next_process_finds_it_and_a_changed_number_is_compiled_anew(copied: Path) -> None:
    first = said(copied)
    again = said(copied)
    assert first[:2] == again[:2]
    assert (first[2], again[2]) == (0, 1)
    # Of another file than the function's own: Numba alone would not see it.
    characters = copied / "matchers" / "folding.py"
    changed = characters.read_text().replace('"8B")', '"8B", "MN")')
    assert changed != characters.read_text()
    characters.write_text(changed)
    assert said(copied)[2] == 0
    plate = copied / "domain" / "plate.py"
    plate.write_text(plate.read_text().replace("LIC_MAX = 10", "LIC_MAX = 9"))
    assert said(copied)[2] == 0
    assert len(list(kept_in(copied).iterdir())) == 3


def test_another_folder_may_be_named(copied: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    said(copied, NUMBA_CACHE_DIR=str(elsewhere))
    assert said(copied, NUMBA_CACHE_DIR=str(elsewhere))[2] == 1
    assert not kept_in(copied).exists()


def test_a_relative_folder_stays_where_it_was(copied: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    moved = SAY.replace("import numpy", "import os\nos.chdir('other')\nimport numpy")
    assert moved != SAY
    said(copied, text=moved, NUMBA_CACHE_DIR="mine")
    assert said(copied, text=moved, NUMBA_CACHE_DIR="mine")[2] == 1
    assert list((tmp_path / "other").iterdir()) == []


def test_without_any_folder_it_compiles_each_time(copied: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "a-file"
    blocked.write_text("")
    assert said(copied, NUMBA_CACHE_DIR=str(blocked))[2] == 0


@pytest.mark.parametrize("kind", ["nbi", "nbc"])
@pytest.mark.parametrize("bytes_left", [0, 40])
def test_what_is_damaged_is_compiled_anew(copied: Path, kind: str, bytes_left: int) -> None:
    first = said(copied)
    files = list(kept_in(copied).rglob(f"*.keys_of-*.{kind}"))
    assert files
    for file in files:
        file.write_bytes(file.read_bytes()[:bytes_left])
    again = said(copied)
    assert (again[:2], again[2]) == (first[:2], 0)
    assert said(copied)[2] == 1


@pytest.mark.parametrize("inner", [False, True])
@pytest.mark.parametrize("mode", [0o777, 0o775])
def test_a_folder_that_others_may_write_to_is_not_used(
    copied: Path, inner: bool, mode: int
) -> None:
    """What lies there is run: it could be anyone's."""
    said(copied)
    (folder,) = kept_in(copied).iterdir()
    assert folder.stat().st_mode & 0o77 == 0
    (folder if inner else folder.parent).chmod(mode)
    assert said(copied)[2] == 0


def test_a_link_instead_of_the_folder_is_not_used(copied: Path, tmp_path: Path) -> None:
    said(copied)
    (folder,) = kept_in(copied).iterdir()
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    assert said(copied)[2] == 0


def test_without_machine_code_the_same_comes_out(copied: Path) -> None:
    assert said(copied, NUMBA_DISABLE_JIT="1") == [*said(copied)[:2], -1]


def test_a_worker_that_is_warm_compiles_no_more(tmp_path: Path) -> None:
    """Not for a list in a file, one in memory, an empty one, a vehicle by its description, what
    cameras may leave out, or a threshold that is a whole number."""
    root = Path(matchers.__file__).parent.parent
    found, tiers, compiled = said(root, str(tmp_path / "g.bolo"), text=TRAFFIC)
    assert (found > 3, tiers > 1) == (True, True)
    assert compiled == 0
