"""A data folder that one bolo at a time may use: made, tested for writing, and locked."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from domain.errors import CannotStart


class FolderLock:
    """An flock on ``folder/NAME.lock``, which holds the pid of its owner.

    The kernel drops an flock when its owner ends in any way, so it cannot be stale; the pid is only
    for the message of whoever comes second.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.path = folder / f"{name}.lock"
        self._file: int | None = None

    def acquire(self) -> None:
        """Make the folder and take the lock. Raises CannotStart, saying who holds it."""
        if self._file is not None:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as problem:
            msg = (
                f"the data folder {self.folder} cannot be written: {problem.strerror}."
                " Choose another folder, or give this user the right to write there."
            )
            raise CannotStart(msg) from problem
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(file, 32).decode(errors="replace").strip() or "unknown"
            os.close(file)
            msg = (
                f"the data folder {self.folder} is in use by another bolo (process {holder})."
                " Stop that one first, or choose another folder."
            )
            raise CannotStart(msg) from None
        except OSError as problem:
            os.close(file)
            msg = f"the data folder {self.folder} cannot be locked: {problem.strerror}"
            raise CannotStart(msg) from problem
        os.ftruncate(file, 0)
        os.write(file, f"{os.getpid()}\n".encode())
        self._file = file

    def release(self) -> None:
        """Give it back. The file stays: to remove it would race with whoever takes it next."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
