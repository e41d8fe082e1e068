"""Which category an NCIC message key (MKE) stands for: data that a source can extend.

The message key is an open string. As a code its first letters name the file ("EMJ": missing person,
juvenile) and a suffix after a hyphen carries a caution ("-P"; vehicle file manual: "-P
should be entered as part of the MKE"). Some extracts carry the words of an NCIC answer instead
("STOLEN VEHICLE"). The longest matching prefix wins.

Not in the table, on purpose: EG (guns), ES (securities), EB (boats), EA (articles), which
have no place on a plate list, and EP, which is a stolen part; an earlier reading of EG as gang,
ES as supervised release and EP as protection order was wrong. The codes of the gang, threat
screening, supervised release and extreme risk files could not be confirmed from a public source,
so those files are known by their words only, and an agency adds its extract's codes to its source.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from domain.errors import BadInput
from policy.prohibited import folded, refuse

STANDARD: tuple[tuple[str, str, str], ...] = (
    # prefix, category, where it is from
    ("EMO", "missing-person", "NCIC Missing Person Initial Entry Report: other"),
    ("EMD", "missing-person", "the same form: disability"),
    ("EME", "missing-person", "the same form: endangered"),
    ("EMI", "missing-person", "the same form: involuntary"),
    ("EMV", "missing-person", "the same form: catastrophe victim"),
    ("EM", "missing-person", "the first letters that these share; EMJ is juvenile"),
    ("EW", "wanted-person", "Wanted Person File manual, 2.4: EWJ is a juvenile offender"),
    # The entry keys of the property and person files, in the manuals' section 1.3 of each file.
    ("ET", "wanted-person", "temporary felony want"),
    ("EV", "stolen-vehicle", "stolen vehicle"),
    ("EF", "felony-vehicle", "felony vehicle"),
    ("EL", "stolen-plate", "stolen license plate"),
    ("EPO", "protection-order", "protection order"),
    ("ETO", "protection-order", "temporary protection order"),
    ("EXS", "sex-offender", "national sex offender registry"),
    ("EVP", "violent-person", "violent person"),
    ("EPI", "protective-interest", "protective interest"),
    # Words: the files of the extract as the FBI's page on it names them.
    ("STOLEN VEHICLE", "stolen-vehicle", "NCIC answer, MKE/STOLEN VEHICLE"),
    ("FELONY VEHICLE", "felony-vehicle", "vehicle file categories, Wisconsin TIME manual"),
    ("STOLEN LICENSE PLATE", "stolen-plate", "NCIC answer, MKE/STOLEN LICENSE PLATE"),
    ("STOLEN PLATE", "stolen-plate", "shortened"),
    ("WANTED", "wanted-person", "Wanted Person File"),
    ("PROTECTION ORDER", "protection-order", "Protection Order File"),
    ("EXTREME RISK", "protection-order", "Extreme Risk Protection Order File"),
    ("MISSING", "missing-person", "Missing Person File"),
    ("GANG", "gang", "Gang File"),
    ("THREAT", "threat", "Threat Screening Center File"),
    ("SUPERVISED", "supervised-release", "Supervised Release File"),
    ("SEX OFFENDER", "sex-offender", "National Sex Offender Registry"),
    ("NATIONAL SEX OFFENDER", "sex-offender", "National Sex Offender Registry"),
    ("PROTECTIVE INTEREST", "protective-interest", "Protective Interest File"),
    ("VIOLENT PERSON", "violent-person", "Violent Person File"),
)


def plain(mke: str) -> str:
    """A message key for comparison: upper case, one space between words, without its suffix."""
    return " ".join(folded(mke).split()).partition("-")[0].strip()


@dataclass(frozen=True)
class MkeTable:
    """Prefixes to category codes, and the keys a source drops beside the prohibited ones."""

    prefixes: Mapping[str, str]
    categories: Collection[str]
    dropped: tuple[str, ...] = field(default=())

    @classmethod
    def standard(cls, categories: Collection[str]) -> MkeTable:
        """The table above."""
        return cls({prefix: code for prefix, code, _ in STANDARD}, frozenset(categories))

    def extended(self, more: Mapping[str, str], dropped: Collection[str] = ()) -> MkeTable:
        """This table with an agency's own keys laid over it, and more keys to drop.

        Raises Prohibited when a key is of a prohibited file: no category can be given to it.
        Raises BadInput for an empty key or a category that does not exist.
        """
        for key, code in more.items():
            refuse(key, more_keys=(*self.dropped, *dropped))
            if not plain(key):
                raise BadInput("mke", "a message key must not be empty")
            if code not in self.categories:
                known = ", ".join(sorted(self.categories))
                where, problem = f"mke.{key}", f"no category {code!r}; there are: {known}"
                raise BadInput(where, problem)
        laid = {**self.prefixes, **{plain(key): code for key, code in more.items()}}
        return MkeTable(laid, self.categories, (*self.dropped, *dropped))

    def code_of(self, mke: str, ori: str = "") -> str:
        """The category's code, "" for an unknown key. Raises Prohibited, before any look-up."""
        return self.rule_of(mke, ori)[1]

    def rule_of(self, mke: str, ori: str = "") -> tuple[str, str]:
        """The prefix that a key begins with, the longest of them, and its category; or "", "".

        Raises Prohibited, before any look-up.
        """
        refuse(mke, ori, self.dropped)
        key = plain(mke)
        for end in range(len(key), 0, -1):
            if key[:end] in self.prefixes:
                return key[:end], self.prefixes[key[:end]]
        return "", ""


def cautions_of(mke: str) -> str:
    """What a message key's suffix warns of, in words; "" when it has none."""
    _, hyphen, suffix = mke.strip().upper().partition("-")
    if not hyphen or not suffix.isalnum() or len(suffix) > 2:
        return ""
    return (
        "Caution indicated by the message key" if "P" in suffix else f"Message key suffix {suffix}"
    )
