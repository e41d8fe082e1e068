"""Makes, colors and bodies of vehicles: how common, what lists call them, what cameras say.

Shares are rough (judgement, by the order of makes among light vehicles in use in the United States
and of car colors in the paint makers' yearly reports); lists use NCIC codes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from quality.texts import Ints

Shares = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Aspect:
    """One thing to see of a vehicle. A value's number in every array is its place in `words`.

    `words` are what cameras say; `codes` for each value what lists say, one of them by chance;
    `near` groups of words that are easily mixed up.
    """

    name: str
    words: tuple[str, ...]
    codes: tuple[tuple[str, ...], ...]
    shares: Shares
    near: tuple[frozenset[str], ...]

    def draw(self, count: int, rng: np.random.Generator) -> Ints:
        """Values of `count` vehicles."""
        return rng.choice(len(self.words), size=count, p=self.shares)

    def mixed_up(self, near_share: float) -> Shares:
        """(value, value seen instead): where a wrong word goes. To a near one with `near_share`,
        else to any other by how common it is."""
        table = np.tile(self.shares, (len(self.words), 1))
        np.fill_diagonal(table, 0.0)
        table /= table.sum(axis=1, keepdims=True)
        for at, word in enumerate(self.words):
            beside = np.array(
                [w != word and any({w, word} <= group for group in self.near) for w in self.words]
            )
            if beside.any():
                close = np.where(beside, self.shares, 0.0)
                table[at] = (1 - near_share) * table[at] + near_share * close / close.sum()
        return table


def _aspect(name: str, rows: str, near: tuple[str, ...]) -> Aspect:
    cells = [row.split(":") for row in rows.split("|")]
    words = tuple(cell[0].strip() for cell in cells)
    shares = np.array([float(cell[2]) for cell in cells])
    groups = tuple(frozenset(group.split(",")) for group in near)
    codes = tuple(tuple(cell[1].split()) for cell in cells)
    return Aspect(name, words, codes, shares / shares.sum(), groups)


MAKE = _aspect(
    "make",
    "Ford:FORD:14.5|Chevrolet:CHEV:14|Toyota:TOYT:14|Honda:HOND:10.5|Nissan:NISS:7.5|Jeep:JEEP:5.5|"
    "GMC:GMC:4|Dodge:DODG:5|Ram:RAM:3.5|Hyundai:HYUN:5|Kia:KIA:4|Subaru:SUBA:4|Volkswagen:VOLK:2.5|"
    "BMW:BMW:2.2|Lexus:LEXS:2.2|Mercedes-Benz:MERZ:2|Mazda:MAZD:2|Chrysler:CHRY:2.5|Buick:BUIC:2|"
    "Cadillac:CADI:1.5|Acura:ACUR:1.5|Audi:AUDI:1.3|Infiniti:INFI:1|Tesla:TESL:1.2|Mitsubishi:MITS:0.8|"
    "Lincoln:LINC:0.8|Volvo:VOLV:0.8|Pontiac:PONT:0.8|Saturn:STRN:0.3|Mini:MNNI:0.4|"
    "Land Rover:LNDR:0.5|Porsche:PORS:0.3|Mercury:MERC:0.5|Harley-Davidson:HD:1|"
    "Freightliner:FRHT:0.5|International:INTL:0.4",
    ("Chevrolet,GMC", "Dodge,Ram", "Dodge,Chrysler", "Ford,Mercury,Lincoln", "Toyota,Lexus",
     "Honda,Acura", "Nissan,Infiniti", "Hyundai,Kia"),
)  # fmt: skip
COLOR = _aspect(
    "color",
    "white:WHI:24|black:BLK:20|gray:GRY:16|silver:SIL:14|blue:BLU:9.5|red:RED:8.5|green:GRN:2.5|"
    "brown:BRO:1.8|tan:TAN:1.2|gold:GLD:1|beige:BGE:0.8|maroon:MAR:0.7|orange:ONG:0.6|yellow:YEL:0.5|"
    "purple:PLE:0.3",
    ("gray,silver", "silver,white", "gray,black", "blue,black", "blue,gray", "green,gray",
     "red,maroon", "maroon,brown", "red,orange", "tan,gold,beige,brown", "beige,white",
     "yellow,gold", "blue,purple"),
)  # fmt: skip
BODY = _aspect(
    "body",
    "sedan:4D 4D 4D 4D SD 2D:33|suv:LL LL 4D:36|pickup:PK PK 4D:17|van:VN:6|hatchback:HB 4D:2.5|"
    "coupe:2D:2|convertible:CV:0.7|wagon:SW 4D:1.2|motorcycle:MC:1.1|truck:TK DS TR:2|bus:BU:0.3",
    ("suv,van,wagon,hatchback", "sedan,hatchback,coupe,wagon", "coupe,convertible", "pickup,truck",
     "pickup,suv", "truck,van,bus"),
)  # fmt: skip

ASPECTS: tuple[Aspect, ...] = (MAKE, COLOR, BODY)
