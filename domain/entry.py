"""An entry: one wanted plate, plate pattern, or vehicle without a plate, as its source has it."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """A circle on the ground: WGS 84 degrees, metres."""

    latitude: float
    longitude: float
    radius: float
    name: str = ""


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One wanted vehicle. Field names in comments are the NCIC codes they come from.

    It has a `plate`, or a `pattern`, or neither: then it is a vehicle by its description, in an
    area and a time window. `agency` is the ORI of the installation's agency whose list this is;
    `ori` is the originating agency that entered the record, often another one.
    """

    entry_id: UUID
    agency: str
    source: str
    category: str
    priority: int
    plate: str = ""  # LIC, normalised
    pattern: str = ""  # normalised; "?" is one character, "*" any run of them
    plate_raw: str = ""  # LIC, as the list had it
    state: str = ""  # LIS
    plate_year: str = ""  # LIY
    plate_type: str = ""  # LIT
    vin: str = ""  # VIN
    year: str = ""  # VYR
    make: str = ""  # VMA
    model: str = ""  # VMO
    style: str = ""  # VST
    color: str = ""  # VCO
    ori: str = ""  # ORI
    nic: str = ""  # NIC
    oca: str = ""  # OCA
    mke: str = ""  # MKE
    caution: str = ""
    entered: str = ""
    reason: str = ""
    """Why it is wanted, in a person's words, where the source gives them."""
    expires_on: date | None = None
    """The last day on which it holds, by the agency's calendar."""
    expires_at: datetime | None = None
    """The moment from which it no longer holds, where the source knows one (aware UTC)."""
    area: Area | None = None
    since: datetime | None = None
    """From when the area is meant (aware UTC); the end of the window is `expires_at`."""
