"""The open OCR engines that read the drawn plates, each many pictures at a time."""

from __future__ import annotations

import json
import os
import shutil
import string
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from quality.learning.errors import ToolMissing
from quality.learning.hocr import readings
from quality.learning.pairs import Reading

ALLOWED = string.ascii_uppercase + string.digits
BATCH = 200
"""Pictures a process of tesseract; it starts slowly."""


def tesseract(pictures: Sequence[Path]) -> list[Reading]:
    """Debian's tesseract-ocr (Apache-2.0), a line of A-Z and 0-9, with what it nearly chose.

    One reading a picture, in order; an unreadable picture gives an empty text. One core.
    """
    if not shutil.which("tesseract"):
        raise ToolMissing("tesseract", "apt-get install tesseract-ocr tesseract-ocr-eng")
    found: list[Reading] = []
    for start in range(0, len(pictures), BATCH):
        batch = pictures[start : start + BATCH]
        with tempfile.TemporaryDirectory() as folder:
            listing = Path(folder) / "list.txt"
            listing.write_text("\n".join(str(p) for p in batch))
            command = [
                "tesseract", str(listing), str(Path(folder) / "out"), "--psm", "7",
                "-c", f"tessedit_char_whitelist={ALLOWED}", "-c", "lstm_choice_mode=2",
                "-c", "hocr_char_boxes=1", "-c", "load_system_dawg=0", "-c", "load_freq_dawg=0",
                "hocr",
            ]  # fmt: skip
            one_core = {**os.environ, "OMP_THREAD_LIMIT": "1"}
            subprocess.run(command, check=True, capture_output=True, env=one_core, timeout=600)
            found += readings((Path(folder) / "out.hocr").read_text(), len(batch))
    return found


def paddle(pictures: Sequence[Path], python: str) -> list[Reading]:
    """PaddleOCR's PP-OCRv4 (Apache-2.0) from the wheel rapidocr-onnxruntime, read by `python`.

    It has dependencies of its own, so it may live in another environment than bolo's.
    """
    script = Path(__file__).with_name("paddle_reader.py")
    try:
        done = subprocess.run(
            [python, str(script)],
            input="\n".join(str(p) for p in pictures),
            capture_output=True,
            text=True,
            check=True,
            timeout=3600,
        )
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        last = str(getattr(error, "stderr", "") or error).strip().splitlines()[-1]
        remedy = "pip install rapidocr-onnxruntime==1.4.4 pillow, and name that environment's"
        raise ToolMissing("PP-OCRv4", f"{remedy} python with --paddle-python ({last})") from error
    return [Reading(**json.loads(line)) for line in done.stdout.splitlines()]
