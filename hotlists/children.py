"""Processes of ours that work on lists beside an event loop."""

from __future__ import annotations

import os
import sys


def child_environment() -> dict[str, str]:
    """What such a process gets: not our settings, of which some are secret."""
    kept = {k: v for k, v in os.environ.items() if not k.upper().startswith("BOLO_")}
    return {**kept, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
