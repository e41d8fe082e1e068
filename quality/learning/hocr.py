"""What tesseract says in hOCR: each character with its confidence and what it nearly chose."""

from __future__ import annotations

import re

from quality.learning.pairs import Reading

_PAGE = re.compile(r"<div class='ocr_page'[^>]*ppageno (\d+)")
_SHOWN = re.compile(r"<span class='ocrx_cinfo' title='x_bboxes [^;]*; x_conf ([\d.]+)'>(.)</span>")
_CHOICE = re.compile(r"<span class='ocrx_cinfo' id='choice_[^']*' title='x_confs ([\d.]+)'>(.)<")
MOST_CANDIDATES = 3


def readings(hocr: str, pages: int) -> list[Reading]:
    """One reading for each of `pages` pictures, "" where nothing was found.

    Tesseract's choices do not sum to one: a candidate's confidence is the reading's, times the
    ratio of the two choices' confidences.
    """
    found = [Reading("", 0.0)] * pages
    starts = [(m.start(), int(m.group(1))) for m in _PAGE.finditer(hocr)]
    ends = [start for start, _ in starts[1:]] + [len(hocr)]
    for (start, page), end in zip(starts, ends, strict=True):
        found[page] = _reading(hocr[start:end])
    return found


def _reading(page: str) -> Reading:
    marks = list(_SHOWN.finditer(page))
    text = "".join(m.group(2) for m in marks)
    sure = [round(min(1.0, float(m.group(1)) / 100), 4) for m in marks]
    whole = 1.0
    for share in sure:
        whole *= share
    others: list[tuple[str, float]] = []
    ends = [*(m.start() for m in marks[1:]), len(page)]
    for place, mark in enumerate(marks):
        choices = _CHOICE.findall(page[mark.end() : ends[place]])
        own = max((float(share) for share, shown in choices if shown == text[place]), default=0)
        others += [
            (text[:place] + shown + text[place + 1 :], whole * min(1.0, float(share) / own))
            for share, shown in choices
            if own and shown != text[place] and float(share) > 5
        ]
    others = sorted(others, key=lambda pair: (-pair[1], pair[0]))[:MOST_CANDIDATES]
    best: list[list[str | float]] = [[other, round(share, 4)] for other, share in others]
    return Reading(text, round(whole if text else 0.0, 4), sure, best)
