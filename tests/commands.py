"""`bolo ...` as a person or a script runs it: a process of its own."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


async def bolo(
    *words: str, url: str, folder: Path | None = None, **settings: str
) -> tuple[int, str, str]:
    """Exit code, what was printed, what was said on the error output. It knows the database at
    `url`, no broker unless `settings` (BOLO_...) name one, and nothing of this shell's settings."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("BOLO_")}
    known = {"BOLO_DATABASE_URL": url, "BOLO_KAFKA": "127.0.0.1:9", "PYTHONPATH": str(ROOT)}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bolo", *words,
        env={**env, **known, **settings}, cwd=folder, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        out, err = await asyncio.wait_for(child.communicate(), 60)
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return child.returncode or 0, out.decode(), err.decode()
