"""Codes of an extract that no table knows: kept as they are, counted, and shown.

LIS, LIT, VST and MNP: the codes of the NCIC code tables. VMA has more than 10,000 codes; known are
those that the matcher can compare (matchers.vehicle_words), so a count here says of how many
entries the make can be neither confirmed nor contradicted by a camera.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from matchers.vehicle_words import body_of, color_of, colors_of, make_of, plate_type_of
from policy.ncic_states import STATES

_LIS = """
AG BA BJ CE CH CI CL CU DF DO GR GU HL JL MC MR MX NA NL OA PB QR QU SI SL SO TA TB TL VC YU ZA
AB BC MB NF NK NS NT ON PE PQ SN XN YT BK CG HO JI JR KI MH MW PL VL WK
"""
"""Mexico, Canada, and islands beside the territories of policy.ncic_states."""
_LIT = """
AM AP AQ AR AT BU CC CI CL CM CN CO CU DA DB DD DL DP DU DV DX EX FD FG FM HI IP IT JJ LE LF LS MC
MD MF ML MP MR MV MY NG NP OB OR PC PE PF PH PP PR PS PX RE RV SC SN ST SV TK TL TM TP TR TX US VF
ZZ
"""
_VST = """
1J 1P 2D 2J 2P 3D 3J 3P 4D AC AD AE AI AM AR BA BC BD BG BH BK BP BR BT BU BZ CB CE CG CI CK CM CO
CR CS CT CV CZ DE DI DN DP DR DS DT DY EB EN EX FB FC FD FL FR FS FT GA GD GE GG GN GR HA HB HD HE
HL HM HO HP HR HS HV HY LB LD LF LG LK LL LM LO LP LS LT LV LW MB MC MD MF MH MJ MK MO MP MR MS MT
MV MY OP PK PL PM PR PT PV RF RO SA SB SC SD SE SG SH SI SM SO SQ SS ST SW SY SZ TA TC TD TE TF TH
TN TR TT UL UT UV VA VC VN VT WD WE WN WS
"""
LIS = STATES | frozenset(_LIS.split())
LIT = frozenset(_LIT.split())
VST = frozenset(_VST.split())
MNP = frozenset({"AA", "CA", "DV", "MP"})


def _is_color(text: str) -> bool:
    parts = [part for part in text.split("/") if part]
    return bool(color_of(text)) or len(colors_of(text)) == len(parts)


KNOWN: Mapping[str, Callable[[str], bool]] = {
    "LIS": lambda text: text in LIS,
    "LIT": lambda text: text.upper() in LIT or bool(plate_type_of(text)),
    "VMA": lambda text: bool(make_of(text)),
    "VST": lambda text: text.upper() in VST or bool(body_of(text)),
    "VCO": _is_color,
    "MNP": lambda text: text.upper() in MNP,
}
"""Columns that hold codes, and whether a cell's code is known."""

TOLD_APART = 20
OTHERS = "others"
_CODE = re.compile(r"[A-Z]{1,4}|[0-9][A-Z]|[A-Z]{3}/[A-Z]{3}")
"""What a code can look like; the rest is counted as one of the others. In a file whose columns
are shifted it is a plate or a name, and counts go to the audit and to people who read no list."""


class CodeCounts:
    """Counts unknown codes, TOLD_APART of each column by name."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, bool]] = {word: {} for word in KNOWN}

    def look(self, into: dict[str, dict[str, int]], word: str, cells: Sequence[str]) -> None:
        """One column of accepted rows, counted `into` column to code to rows. Costs a set of the
        column when all is known."""
        remembered = self._known[word]
        unknown = set()
        for cell in set(cells):
            if not cell:
                continue
            if cell not in remembered:
                if len(remembered) > 50_000:
                    remembered.clear()
                remembered[cell] = KNOWN[word](cell)
            if not remembered[cell]:
                unknown.add(cell)
        if not unknown:
            return
        counts = into.setdefault(word, {})
        for code, rows in Counter(cell for cell in cells if cell in unknown).items():
            room = len(counts) + (OTHERS not in counts) < TOLD_APART
            shown = code.upper()
            known = _CODE.fullmatch(shown) and (shown in counts or room)
            name = shown if known else OTHERS
            counts[name] = counts.get(name, 0) + rows
