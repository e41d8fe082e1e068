"""Reads pictures with PP-OCRv4, the recognition model inside the wheel rapidocr-onnxruntime.

A program of its own (see engines.paddle): paths on standard input, one JSON object a line on
standard output. All characters but A-Z and 0-9 are masked before the text is decoded, as a plate
reader would have it. The alternatives are the readings with the one character exchanged whose
second choice came closest, likeliest first.
"""

from __future__ import annotations

import json
import string
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime  # type: ignore[import-not-found,unused-ignore]
import rapidocr_onnxruntime  # type: ignore[import-not-found,unused-ignore]
from PIL import Image

ALLOWED = string.digits + string.ascii_uppercase
MODEL = Path(rapidocr_onnxruntime.__file__).parent / "models" / "ch_PP-OCRv4_rec_infer.onnx"
HEIGHT = 48

Frames = npt.NDArray[np.float32]


def decode(frames: Frames) -> dict[str, object]:
    """The likeliest text of (time, 1 + 36) probabilities; column 0 is "nothing here"."""
    best = frames.argmax(axis=1)
    peaks: list[tuple[int, Frames]] = []
    for time, choice in enumerate(best):
        if choice == 0:
            continue
        if time and best[time - 1] == choice:  # the same character goes on: its clearest frame
            if frames[time, choice] > peaks[-1][1][choice]:
                peaks[-1] = (int(choice), frames[time])
            continue
        peaks.append((int(choice), frames[time]))
    text = "".join(ALLOWED[choice - 1] for choice, _ in peaks)
    sure = [float(frame[choice]) for choice, frame in peaks]
    whole = float(np.prod(sure)) if sure else 0.0
    others = []
    for place, (choice, frame) in enumerate(peaks):
        for other in np.argsort(frame)[::-1][:3]:
            if other != choice and frame[other] > 0.01:
                shown = ALLOWED[other - 1] if other else ""
                share = whole * float(frame[other] / frame[choice])
                others.append((text[:place] + shown + text[place + 1 :], share))
    shares: dict[str, float] = {}
    for other_text, share in others:
        if other_text not in ("", text):
            shares[other_text] = max(share, shares.get(other_text, 0.0))
    others = sorted(shares.items(), key=lambda pair: (-pair[1], pair[0]))[:3]
    return {
        "text": text,
        "confidence": round(whole, 4),
        "characters": [round(s, 4) for s in sure],
        "candidates": [[t, round(s, 4)] for t, s in others],
    }


def main() -> None:
    """One core, one picture at a time."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(MODEL), options, providers=["CPUExecutionProvider"])
    known = session.get_modelmeta().custom_metadata_map["character"].splitlines()
    columns = [0, *(known.index(character) + 1 for character in ALLOWED)]
    for line in sys.stdin.read().splitlines():
        picture = Image.open(line).convert("RGB")
        width = max(32, picture.width * HEIGHT // picture.height)
        cells = np.asarray(picture.resize((width, HEIGHT), Image.Resampling.BILINEAR), np.float32)
        given = ((cells / 255 - 0.5) / 0.5).transpose(2, 0, 1)[None]
        frames = session.run(None, {"x": given})[0][0][:, columns]
        frames = frames / np.maximum(frames.sum(axis=1, keepdims=True), 1e-9)
        print(json.dumps(decode(frames)))  # noqa: T201


if __name__ == "__main__":
    main()
