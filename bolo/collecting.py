"""When the collector of cycles looks at a process that runs for long."""

from __future__ import annotations

import gc


def collect_seldom() -> None:
    """What was made so far stays as long as the process: the collector need not look at it again,
    which stops everything for 0.1 s. Nor need it come every 700 objects: reads come by the
    thousand, and without cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
