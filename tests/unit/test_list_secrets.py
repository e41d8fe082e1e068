"""Secrets and keys of lists: from the environment to a refresh, and nowhere else."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from bolo import list_key
from bolo.settings import PREFIX, load, secrets, strangers
from bolo.wiring import means
from domain.errors import BadInput, CannotStart
from hotlists.sealing import key_of, new_key
from hotlists.settings import check_settings

NEEDED = {"database_url": "postgresql://bolo@db/bolo", "kafka": "kafka:9092"}


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [n for n in os.environ if n.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_secrets_come_from_the_environment_and_do_not_show() -> None:
    environment = {
        "BOLO_SECRET_COUNTY": "geheim",
        "BOLO_SECRET_": "x",
        "BOLO_SECRET_NO": "",
        "A": "",
    }
    found = secrets(environment)
    assert {name: value.get_secret_value() for name, value in found.items()} == {"COUNTY": "geheim"}
    assert "geheim" not in repr(found)
    assert strangers([*environment, "BOLO_SECERT_X"]) == ["BOLO_SECERT_X"]


def test_a_refresh_gets_policy_key_and_secrets_and_shows_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = new_key()
    monkeypatch.setenv("BOLO_LIST_KEY", key)
    monkeypatch.setenv("BOLO_SECRET_COUNTY", "geheim")
    settings = load(**NEEDED, policy="new-hampshire")
    made = means(settings)
    assert made.key == key_of(key)
    assert made.secrets == {"COUNTY": "geheim"}
    assert made.policy.preset == "new-hampshire"
    shown = f"{made!r} {settings!r}"
    assert "geheim" not in shown
    assert key not in shown
    monkeypatch.delenv("BOLO_LIST_KEY")
    assert means(load(**NEEDED)).key is None


def test_a_key_that_is_none_is_said_without_it() -> None:
    with pytest.raises(BadInput, match="32 random bytes in base64") as wrong:
        load(**NEEDED, list_key="geheim")
    assert "geheim" not in str(wrong.value)


@pytest.mark.parametrize("secret", ["county", "BOLO SECRET", "1X", 7, "A" * 65, "pass-word"])
def test_a_list_names_its_secret_and_does_not_hold_it(secret: object) -> None:
    check_settings("table", {"secret": "COUNTY_SFTP"})
    with pytest.raises(BadInput, match="name of a secret"):
        check_settings("table", {"secret": secret})


def test_a_folder_gets_a_key_of_its_own_that_only_its_owner_may_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = list_key.of_folder(tmp_path)
    assert len(key_of(made["BOLO_LIST_KEY"])) == 32
    assert stat.S_IMODE((tmp_path / "list.key").stat().st_mode) == 0o600
    assert list_key.of_folder(tmp_path) == made
    with pytest.raises(CannotStart, match=r"list\.key"):
        list_key.of_folder(tmp_path / "nowhere")
    (tmp_path / "bolo.toml").write_text(f'list_key = "{new_key()}"\n')
    assert list_key.of_folder(tmp_path) == {}
    (tmp_path / "bolo.toml").unlink()
    monkeypatch.setenv("BOLO_LIST_KEY", new_key())
    assert list_key.of_folder(tmp_path) == {}
