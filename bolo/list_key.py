"""The key of kept original list files, where bolo brings its own servers and nobody set one."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

from bolo.settings import PREFIX, config_file
from domain.errors import CannotStart
from hotlists.sealing import new_key

SETTING = f"{PREFIX}LIST_KEY"
FILE = "list.key"


def of_folder(folder: Path) -> dict[str, str]:
    """The setting with the folder's own key, made at the first start (mode 0600); {} when the
    environment or the file of settings has one. Raises CannotStart."""
    if os.environ.get(SETTING) or _configured():
        return {}
    path = folder / FILE
    try:
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            return {SETTING: path.read_text("ascii").strip()}
        key = new_key()
        with os.fdopen(file, "w") as out:
            out.write(f"{key}\n")
    except (OSError, UnicodeDecodeError) as wrong:
        msg = f"the key of the lists, {path}, cannot be read or made: {wrong}"
        raise CannotStart(msg) from wrong
    return {SETTING: key}


def _configured() -> bool:
    try:
        return bool(tomllib.loads(config_file().read_text("utf-8")).get("list_key"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError):
        return False  # whoever needs the settings says what is wrong with the file
