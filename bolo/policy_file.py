"""The policy that BOLO_POLICY names: a preset, or the agency's own TOML file."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

from bolo.settings import PREFIX, config_file
from domain.errors import BadInput
from policy.loading import STANDARD, parse, preset, presets
from policy.model import Policy
from policy.schema import near

SETTING = f"{PREFIX}POLICY"
LARGEST = 1 << 20
"""Bytes of a policy file; one that a person can read is far smaller."""


def named(name: str) -> Policy:
    """A preset by its name, or the file at that path.

    Raises PolicyError with the lines for what is wrong in it, BadInput when there is no such thing.
    """
    if name in presets():
        return preset(name)
    file = Path(name)
    if not file.is_file():
        problem = f"there is no file {name}, and no such preset{near(name, presets())}"
        raise BadInput(SETTING, problem)
    try:
        with file.open("rb") as opened:
            data = opened.read(LARGEST + 1)
    except OSError as wrong:
        raise BadInput(SETTING, f"{name} cannot be read: {wrong.strerror}") from None
    if len(data) > LARGEST:
        raise BadInput(SETTING, f"{name} is larger than {LARGEST:,} bytes: no policy is")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as wrong:
        line = data.count(b"\n", 0, wrong.start) + 1
        raise BadInput(SETTING, f"{name}:{line}: is not UTF-8 text") from None
    return parse(text, name)


def configured_name() -> str:
    """What BOLO_POLICY says, or `policy` in the file of settings, without asking for the others."""
    said = os.environ.get(SETTING, "")
    if not said and config_file().is_file():
        try:
            said = str(tomllib.loads(config_file().read_text("utf-8")).get("policy", ""))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as wrong:
            raise BadInput(str(config_file()), f"cannot be read as TOML: {wrong}") from None
    return said or STANDARD
