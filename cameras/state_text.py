"""The state of a plate from a vendor that writes postal codes or names, as an NCIC code.

A wrong state is worse than none: the state is read wrongly about once in ten reads as it is. So a
code is taken only when it can mean one state; "NB" cannot (New Brunswick by post, Nebraska by
NCIC), and "NL" cannot (Newfoundland by post, Nuevo Leon by NCIC).
"""

from __future__ import annotations

from cameras.states import from_postal, from_region
from matchers.state_words import STATES, state_code

_US = (
    "AL AK AZ AR CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH "
    "NJ NM NV NY OH OK OR PA RI SC SD TN TX UT VA VT WA WI WV WY PR GU VI AS MP"
)
_CANADA = "AB BC MB NS NT NU ON PE QC SK YT"

US = frozenset(_US.split())
"""Postal codes of the states, the District and the territories (USPS publication 28)."""
CANADA = frozenset(_CANADA.split())
"""Postal codes of the provinces and territories that mean nothing else in NCIC."""


def of_postal(code: str) -> str:
    """NCIC code of a United States postal code ("ne" is NB), "" for anything else."""
    plain = code.strip().upper()
    return from_postal(plain) if plain in US else ""


def of_region(region: str, country: str = "") -> str:
    """NCIC code of "us-mo", or of a bare "mo" in `country` ("us" when it is not said)."""
    plain = region.strip().lower()
    if "-" in plain:
        return from_region(plain)
    where = country.strip().lower()
    if where == "ca":
        return from_region(f"ca-{plain}")
    return of_postal(plain) if where in ("", "us") else ""


def of_words(text: str) -> str:
    """NCIC code of a postal code or a name ("NE", "Nebraska", "qc"), "" when it is neither."""
    plain = text.strip().upper()
    if plain in CANADA:
        return from_region(f"ca-{plain}")
    named = state_code(plain) if len(plain) > 2 else ""
    return named if named in STATES else of_postal(plain)
