"""Inner loops as machine code: functions that Numba compiles at their first call.

What was compiled is kept in a folder for the next process, which then starts in a fraction of a
second. The folder is named by the text of every module here, and of what they take numbers from:
Numba itself looks only at the file a function is in, and would go on with old code when a function
or number that it uses has changed.

Whoever can write to the folder decides what this process runs: one that others may write to is not
used. What is damaged in it is compiled anew.
"""

from __future__ import annotations

import logging
import os
import shutil
import stat
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core.caching import FunctionCache

from domain import plate

Function = TypeVar("Function", bound=Callable[..., Any])

HERE = Path(__file__).parent
KEPT = 4
"""Folders of other texts that stay, the last ones used: a deployment and the one before it may run
side by side."""

_OTHERS = stat.S_IWGRP | stat.S_IWOTH


class _Kept(FunctionCache):  # type: ignore[misc]
    """Numba's own, but nothing that is wrong with the folder (damaged, full, deleted meanwhile)
    keeps a function from being compiled and called."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # what a damaged file raises when it is read may be anything
            with suppress(OSError):
                self.flush()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        with suppress(Exception):  # kept or not, it is compiled
            super().save_overload(sig, data)


def compiled(function: Function) -> Function:
    """The function as machine code. It may use numbers, tuples, arrays that it is handed, and other
    such functions. Nothing in it checks bounds; it lets other threads run meanwhile."""
    return _made(function, counts=False)


def compiled_making(function: Function) -> Function:
    """The same for a function that makes arrays, which is slower: it counts who uses every array
    that it touches."""
    return _made(function, counts=True)


def _made(function: Function, *, counts: bool) -> Function:
    made = numba.njit(nogil=True, error_model="numpy", _nrt=counts)(function)
    if _KEEPS and made is not function:  # it is, where NUMBA_DISABLE_JIT is set
        made._cache = _Kept(function)
    return cast(Function, made)


def _keeps() -> bool:
    """Whether there is a folder to keep machine code in, told to Numba if so. NUMBA_CACHE_DIR says
    where; else it is beside this file."""
    base = Path(numba.config.CACHE_DIR or HERE / "__pycache__" / "machine-code").absolute()
    folder = base / _name()
    try:
        base.parent.mkdir(parents=True, exist_ok=True)
        base.mkdir(mode=0o755, exist_ok=True)
        if not _safe(base, shared=True):
            return False
        folder.mkdir(mode=0o700, exist_ok=True)
        if not _safe(folder) or not os.access(folder, os.W_OK):
            return False
        os.utime(folder)
    except OSError:
        return False
    numba.config.CACHE_DIR = str(folder)
    _forget(base, folder)
    return True


def _safe(folder: Path, *, shared: bool = False) -> bool:
    """Whether nobody but this user and root can put anything else there. `shared`: or into which
    all may, but nobody touches what is another's (as /tmp): what lies in it is asked by itself."""
    about = folder.stat(follow_symlinks=shared)
    roots = about.st_uid == 0
    if (roots or about.st_uid == os.geteuid()) and not about.st_mode & _OTHERS:
        return True
    if shared and roots and about.st_mode & stat.S_ISVTX:
        return True
    logging.getLogger(__name__).warning(
        "Machine code is not kept in %s, to which others may write: it is made at each start.",
        folder,
    )
    return False


def _name() -> str:
    text = sha256()
    for path in (*sorted(HERE.glob("*.py")), Path(plate.__file__)):
        text.update(path.read_bytes())
    return f"bolo-{text.hexdigest()[:16]}"


def _forget(base: Path, folder: Path) -> None:
    others = [one for one in base.glob("bolo-*") if one != folder]
    with suppress(OSError):
        for old in sorted(others, key=lambda one: one.stat().st_mtime)[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)


_KEEPS = _keeps()
