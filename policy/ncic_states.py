"""NCIC codes of the states, the District of Columbia and the territories, whose agencies may share.

From the NCIC state code table. Nebraska is NB; the postal codes that differ are in POSTAL.
"""

from __future__ import annotations

_CODES = (
    "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NB NV NH NJ"
    " NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY AM GM MK PR VI"
)
STATES: frozenset[str] = frozenset(_CODES.split())
POSTAL: dict[str, str] = {"NE": "NB", "AS": "AM", "GU": "GM", "MP": "MK"}
"""Postal codes that NCIC writes otherwise."""
