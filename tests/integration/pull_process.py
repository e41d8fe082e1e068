"""One pull in a process of its own, so that it may be killed at any moment.

    python -m tests.integration.pull_process URL AGENCY LIST TOKEN

"done OUTCOME" is printed at the end.
"""

from __future__ import annotations

import asyncio
import sys

from domain.clock import system_clock
from hotlists import store
from hotlists.fetching import fetch
from hotlists.refresh import Means
from storage.postgres import Database
from tests.integration.installation import SECRET, SHARES


async def main(url: str, agency: str, name: str, token: str) -> None:
    means = Means(policy=SHARES, secrets={SECRET: token})
    async with Database(url, size=3) as db:
        async with db.connection() as conn:
            source = await store.source_named(conn, agency, name)
        result = await fetch(db, source, by="killed", now=system_clock(), means=means)
    print("done", result.outcome if result else "unchanged", flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
