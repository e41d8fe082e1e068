"""The demo's wanted cars: how each truly is, and how its agency's list describes it.

Every name, number and plate is invented. Some entries contradict the car on purpose: a color
typed wrongly, a plate moved to another car, and the number of a motorcycle on a family's SUV
(Aurora, Colorado, 2020, in the policy notes) are what the person at the desk has to see.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.town import CITY, COUNTY
from simulator.vehicles import Vehicle


@dataclass(frozen=True)
class Entry:
    """A row of the hotlist beyond plate and state: NCIC codes, "" for a field not given."""

    mke: str
    nic: str
    oca: str
    liy: str = "2027"
    lit: str = "PC"
    vin: str = ""
    vyr: str = ""
    vma: str = ""
    vmo: str = ""
    vst: str = ""
    vco: str = ""
    mnp: str = ""
    lis: str = ""  # "": the state of the car that passes
    caution: str = ""


@dataclass(frozen=True)
class Wanted:
    """A car that passes now and then, the agency that lists it, and the way it takes.

    `innocent` marks a car that the list hits although it is not the one that is sought.
    """

    vehicle: Vehicle
    agency: str
    route: tuple[str, ...]
    entry: Entry
    innocent: bool = False


WANTED: tuple[Wanted, ...] = (
    Wanted(
        Vehicle("482KTB", "KS", "Hyundai", "Elantra", 2020, "silver", "sedan"),
        CITY,
        ("CF-07", "WC-02"),
        Entry(
            mke="EV",
            nic="V418806231",
            oca="26-11873",
            vin="5NPD84LF9LH501977",
            vyr="2020",
            vma="HYUN",
            vmo="ELA",
            vst="4D",
            vco="SIL",
            caution="FIREARM REPORTED IN THE VEHICLE",
        ),
    ),
    Wanted(
        Vehicle("316PNL", "KS", "Toyota", "RAV4", 2019, "blue", "suv"),
        CITY,
        ("CF-01", "CF-04"),
        Entry(
            mke="EMI",
            mnp="AA",
            nic="M771204418",
            oca="26-11902",
            vin="2T3P1RFV0KC048813",
            vyr="2019",
            vma="TOYT",
            vmo="RA4",
            vst="LL",
            vco="BLU",
            caution="CHILD, 6 YEARS, IN THE VEHICLE",
        ),
    ),
    Wanted(
        Vehicle("PC7R4M", "MO", "Ford", "F-150", 2018, "black", "pickup"),
        COUNTY,
        ("WC-01", "CF-02"),
        Entry(
            mke="EW",
            nic="W209913374",
            oca="26-4410",
            vin="1FTEW1EP0JF118206",
            vyr="2018",
            vma="FORD",
            vmo="F15",
            vst="PK",
            vco="BLK",
            caution="ARMED AND DANGEROUS",
        ),
    ),
    Wanted(
        # The list says blue: somebody typed the wrong color, or it is another car.
        Vehicle("205JGM", "KS", "Chevrolet", "Malibu", 2016, "white", "sedan"),
        CITY,
        ("CF-05", "CF-02", "CF-04"),
        Entry(
            mke="EV",
            nic="V418790077",
            oca="26-11655",
            vin="1G1ZE5ST7GF206641",
            vyr="2016",
            vma="CHEV",
            vmo="MAL",
            vst="4D",
            vco="BLU",
        ),
    ),
    Wanted(
        Vehicle("LQP614", "OK", "Nissan", "Altima", 2015, "gray", "sedan"),
        CITY,
        ("CF-02", "CF-07"),
        Entry(mke="EL", nic="P300518826", oca="26-11540"),
    ),
    Wanted(
        # The entry is a Nebraska motorcycle's; an SUV of Colorado bears the same number.
        Vehicle("BQR472", "CO", "Dodge", "Durango", 2014, "blue", "suv"),
        CITY,
        ("CF-01", "CF-07"),
        Entry(
            mke="EV",
            nic="V418655190",
            oca="26-10988",
            lis="NB",
            lit="MC",
            vin="1HD1KRM17FB633208",
            vyr="2015",
            vma="HD",
            vmo="FLH",
            vst="MC",
            vco="BLK",
        ),
        innocent=True,
    ),
    Wanted(
        Vehicle("FHT2290", "TX", "Dodge", "Grand Caravan", 2013, "red", "van"),
        COUNTY,
        ("WC-03", "CF-01"),
        Entry(
            mke="EME",
            mnp="MP",
            nic="M770965503",
            oca="26-4388",
            vin="2C4RDGBG1DR610094",
            vyr="2013",
            vma="DODG",
            vmo="CVN",
            vst="VN",
            vco="RED",
            caution="MEDICAL CONDITION, NEEDS INSULIN",
        ),
    ),
    Wanted(
        Vehicle("640RBZ", "NB", "GMC", "Sierra", 2021, "red", "pickup"),
        COUNTY,
        ("WC-02",),
        Entry(mke="EL", nic="P300520093", oca="26-4402"),
    ),
    Wanted(
        Vehicle("5813BDS", "KS", "Honda", "Accord", 2017, "black", "sedan"),
        COUNTY,
        ("WC-01", "CF-02", "CF-07", "WC-02"),
        Entry(
            mke="EV",
            nic="V418811740",
            oca="26-4419",
            vin="1HGCR2F32HA072115",
            vyr="2017",
            vma="HOND",
            vmo="ACC",
            vst="4D",
            vco="BLK",
        ),
    ),
)
"""In the order in which they first pass; the first is there seconds after the start."""
