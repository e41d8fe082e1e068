"""A refresh in a process of its own, so that it may be killed at any moment.

    python -m tests.integration.refresh_process URL AGENCY LIST FILE SECONDS

The file arrives in 20 pieces over that many seconds; "begun" is printed when the first is asked
for, "done OUTCOME" at the end.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from hotlists import store
from hotlists.refresh import Means, refresh
from storage.postgres import Database
from tests.lists import KEY, NOW

PIECES = 20


async def main(url: str, agency: str, name: str, file: str, seconds: str) -> None:
    data = Path(file).read_bytes()

    async def arriving() -> AsyncIterator[bytes]:
        print("begun", flush=True)  # noqa: T201
        size = -(-len(data) // PIECES)
        for start in range(0, len(data), size):
            yield data[start : start + size]
            await asyncio.sleep(float(seconds) / PIECES)

    async with Database(url, size=3) as db:
        async with db.connection() as conn:
            source = await store.source_named(conn, agency, name)
        result = await refresh(db, source, arriving(), by="killed", now=NOW, means=Means(key=KEY))
    print("done", result.outcome, flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
