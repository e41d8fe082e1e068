"""`bolo policy` as a person or a script runs it, and a policy that stops every start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from policy.loading import preset, presets

CONTRADICTORY = 'name = "Own"\npreset = "virginia"\n[retention]\nreads_days = 30\n'
NEEDED = {"BOLO_DATABASE_URL": "postgresql://bolo@127.0.0.1:9/bolo", "BOLO_KAFKA": "127.0.0.1:9"}


def bolo(folder: Path, *args: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("BOLO_")}
    return subprocess.run(
        [sys.executable, "-m", "bolo", *args],
        cwd=folder,
        env={**clean, "PYTHONPATH": str(Path(__file__).parents[2]), **env},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder with a contradictory policy and a good one."""
    (tmp_path / "bad.toml").write_text(CONTRADICTORY)
    (tmp_path / "good.toml").write_text('name = "Cedar Falls KS PD"\npreset = "kansas"\n')
    return tmp_path


def test_check_explains_the_configured_policy_without_any_other_setting(own: Path) -> None:
    done = bolo(own, "policy", "check", BOLO_POLICY="good.toml")
    assert done.returncode == 0, done.stderr
    assert "Cedar Falls KS PD, state KS, built on the preset kansas." in done.stdout
    assert "What can never be done" in done.stdout
    assert "standard" in bolo(own, "policy", "check").stdout


def test_check_reads_the_file_of_settings(own: Path) -> None:
    (own / "bolo.toml").write_text('policy = "illinois"\n')
    done = bolo(own, "policy", "check", "--json")
    assert json.loads(done.stdout)["preset"] == "illinois"


def test_a_contradiction_is_told_with_both_lines_and_exit_1(own: Path) -> None:
    done = bolo(own, "policy", "check", "bad.toml")
    assert done.returncode == 1
    assert "bad.toml:4: reads_days = 30" in done.stderr
    assert "policy/presets/virginia.toml:" in done.stderr
    assert "reads_days = 21" in done.stderr
    assert done.stdout == ""
    answer = json.loads(bolo(own, "policy", "check", "bad.toml", "--json").stdout)
    assert answer["ok"] is False
    ours, theirs = answer["problems"][0]["lines"]
    assert ours == {"file": "bad.toml", "line": 4, "text": "reads_days = 30"}
    assert theirs["file"] == "policy/presets/virginia.toml"


def test_check_as_json_has_every_group(own: Path) -> None:
    answer = json.loads(bolo(own, "policy", "check", "virginia", "--json").stdout)
    assert answer["ok"] is True
    assert answer["state"] == "VA"
    headings = [group["heading"] for group in answer["groups"]]
    assert "With whom things are shared" in headings
    assert all(group["sentences"] for group in answer["groups"])


@pytest.mark.parametrize("name", presets())
def test_check_of_a_preset_ends_with_what_is_left_to_the_agency(own: Path, name: str) -> None:
    done = bolo(own, "policy", "check", name)
    assert done.returncode == 0, done.stderr
    left = [f"  {sentence}" for sentence in preset(name).left_open]
    assert done.stdout.split("Left to the agency\n")[1].splitlines() == left


@pytest.mark.parametrize(
    ("name", "says"),
    [("nowhere.toml", "there is no file nowhere.toml"), ("virgina", "is virginia meant?")],
)
def test_a_policy_that_is_not_there_is_told(own: Path, name: str, says: str) -> None:
    done = bolo(own, "policy", "check", name)
    assert done.returncode == 1
    assert says in done.stderr


def test_a_file_that_is_no_text_is_told_with_its_line(own: Path) -> None:
    (own / "binary.toml").write_bytes(b'name = "A"\nstate = "\xff"\n')
    done = bolo(own, "policy", "check", "binary.toml")
    assert (done.returncode, "binary.toml:2: is not UTF-8" in done.stderr) == (1, True)


def test_explain_takes_an_entry_in_every_form(own: Path) -> None:
    pairs = "LIC=482KTB,LIS=KS,MKE=EV,reason=theft, at night"
    (own / "entry.json").write_text('{"LIC": "482KTB", "LIS": "KS", "MKE": "EV"}')
    said = [
        bolo(own, "policy", "explain", pairs).stdout,
        bolo(own, "policy", "explain", '{"LIC": "482KTB", "LIS": "KS", "MKE": "EV"}').stdout,
        bolo(own, "policy", "explain", "@entry.json").stdout,
        bolo(own, "policy", "explain", "-", stdin="LIC=482KTB\nLIS=KS\nMKE=EV\n").stdout,
    ]
    assert len(set(said)) == 1
    assert "Stolen vehicle (stolen-vehicle)" in said[0]
    assert "482" not in said[0]


def test_explain_as_json_and_by_another_policy(own: Path) -> None:
    done = bolo(own, "policy", "explain", "MKE=GANG", "--policy", "virginia", "--json")
    assert done.returncode == 0
    assert any("dropped before it is stored" in s for s in json.loads(done.stdout)["sentences"])


@pytest.mark.parametrize("entry", ["482KTB", "", "{", "@nowhere.json", "COLOUR=red"])
def test_explain_says_what_an_entry_looks_like(own: Path, entry: str) -> None:
    done = bolo(own, "policy", "explain", entry)
    assert done.returncode == 1
    assert done.stderr.startswith("bolo: ")
    assert "Traceback" not in done.stderr


def test_presets_are_listed_with_their_law(own: Path) -> None:
    text = bolo(own, "policy", "presets").stdout
    assert "Code of Virginia 2.2-5517 (HB 2724, 2025)" in text
    rows = json.loads(bolo(own, "policy", "presets", "--json").stdout)["presets"]
    assert rows[0]["preset"] == "standard"
    assert all(row["sources"] and row["left_open"] for row in rows)


@pytest.mark.parametrize(
    "role",
    [
        ("worker",),
        ("worker", "--group", "archive"),
        ("console",),
        ("courier",),
        ("up", "--data", "data"),
        ("demo", "--data", "data"),
    ],
)
def test_a_contradiction_stops_every_start_with_both_lines(
    own: Path, role: tuple[str, ...]
) -> None:
    done = bolo(own, *role, **NEEDED, BOLO_POLICY="bad.toml")
    assert done.returncode == 1
    assert "stops the start" in done.stderr
    assert "bad.toml:4: reads_days = 30" in done.stderr
    assert "reads_days = 21" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (own / "data").exists()


def test_a_prohibited_use_stops_the_start(own: Path) -> None:
    (own / "own.toml").write_text('name = "A"\n[message_keys]\nEDF = "wanted-person"\n')
    done = bolo(own, "worker", **NEEDED, BOLO_POLICY="own.toml")
    assert done.returncode == 1
    assert 'own.toml:3: EDF = "wanted-person"' in done.stderr


@pytest.mark.slow
def test_bolo_check_says_it_too(own: Path) -> None:
    done = bolo(own, "check", **NEEDED, BOLO_POLICY="bad.toml")
    assert done.returncode == 1
    assert "FAILED  policy: bad.toml:4: reads_days is 30 and may be 21 at most" in done.stdout
