"""Cells of a file of pairs that say less than a plate: states, and how sure a camera was."""

from __future__ import annotations

from cameras.states import CANADA
from matchers.state_words import state_code
from quality.plates import STATES

NOT_SAID = frozenset({"UNKNOWN", "UNK", "NONE", "?", "NA", "N/A", "-", "NAN", "NULL", "US", "USA"})
"""How files write that no state, or no confidence, was read."""

_POSTAL = {
    **{postal: code for postal, code in CANADA.items() if postal not in STATES},
    "YK": "YT",
    "WASHINGTON DC": "DC",
}
"""Postal codes that no NCIC table gives to anyone else. Of NL and NB the two disagree: without a
country they are NCIC's Nuevo Leon and Nebraska."""
PER_CENT = 100.0


def state_of(text: str) -> str | None:
    """The NCIC code of a state's code or name, also with its country before it (us-ks, CA-QC); ""
    when nothing is said, None when no such state is known."""
    plain = text.strip().upper().replace("_", "-").replace(".", "")
    if not plain or plain in NOT_SAID:
        return ""
    country, dash, rest = plain.partition("-")
    if dash and country in {"CA", "CAN"}:
        plain = CANADA.get(rest, rest)
    elif dash and country in {"US", "USA", "MX"}:
        plain = rest
    code = state_code(_POSTAL.get(plain, plain))
    return code if code in STATES else None


def number_of(text: str) -> float | None:
    """A confidence as it is written, 0 to 1 or 0 to 100, with a per cent sign or without; None for
    an empty cell. Raises ValueError for what is neither."""
    plain = text.strip().removesuffix("%").strip()
    if not plain or plain.upper() in NOT_SAID:
        return None
    value = float(plain.replace(",", "."))
    if not 0 <= value <= PER_CENT:
        msg = f"{text!r} is no number from 0 to 1, nor a per cent"
        raise ValueError(msg)
    return value


def are_per_cents(values: list[float]) -> bool:
    """Whether a column's numbers are per cents: most of those that are not 0 are above 1."""
    above = sum(value > 1 for value in values)
    return above > 0 and 2 * above >= sum(value > 0 for value in values)
