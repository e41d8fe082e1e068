"""`bolo hotlists preview` and `templates` as a person or a script runs them, without settings."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import pyzipper
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import BadInput
from hotlists.guessing import guess
from hotlists.layouts import LAYOUTS
from hotlists.previewing import preview
from hotlists.templates import Template

FILE = """Plate Number,State,Make,Model,Colour,Status,Expires
482 KTB,Kansas,Chevy,Malibu,Silver,Stolen,12/31/2026
7GHT219,MO,Ford,F-150,White,Wanted person,01/15/2027
,KS,Ford,Focus,Red,Stolen,01/15/2027
SECRET1,KS,Kia,Soul,Green,Immigration Violator,01/15/2027
XYZ987,NE,Kia,Soul,Green,Missing person,13/15/2027
LM?123,NE,Kia,Soul,Green,Amber Alert,02/01/2027
"""
NOT_A_DATE = "the expiry is not a date (YYYY-MM-DD, YYYYMMDD or MM/DD/YYYY)"


def bolo(*arguments: str | Path, **extra: str) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own, with no BOLO_ setting in its environment."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("BOLO_")}
    command = [sys.executable, "-m", "bolo", "hotlists", *map(str, arguments)]
    return subprocess.run(
        command, env={**env, **extra}, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture
def list_file(tmp_path: Path) -> Path:
    path = tmp_path / "today.csv"
    path.write_text(FILE)
    return path


def test_a_guess_is_shown_with_its_reasons_and_how_to_confirm_it(list_file: Path) -> None:
    ran = bolo("preview", list_file)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "Column 1, Plate Number, is LIC (plate)" in ran.stdout
    assert "row 1: 482KTB  KS  stolen-vehicle" in ran.stdout
    assert "row 4: never held" in ran.stdout
    assert "--save template.json" in ran.stdout
    assert "SECRET1" not in ran.stdout
    assert "Immigration" not in ran.stdout


def test_json_has_the_columns_as_understood_and_the_first_entries(list_file: Path) -> None:
    ran = bolo("preview", list_file, "--json")
    assert ran.returncode == 0
    said: dict[str, Any] = json.loads(ran.stdout)
    assert (said["guessed"], said["understood"], said["whole_file"]) == (True, True, True)
    assert [c["word"] for c in said["columns"]] == [
        "LIC", "LIS", "VMA", "VMO", "VCO", "CATEGORY", "EXPIRES",
    ]  # fmt: skip
    assert said["columns"][0]["header"] == "Plate Number"
    assert said["columns"][0]["position"] == 1
    assert said["columns"][0]["examples"] == ["482 KTB", "7GHT219", "XYZ987"]
    assert [e["category"] for e in said["entries"]] == ["stolen-vehicle", "wanted-person", "amber"]
    assert (said["entries"][0]["plate"], said["entries"][0]["state"]) == ("482KTB", "KS")
    assert said["entries"][2]["pattern"] == "LM?123"
    assert (said["rows"], said["prohibited"], said["accepted"]) == (6, 1, 3)
    assert said["rejected"] == {"no plate (LIC is empty)": 1, NOT_A_DATE: 1}
    assert "SECRET1" not in ran.stdout
    assert said["rows"] == said["accepted"] + sum(said["rejected"].values()) + said["prohibited"]


def test_a_saved_guess_is_the_template_of_the_next_look(list_file: Path, tmp_path: Path) -> None:
    saved = tmp_path / "template.json"
    assert bolo("preview", list_file, "--save", saved).returncode == 0
    again = bolo("preview", list_file, "--template", saved, "--json")
    said = json.loads(again.stdout)
    assert (said["guessed"], said["because"], said["rows"]) == (False, [], 6)
    assert said["template"] == json.loads(saved.read_text())
    refused = bolo("preview", list_file, "--save", saved)
    assert refused.returncode == 1
    assert "exists already" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--template", "gentec"], "did you mean genetec"),
        (["--template", "nowhere.json"], "cannot be read"),
        (["--template", "genetec", "--guess"], "leave out --template"),
        (["--password-env", "NOT_THERE"], "no NOT_THERE"),
    ],
)
def test_a_mistake_is_one_clear_line(list_file: Path, arguments: list[str], said: str) -> None:
    ran = bolo("preview", list_file, *arguments)
    assert ran.returncode == 1
    assert said in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_what_is_not_understood_exits_1(tmp_path: Path) -> None:
    names = tmp_path / "names.csv"
    names.write_text("name,phone\nSmith,+1 316 555 0100\nJones,+1 316 555 0101\n")
    ran = bolo("preview", names)
    assert ran.returncode == 1
    assert "No column looks like plates" in ran.stdout
    ran = bolo("preview", names, "--json")
    assert (ran.returncode, json.loads(ran.stdout)["template"]) == (1, None)
    missing = bolo("preview", tmp_path / "no.csv")
    assert (missing.returncode, missing.stderr.count("\n")) == (1, 1)


def test_a_zip_with_a_password_is_opened_with_the_one_in_the_environment(tmp_path: Path) -> None:
    out = io.BytesIO()
    with pyzipper.AESZipFile(out, "w", encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(b"correct horse")
        archive.writestr("today.csv", FILE)
    path = tmp_path / "today.zip"
    path.write_bytes(out.getvalue())
    assert "needs a password" in bolo("preview", path).stderr
    wrong = bolo("preview", path, "--password-env", "LIST_PASSWORD", LIST_PASSWORD="horse")
    assert "password is wrong" in wrong.stderr
    right = bolo("preview", path, "--password-env", "LIST_PASSWORD", LIST_PASSWORD="correct horse")
    assert right.returncode == 0
    assert "row 1: 482KTB" in right.stdout


def test_of_a_large_file_whole_lines_of_the_beginning_are_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "large.csv.gz"
    rows = "".join(f"AB{n:05}K,KS,STOLEN VEHICLE\n" for n in range(90_000))
    path.write_bytes(gzip.compress(b"Plate,State,Category\n" + rows.encode()))
    said = json.loads(bolo("preview", path, "--json", "--rows", "2").stdout)
    assert said["whole_file"] is False
    assert said["rows"] == said["accepted"] > 30_000
    assert [e["plate"] for e in said["entries"]] == ["AB00000K", "AB00001K"]


def test_the_known_layouts_are_listed_with_their_columns_and_sources() -> None:
    ran = bolo("templates")
    assert ran.returncode == 0
    for name, known in LAYOUTS.items():
        assert f"{name}: {known.title}" in ran.stdout
    listed = json.loads(bolo("templates", "--json").stdout)
    assert {one["name"] for one in listed} == set(LAYOUTS)


FILES = {
    "genetec": "Stolen Vehicle;QC;DEF228;2026-01-31;2027-01-31;ID_1\n",
    "genetec-header": "Category;PlateState;PlateNumber;EffectiveDate;ExpiryDate;PermitID\n"
    "Stolen Vehicle;QC;DEF228;2026-01-31;2027-01-31;ID_1\n",
    "genetec-fixed": f"{'Wanted Person':<20}QC{'DEF228':<10}2026-01-312027-01-31{'ID_1':<20}\n",
    "flock": "plate,reason,caseNumber,expiry,state,note\n"
    "o0o,warrant,26-1,2027-01-31T00:00:00Z,kansas,blue car\n",
    "vigilant": "Hot Plate,State,Alert,Priority,Notes,Expires\n"
    "ABC123,KS,Stolen Plate,High,,12/31/2027\n",
    "vigilant-incremental": "Hot Plate,State,Alert,Priority,Notes,Expires,Action\n"
    "ABC123,KS,Stolen Plate,High,,12/31/2027,Add\nKLM456,KS,Stolen Plate,High,,,Remove\n",
    "milestone": "# today\nPlate Number,Description\nABC123,left the scene\n",
    "police-csv": "ABC123,Blue,Toyota,Hilux,2011,Utility,2026-11-02,Waikato\n",
    "ncic": "LIC,LIS,MKE\nABC123,NE,EL\n",
}
EXPECTED = {
    "genetec": ("DEF228", "PQ", "stolen-vehicle"),
    "genetec-header": ("DEF228", "PQ", "stolen-vehicle"),
    "genetec-fixed": ("DEF228", "PQ", "wanted-person"),
    "flock": ("O0O", "KS", "local"),
    "vigilant": ("ABC123", "KS", "stolen-plate"),
    "vigilant-incremental": ("ABC123", "KS", "stolen-plate"),
    "milestone": ("ABC123", "", "local"),
    "police-csv": ("ABC123", "", "stolen-vehicle"),
    "ncic": ("ABC123", "NB", "stolen-plate"),
}


@pytest.mark.parametrize("name", sorted(LAYOUTS))
def test_each_known_layout_reads_a_file_of_its_kind(name: str) -> None:
    seen = preview(FILES[name].encode(), LAYOUTS[name].template)
    (entry,) = [row.entry for row in seen.rows if row.entry is not None]
    assert (entry["plate"], entry.get("state", ""), entry["category"]) == EXPECTED[name]
    assert seen.understood
    if name == "flock":
        assert (entry["reason"], entry["expires_on"]) == ("warrant; blue car", "2027-01-31")


def test_the_first_rows_and_the_counts_are_of_one_mind() -> None:
    guessed = guess(FILE.encode()).template
    assert guessed is not None
    seen = preview(FILE.encode(), guessed, rows=100)
    assert sum(row.entry is not None for row in seen.rows) == seen.found.accepted
    assert sum(bool(row.rejected) for row in seen.rows) == sum(seen.found.rejected.values())
    assert sum(row.prohibited for row in seen.rows) == seen.found.prohibited
    shown = str(seen.columns) + str(seen.rows)
    assert "SECRET1" not in shown
    assert "Immigration" not in shown


_TEMPLATES = st.sampled_from([known.template for known in LAYOUTS.values()])


@given(
    st.binary(max_size=300)
    | st.text(alphabet='ABC12,;\n" ?*K\u00e9#', max_size=200).map(str.encode),
    _TEMPLATES,
)
@settings(max_examples=300, deadline=None)
def test_any_bytes_at_all_have_a_preview_in_which_every_row_is_counted(
    data: bytes, template: Template
) -> None:
    seen = preview(data, template, rows=5)
    found = seen.found
    assert found.accepted + sum(found.rejected.values()) + found.prohibited == found.rows


@given(st.binary(max_size=300))
@settings(max_examples=100, deadline=None)
def test_a_guess_can_always_be_previewed(data: bytes) -> None:
    guessed = guess(data).template
    if guessed is not None:
        try:
            preview(data, guessed)
        except BadInput as bad:  # pragma: no cover - the message is the finding
            pytest.fail(str(bad))
