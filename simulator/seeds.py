"""Who and what a demo starts with: agencies, people and their lists, as frozen data.

Names, ORIs, badges and numbers are invented; the phone numbers are of the range kept for fiction
(555-0100 to 555-0199). Passwords are not here: whoever seeds a database makes them for that run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simulator.lists import hotlist_csv
from simulator.town import CAMERAS, CITY, COUNTY, Camera

Role = Literal["dispatcher", "officer", "supervisor", "admin"]


@dataclass(frozen=True)
class Agency:
    """An agency of the installation."""

    ori: str
    name: str
    timezone: str = "America/Chicago"

    @property
    def cameras(self) -> tuple[Camera, ...]:
        """The cameras this agency owns."""
        return tuple(c for c in CAMERAS.values() if c.agency == self.ori)

    @property
    def hotlist(self) -> str:
        """Its list, as CSV text with NCIC columns."""
        return hotlist_csv(self.ori)


@dataclass(frozen=True)
class Person:
    """Somebody who logs in. `phone` is E.164; only officers get texts on it."""

    agency: str
    login: str
    name: str
    badge: str
    role: Role
    phone: str = ""


AGENCIES: tuple[Agency, ...] = (
    Agency(CITY, "Cedar Falls KS PD"),
    Agency(COUNTY, "Walnut County KS SO"),
)

PEOPLE: tuple[Person, ...] = (
    Person(CITY, "alvarez", "M. Alvarez", "D12", "dispatcher", "+13165550101"),
    Person(CITY, "ortiz", "J. Ortiz", "D15", "dispatcher", "+13165550102"),
    Person(CITY, "whitfield", "Sgt. R. Whitfield", "S04", "supervisor", "+13165550103"),
    Person(CITY, "nguyen", "T. Nguyen", "217", "officer", "+13165550104"),
    Person(CITY, "brandt", "K. Brandt", "223", "officer", "+13165550105"),
    Person(CITY, "okafor", "D. Okafor", "231", "officer", "+13165550106"),
    Person(CITY, "lindgren", "P. Lindgren", "A01", "admin", "+13165550107"),
    Person(COUNTY, "hale", "S. Hale", "D31", "dispatcher", "+13165550111"),
    Person(COUNTY, "moreno", "Lt. C. Moreno", "S11", "supervisor", "+13165550112"),
    Person(COUNTY, "reyes", "A. Reyes", "408", "officer", "+13165550113"),
    Person(COUNTY, "stone", "B. Stone", "415", "officer", "+13165550114"),
    Person(COUNTY, "keller", "E. Keller", "A02", "admin", "+13165550115"),
)


def people(agency: str, role: Role | None = None) -> tuple[Person, ...]:
    """The people of an agency, of one role or of all."""
    return tuple(p for p in PEOPLE if p.agency == agency and role in (None, p.role))
