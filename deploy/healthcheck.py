"""Whether this container's role is alive: exit 0 when its /healthz answers 200, else 1.

The standard library only, so that a broken environment cannot look healthy. /healthz and not
/readyz: a database that is away for a minute is no reason to kill the process that waits for it.
"""

from __future__ import annotations

import os
import sys
from urllib.error import URLError
from urllib.request import urlopen


def main() -> int:
    """Ask the ops port and the console's, whichever the settings name."""
    named = (int(os.environ.get(name) or 0) for name in ("BOLO_OPS_PORT", "BOLO_CONSOLE_PORT"))
    return 0 if all(alive(port) for port in [p for p in named if p] or [8000]) else 1


def alive(port: int) -> bool:
    """Whether /healthz at this port answers 200 within two seconds."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, TimeoutError, ConnectionError):
        return False


if __name__ == "__main__":
    sys.exit(main())
