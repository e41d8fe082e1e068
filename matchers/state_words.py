"""NCIC codes of the plate's state (LIS) and their words. Nebraska is NB.

Source: the NCIC code tables of states, Canadian provinces, territories and Mexican states.
"""

from __future__ import annotations

STATES: dict[str, str] = {
    "AK": "Alaska", "AL": "Alabama", "AR": "Arkansas", "AZ": "Arizona", "CA": "California",
    "CO": "Colorado", "CT": "Connecticut", "DC": "District of Columbia", "DE": "Delaware",
    "FL": "Florida", "GA": "Georgia", "HI": "Hawaii", "IA": "Iowa", "ID": "Idaho",
    "IL": "Illinois", "IN": "Indiana", "KS": "Kansas", "KY": "Kentucky", "LA": "Louisiana",
    "MA": "Massachusetts", "MD": "Maryland", "ME": "Maine", "MI": "Michigan", "MN": "Minnesota",
    "MO": "Missouri", "MS": "Mississippi", "MT": "Montana", "NB": "Nebraska",
    "NC": "North Carolina", "ND": "North Dakota", "NH": "New Hampshire", "NJ": "New Jersey",
    "NM": "New Mexico", "NV": "Nevada", "NY": "New York", "OH": "Ohio", "OK": "Oklahoma",
    "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina",
    "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VA": "Virginia",
    "VT": "Vermont", "WA": "Washington", "WI": "Wisconsin", "WV": "West Virginia",
    "WY": "Wyoming",
    # territories
    "AM": "American Samoa", "GM": "Guam", "MK": "Northern Mariana Islands", "PR": "Puerto Rico",
    "VI": "Virgin Islands",
    # Canada
    "AB": "Alberta", "BC": "British Columbia", "MB": "Manitoba", "NF": "Newfoundland",
    "NK": "New Brunswick", "NS": "Nova Scotia", "NT": "Northwest Territories", "ON": "Ontario",
    "PE": "Prince Edward Island", "PQ": "Quebec", "SN": "Saskatchewan", "XN": "Nunavut",
    "YT": "Yukon",
    # Mexico: the country code and the border states
    "MX": "Mexico", "BA": "Baja California", "CH": "Chihuahua", "CU": "Coahuila",
    "NL": "Nuevo Leon", "SO": "Sonora", "TA": "Tamaulipas",
}  # fmt: skip

_ALIASES = {
    "NE": "NB",  # the postal code of Nebraska, which no NCIC table gives to anyone else
    **{name.upper(): code for code, name in STATES.items()},
}


def state_code(text: str) -> str:
    """The NCIC code of a state given by code or name: "ne" and "Nebraska" are "NB". "" stays ""."""
    code = text.strip().upper()
    return _ALIASES.get(code, code)


def state_word(code: str) -> str:
    """The state's name, or the code itself when it is not in the table."""
    return STATES.get(code) or STATES.get(state_code(code), code)
