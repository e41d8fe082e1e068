"""`bolo cameras try`: what it tells of a message, for a person and for a script."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cameras.trying import UNNAMED, tried
from tests.camera_samples import Sample
from tests.camera_samples_xml import (
    BOUNDARY,
    HIKVISION_FORM,
    JUNCTION,
    VERKADA,
    alert,
    anpr,
    coded,
    without,
)
from tests.unit.test_camera_contract import EACH, NOW


@pytest.mark.parametrize(("name", "sample"), EACH)
def test_every_sample_is_told(name: str, sample: Sample) -> None:
    trial = tried(sample.body, sample.content_type, zone="America/Chicago", now=NOW)
    assert (trial.vendor, trial.problem) == (name, None)
    plain = json.loads(json.dumps(trial.plain()))
    assert len(plain["reads"]) == sample.reads
    for read in plain["reads"]:
        assert read["time"].endswith("Z")
        assert read["confidence"] is None or 0 <= read["confidence"] <= 1


def test_a_message_is_told_whole() -> None:
    plain = tried(HIKVISION_FORM, now=NOW).plain()
    assert plain["vendor"] == "hikvision"
    (read,) = plain["reads"]
    assert (read["plate"], read["plate_raw"], read["confidence"]) == ("482KTB", "482 KTB", 0.5)
    assert read["time"] == "2026-11-22T03:02:09Z"
    assert read["character_confidences"] == [0.9, 0.8, 0.7, 0.99, 0.99, 0.4], "without the blank's"
    assert read["vehicle"]["color"] == [{"value": "white", "confidence": None}]
    assert read["images"][0]["kind"] == "plate"
    assert plain["problem"] is None


def test_a_local_time_is_read_in_the_zone_that_is_named() -> None:
    event = coded(without(JUNCTION, "RealUTC")).encode()
    there = tried(event, zone="America/Chicago", now=NOW)
    assert there.plain()["reads"][0]["time"] == "2026-11-22T03:02:09Z"
    nowhere = tried(event, now=NOW)
    assert nowhere.plain()["reads"][0]["time"] == "2026-11-21T21:02:09Z"
    assert "--zone" in nowhere.notes[0]


def test_what_the_intake_would_refuse_for_its_time_is_told_with_a_note() -> None:
    late = tried(alert(anpr()), now=NOW + timedelta(days=1000))
    early = tried(alert(anpr()), now=NOW - timedelta(days=3))
    assert len(late.reads) == len(early.reads) == 1
    assert "older than 731 days" in late.notes[0]
    assert "future" in early.notes[0]


def test_what_is_wrong_or_not_known_is_told() -> None:
    bad = tried(alert(anpr()).replace(b">50<", b">500<"), now=NOW).plain()
    assert (bad["vendor"], bad["problem"]["field"]) == ("hikvision", "ANPR.confidenceLevel")
    unknown = tried(json.dumps(VERKADA["data"]).encode(), now=NOW).plain()
    assert unknown["vendor"] is None
    assert "Verkada" in unknown["resembles"][0]
    noise = tried(b"\xff\xfe\x00", now=NOW).plain()
    assert (noise["vendor"], noise["problem"]["field"]) == (None, "body")


def test_a_camera_that_is_not_named_is_the_tokens() -> None:
    trial = tried(coded(without(JUNCTION, "TrafficCar")).encode(), now=NOW)
    assert trial.plain()["reads"][0]["camera"] == ""
    assert trial.reads[0][0].camera == UNNAMED
    assert "own token" in " ".join(trial.notes)


def run(*words: str, stdin: bytes = b"", cwd: Path) -> subprocess.CompletedProcess[bytes]:
    """The command as a process of its own, in an environment without any setting."""
    return subprocess.run(
        [sys.executable, "-m", "bolo", "cameras", "try", *words],
        input=stdin,
        capture_output=True,
        timeout=60,
        cwd=cwd,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "LANG": "C"},
    )


def test_the_command_needs_no_setting_and_says_by_its_exit_whether_it_knows_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "anpr.bin").write_bytes(HIKVISION_FORM)
    told = run("anpr.bin", cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    assert b"hikvision" in told.stdout
    assert b"482KTB" in told.stdout
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    script = run("-", "--json", "--content-type", kind, stdin=HIKVISION_FORM, cwd=tmp_path)
    plain: dict[str, Any] = json.loads(script.stdout)
    assert (plain["vendor"], script.returncode) == ("hikvision", 0)
    unknown = run("-", stdin=json.dumps(VERKADA["data"]).encode(), cwd=tmp_path)
    assert unknown.returncode == 1
    assert b"looks like the data of a Verkada webhook" in unknown.stdout
    for words in (("missing.json",), ("anpr.bin", "--zone", "Mars/Olympus")):
        refused = run(*words, cwd=tmp_path)
        assert (refused.returncode, refused.stdout) == (1, b"")
        assert refused.stderr.startswith(b"bolo: ")
