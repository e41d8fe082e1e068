"""Templates of known products' lists, by name, each with what its layout rests on.

Ready to use where a site left its product's defaults alone, and the start of a template of one's
own elsewhere: all of these products let a site choose its columns. `headings` are recognised by
hotlists.guessing in any order.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from domain.errors import BadInput
from hotlists.headings import flat
from hotlists.nearest import no_such
from hotlists.templates import WORDS, Template


@dataclass(frozen=True)
class KnownLayout:
    """A named template. `sources`: what is established, from where, and what is not."""

    title: str
    template: Template
    headings: tuple[str, ...]
    sources: str


def _layouts() -> tuple[KnownLayout, ...]:
    genetec = Template(
        name="genetec",
        columns=("CATEGORY", "LIS", "LIC", "STARTS", "EXPIRES", "NIC"),
        header=False,
        delimiter=";",
        dates="ymd",
        states="postal",
    )
    genetec_headings = (
        "Category", "PlateState", "PlateNumber", "EffectiveDate", "ExpiryDate", "PermitID",
    )  # fmt: skip
    return (
        KnownLayout(
            "Genetec AutoVu",
            genetec,
            genetec_headings,
            "Formats page: .txt or .csv, `;` unless set otherwise (also : , and tab), the columns "
            "and yyyy-MM-dd. The Security Center guide on default hotlist attributes has the same "
            "order, and example rows without a header, with provinces by postal code (QC). Every "
            "attribute but the plate may be missing or renamed at a site.",
        ),
        KnownLayout(
            "Genetec AutoVu, with a line of headings",
            msgspec.structs.replace(genetec, name="genetec-header", header=True),
            genetec_headings,
            "As genetec. That exports have a header was not established; sites write them so.",
        ),
        KnownLayout(
            "Genetec AutoVu, fixed width",
            msgspec.structs.replace(
                genetec,
                name="genetec-fixed",
                delimiter="",
                positions=((0, 20), (20, 22), (22, 32), (32, 42), (42, 52), (52, 72)),
            ),
            (),
            "Formats page: fixed width exists. The widths are each site's own and could not be "
            "established: these are an example to be replaced by those in Config Tool.",
        ),
        KnownLayout(
            "Flock custom list",
            Template(
                name="flock",
                columns=("LIC", "REASON", "OCA", "EXPIRES", "LIS", "REASON"),
                dates="ymd",
            ),
            ("plate", "reason", "caseNumber", "expiry", "state", "note"),
            "Formats page: the columns, the expiry as ISO date-time, the state as its full name in "
            "lower case. That Flock folds O to 0 at import is said there and in descriptions of "
            "its API; bolo keeps the plate as it is. The order of columns in a file of its own "
            "export was not established.",
        ),
        KnownLayout(
            "Motorola Vigilant",
            Template(
                name="vigilant",
                columns=("LIC", "LIS", "CATEGORY", "PRIORITY", "REASON", "EXPIRES"),
            ),
            ("Hot Plate", "State", "Alert", "Priority", "Notes", "Expires"),
            "Formats page and the ClientPortal guide: plate, state and alert are mandatory, levels "
            "are Low, Medium, High, the columns are a template of the site. The other columns "
            "here, and their order, are an example.",
        ),
        KnownLayout(
            "Motorola Vigilant, incremental",
            Template(
                name="vigilant-incremental",
                columns=("LIC", "LIS", "CATEGORY", "PRIORITY", "REASON", "EXPIRES", "ACTION"),
            ),
            ("Hot Plate", "State", "Alert", "Priority", "Notes", "Expires", "Action"),
            "Formats page: complete or incremental (add or remove). The ClientPortal guide has the "
            "uploader say which for a whole file; an action in each row is the form a file needs "
            "that carries both, and was not established as Vigilant's own.",
        ),
        KnownLayout(
            "OpenALPR for Milestone",
            Template(name="milestone", columns=("LIC", "REASON"), comment="#"),
            ("Plate Number", "Description"),
            "Formats page: the header line and # comments. Not established: whether a # inside a "
            "line begins a comment (here it does not).",
        ),
        KnownLayout(
            "Police list of stolen vehicles without a header",
            Template(
                name="police-csv",
                columns=("LIC", "VCO", "VMA", "VMO", "VYR", "VST", "ENTERED", ""),
                header=False,
                dates="ymd",
                defaults={"CATEGORY": "STOLEN VEHICLE"},
            ),
            (),
            "Formats page, for example New Zealand: plate, colour, make, model, year, type, date, "
            "region; plates repeat and cells are blank. The region is a police district, no state "
            "of a plate, and is not used; the order within a date is checked when the list is "
            "guessed.",
        ),
        KnownLayout(
            "NCIC extract with NCIC headings",
            Template(name="ncic"),
            (),
            "Formats page: the field codes. The record layout of the FBI's extract is not public: "
            "this one goes by the first line, which names the columns in NCIC codes.",
        ),
    )


LAYOUTS: dict[str, KnownLayout] = {known.template.name: known for known in _layouts()}


def layout(name: str) -> KnownLayout:
    """One of LAYOUTS. Raises BadInput with the nearest name."""
    try:
        return LAYOUTS[name]
    except KeyError:
        raise BadInput("template", no_such("template", name, LAYOUTS)) from None


def by_headings(cells: tuple[str, ...]) -> KnownLayout | None:
    """The layout whose headings these are, in any order. The last one may be missing."""
    asked = set(flat(cells)) - {""}
    for known in LAYOUTS.values():
        names = flat(known.headings)
        if known.template.header and names and asked in (set(names), set(names[:-1])):
            return known
    return None


def meanings(template: Template) -> list[tuple[str, str]]:
    """(word, what it means) of each column, in order; ("", "not used") for an unused one."""
    return [(word, WORDS[word] if word else "not used") for word in template.columns]
