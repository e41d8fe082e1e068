"""Settings: documented, complete, and silent about secrets."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError
from pydantic_core import PydanticUndefined

from bolo.settings import CONFIG, PREFIX, Settings, load, strangers
from domain.errors import BadInput

DOCS = Path(__file__).parents[2] / "docs" / "settings.md"
NEEDED = {"database_url": "postgresql://bolo:geheim@db/bolo", "kafka": "kafka:9092"}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment without settings, in a folder without a file of them."""
    for name in [n for n in os.environ if n.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def documented() -> dict[str, list[str]]:
    """The cells of each setting's row in docs/settings.md."""
    rows = re.findall(r"^\| `(BOLO_\w+)` \|(.+)\|$", DOCS.read_text(), re.MULTILINE)
    return {name: [cell.strip() for cell in cells.split("|")] for name, cells in rows}


def test_every_setting_is_documented_and_every_documented_one_is_there() -> None:
    assert set(documented()) == {PREFIX + name.upper() for name in Settings.model_fields}


def test_the_documented_defaults_are_the_real_ones() -> None:
    for name, field in Settings.model_fields.items():
        meaning, default, example = documented()[PREFIX + name.upper()]
        assert "" not in (meaning, example), name
        value = field.default
        if field.is_required():
            assert default == "required", name
        elif value is PydanticUndefined:
            assert default.startswith("the "), name
        elif value == "" or value == SecretStr(""):
            assert default == "none", name
        else:
            assert default == f"`{str(value).lower() if value is False else value}`", name


def test_every_documented_example_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, (_, _, example) in documented().items():
        if example.startswith("`") and example.endswith("`"):
            monkeypatch.setenv(name, example.strip("`"))
    monkeypatch.setenv("BOLO_TWILIO_ACCOUNT_SID", "AC" + "0" * 32)
    monkeypatch.setenv("BOLO_TWILIO_AUTH_TOKEN", "geheim")
    settings = load()
    assert settings.sms
    assert settings.partitions == 32


def test_what_is_missing_is_listed_in_one_go() -> None:
    with pytest.raises(BadInput) as refused:
        load()
    lines = str(refused.value).splitlines()
    assert lines[0] == "these settings need a look (docs/settings.md):"
    assert [line.split(":")[0] for line in lines[1:]] == [
        "  set BOLO_DATABASE_URL",
        "  set BOLO_KAFKA",
    ]


def test_the_environment_beats_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "elsewhere.toml"
    file.write_text('database_url = "postgresql://h/d"\nkafka = "file:1"\nconsole_port = 81\n')
    monkeypatch.setenv(CONFIG, str(file))
    monkeypatch.setenv("BOLO_KAFKA", "environment:1, second:2")
    settings = load()
    assert (settings.kafka, settings.console_port) == ("environment:1,second:2", 81)
    assert settings.public_url == "http://127.0.0.1:81"
    assert load(kafka="given:1").kafka == "given:1"


def test_a_bolo_toml_in_the_folder_is_read() -> None:
    Path("bolo.toml").write_text('database_url = "postgresql://h/d"\nkafka = "file:1"\n')
    assert load().kafka == "file:1"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("kafak = 'k:1'", "kafak is no setting; is kafka meant?"),
        ("zzz = 1", "zzz is no setting"),
        ("kafka = ", "bolo.toml is not TOML"),
        ("kafka = 9092", "BOLO_KAFKA (Kafka servers"),
    ],
)
def test_a_file_with_a_mistake_says_where(text: str, says: str) -> None:
    Path("bolo.toml").write_text(text)
    with pytest.raises(BadInput, match=re.escape(says)):
        load()


def test_a_file_that_is_not_there_or_not_text_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CONFIG, "nowhere.toml")
    with pytest.raises(BadInput, match="BOLO_CONFIG: there is no file nowhere"):
        load()
    Path("nowhere.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput, match="is not TOML"):
        load()


@pytest.mark.parametrize(
    "wrong",
    [
        {"database_url": "mysql://bolo:geheim@db/bolo"},
        {"kafka": "geheim"},
        {"kafka": "kafka://geheim:9092"},
        {"console_port": "geheim"},
        {"console_port": "65536"},
        {"database_pool": "0"},
        {"public_url": "geheim"},
        {"public_url": "ftp://geheim"},
        {"lease_minutes": "nan"},
        {"lease_minutes": "0"},
        {"log_level": "geheim"},
        {"webhook_allow_private": "geheim"},
    ],
)
def test_a_wrong_value_names_its_setting_and_does_not_repeat_itself(wrong: dict[str, str]) -> None:
    with pytest.raises(BadInput) as refused:
        load(**NEEDED | wrong)
    (name,) = wrong
    _, *lines = str(refused.value).splitlines()
    assert len(lines) == 1
    assert PREFIX + name.upper() in lines[0]
    assert "geheim" not in lines[0]


def test_no_secret_is_ever_shown() -> None:
    more: dict[str, Any] = {
        "twilio_account_sid": "AC1",
        "twilio_auth_token": "geheim",
        "twilio_from": "+16205550100",
        "public_url": "https://bolo.example.gov/",
    }
    settings = load(**NEEDED, **more)
    assert "geheim" in settings.database_url
    assert settings.twilio_auth_token.get_secret_value() == "geheim"
    assert "geheim" not in f"{settings!r} {settings}"
    assert settings.public_url == "https://bolo.example.gov"


def test_half_an_sms_gateway_says_what_is_missing() -> None:
    with pytest.raises(BadInput, match="SMS needs BOLO_TWILIO_AUTH_TOKEN and BOLO_TWILIO_FROM"):
        load(**NEEDED, twilio_account_sid="AC1")
    whole: dict[str, Any] = {
        "twilio_account_sid": "AC1",
        "twilio_auth_token": "x",
        "twilio_from": "+16205550100",
    }
    with pytest.raises(BadInput, match="SMS needs BOLO_PUBLIC_URL: phones cannot open"):
        load(**NEEDED, **whole)


def test_the_settings_cannot_be_changed() -> None:
    settings = load(**NEEDED)
    with pytest.raises(ValidationError, match="frozen"):
        settings.kafka = "other:1"


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOLO_CONSOLE_PORT", "")
    assert load(**NEEDED).console_port == 8000


def test_the_old_scheme_of_postgresql_is_taken() -> None:
    assert load(**NEEDED | {"database_url": "postgres://h/d"}).database_url == "postgresql://h/d"


def test_a_variable_that_is_no_setting_is_told() -> None:
    names = ["BOLO_KAFKA", "BOLO_CONFIG", "BOLO_KAFAK", "PATH"]
    assert strangers(names) == ["BOLO_KAFAK"]
