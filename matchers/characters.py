"""Plate texts as arrays: one byte a character, in the order every table of the matcher uses.

Code 0 is no character (the text is over), 1 to 10 are the digits, 11 to 36 the letters.
"""

from __future__ import annotations

import string

import numpy as np
import numpy.typing as npt

from domain.plate import LIC_MAX

ALPHABET = string.digits + string.ascii_uppercase
"""Character of code n is ALPHABET[n - 1]."""
SIZE = len(ALPHABET) + 1
"""Codes there are, 0 among them."""
WIDTH = LIC_MAX
"""Characters of a row: shorter texts end in zeros."""

Codes = npt.NDArray[np.uint8]
"""(n, WIDTH)"""

CODE = {character: code for code, character in enumerate(ALPHABET, start=1)}

_OF_BYTE = np.zeros(256, dtype=np.uint8)
for _character, _code in CODE.items():
    _OF_BYTE[ord(_character)] = _code


def codes_of(column: bytes) -> Codes:
    """The codes of a column of texts of WIDTH bytes each (matchers.folding.column)."""
    codes: Codes = _OF_BYTE[np.frombuffer(column, dtype=np.uint8).reshape(-1, WIDTH)]
    return codes


def is_letter(code: int) -> bool:
    """Whether a code is a letter's."""
    return code > len(string.digits)
