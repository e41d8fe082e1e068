"""What a heading means: NCIC's codes, vendors' words and plain English to the words of a template.

Compared without case, blanks and punctuation ("Plate Number", "plate_number" and "PlateNumber"
are one). A heading that could mean two things (Date, Type, Number, Color of what) is here only
with the meaning it has on lists of vehicles, and is weighed by what stands under it
(hotlists.guessing).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_NOT_WORD = re.compile(r"[^A-Z0-9]+")

_ALIASES = """
LIC: plate, plate number, plate no, plate num, license, license number, license no, license
 plate, license plate number, license plate no, licence, licence plate, licence number, licence
 plate number, lic plate, lic no, lic number, lpn, lp, lp number, tag, tag number, tag no, reg,
 reg no, reg number, registration, registration number, registration no, registration plate,
 rego, vrm, vrn, number plate, numberplate, hot plate, plate text, vehicle plate, vehicle
 registration, veh lic, plate id
LIS: state, plate state, license state, lic state, licence state, tag state, registration state,
 reg state, issuing state, state of issue, st, jurisdiction, province, state province, plate
 province, license plate state, issuing authority, plate jurisdiction, registered state, plate
 origin
LIY: plate year, license year, lic year, tag year, registration year, year of expiry, exp year,
 plate expiration year, lic yr
LIT: plate type, license type, lic type, tag type, registration type, license plate type
VIN: vehicle identification number, vin number, vehicle id number, serial
VYR: year, vehicle year, model year, veh year, yr, veh yr, year of manufacture, vehicle model
 year
VMA: make, vehicle make, veh make, manufacturer, brand, mak
VMO: model, vehicle model, veh model, mod
VST: style, body, body style, body type, vehicle type, vehicle style, veh type, type, body code,
 vehicle class
VCO: color, colour, vehicle color, vehicle colour, veh color, primary color, col
ORI: originating agency, agency ori, entering agency ori, originating agency identifier, agency
 id, reporting ori
NIC: nic number, ncic, ncic number, ncic record number, record number, record id, record no, id,
 entry id, permit id, record, unique id, uid, external id, reference id, guid, hotlist id
OCA: case, case number, case no, case id, case num, agency case number, agency case, incident,
 incident number, incident no, report number, report no, reference, reference number, file
 number, complaint number, originating case agency, oca number, event number, job number
MKE: message key, msg key, ncic message key, key
MNP: missing person code, missing person
CATEGORY: category, alert, alert type, hotlist type, list type, offense, offence, crime, crime
 type, offense type, class, hit type, hot list, hotlist, list, list name, status, hotlist name,
 alert class
PRIORITY: priority, alert level, severity, level, risk, risk level
REASON: reason, note, notes, remarks, remark, comment, comments, description, details, detail,
 narrative, why, message, information, info, additional info, memo, vehicle description,
 miscellaneous, mis
CAUTION: caution, warning, cmc, officer safety, caution code, caution medical
ENTERED: entered, date entered, entry date, date of entry, dte, date added, created, created at,
 created date, date created, added, date stolen, stolen date, theft date, date of theft,
 incident date, date, reported, date reported, report date, doth, dot, date of theft report,
 entered on
STARTS: starts, start, start date, effective, effective date, valid from, from, from date,
 begin, begin date, active from, date from, activation date
EXPIRES: expires, expiry, expiry date, expiration, expiration date, exp, exp date, doe, end, end
 date, valid to, valid until, until, to date, expire, expire date, expires on, expires at,
 expire on, date to, purge date, deactivation date, inactive after
ACTION: action, operation, add remove, add delete, change, change type, transaction, transaction
 type
"""
"""NCIC's own codes are aliases of themselves. DOE on a list of plates is the day of expiry."""

HEADINGS: dict[str, str] = {}


def _flat(text: str) -> str:
    return _NOT_WORD.sub("", text.upper())


for _word, _, _names in (
    entry.partition(":") for entry in re.sub(r"\n\s+", " ", _ALIASES.strip()).splitlines()
):
    HEADINGS[_flat(_word)] = _word
    HEADINGS.update((_flat(name), _word) for name in _names.split(","))

WEAK = frozenset({
    "ID", "TYPE", "DATE", "STATUS", "LIST", "CLASS", "KEY", "RECORD", "REFERENCE", "SERIAL", "FROM",
    "TO", "LEVEL", "INFO", "MESSAGE", "CHANGE", "END", "START", "REG", "TAG", "ST",
    "LISTNAME", "REGISTRATION", "ALERT", "MODEL", "CASE",
})  # fmt: skip
"""Headings that mean something else often enough to be checked against what stands under them."""


def word_of(heading: str) -> str:
    """The template's word for a heading, "" for one that is not known."""
    return HEADINGS.get(_flat(heading), "")


def is_weak(heading: str) -> bool:
    """See WEAK."""
    return _flat(heading) in WEAK


def flat(headings: Sequence[str]) -> tuple[str, ...]:
    """Headings for comparison with one another."""
    return tuple(_flat(heading) for heading in headings)
