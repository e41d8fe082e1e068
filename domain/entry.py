"""An entry: one wanted plate of one list, as its source has it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One wanted plate. Field names in comments are the NCIC codes they come from.

    `agency` is the ORI of the installation's agency whose list this is; `ori` is the
    originating agency that entered the record, often another one.
    """

    entry_id: UUID
    agency: str
    source: str
    category: str
    priority: int
    plate: str  # LIC, normalised
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
    expires_on: date | None = None
