"""State codes: what vendors write, as NCIC writes it.

NCIC has its own codes where the post office has others: Nebraska is NB, and several Canadian
provinces and territories of the United States differ too (the NCIC code tables of the formats
notes: United States, Territories, Canada).
"""

from __future__ import annotations

_US = {"NE": "NB", "GU": "GM", "AS": "AM", "MP": "MK"}
CANADA = {"QC": "PQ", "NL": "NF", "NB": "NK", "SK": "SN", "NU": "XN"}
"""NCIC codes of provinces whose postal codes are others."""


def from_postal(code: str) -> str:
    """A state by its postal code or already by its NCIC code: "ks" is KS, "NE" is NB.

    "" when it is not two letters.
    """
    plain = code.strip().upper()
    if len(plain) != 2 or not (plain.isascii() and plain.isalpha()):
        return ""
    return _US.get(plain, plain)


def from_region(code: str) -> str:
    """A vendor's region, "us-ca" or "ca-qc", as the NCIC code; "" for other countries.

    A state of another country is no answer rather than a wrong one: "de-by" is not a state
    that an entry could have.
    """
    country, _, part = code.strip().lower().partition("-")
    if country == "us":
        return from_postal(part)
    if country == "ca" and len(part) == 2 and part.isascii() and part.isalpha():
        return CANADA.get(part.upper(), part.upper())
    return ""
