"""A file that somebody names on the command line, read whole as long as it is not too large."""

from __future__ import annotations

import sys
from pathlib import Path

from domain.errors import BadInput


def read_file(name: str, largest: int) -> bytes:
    """The bytes of a file; "-" is the standard input. Raises BadInput when it cannot be read, or
    holds more than `largest` bytes: no more than that is ever in memory."""
    try:
        if name == "-":
            body = sys.stdin.buffer.read(largest + 1)
        else:
            with Path(name).open("rb") as opened:
                body = opened.read(largest + 1)
    except OSError as wrong:
        raise BadInput(name, f"cannot be read: {wrong.strerror}") from wrong
    if len(body) > largest:
        raise BadInput(name, f"is larger than {largest} bytes")
    return body
