"""The typefaces that plates are drawn in: condensed and wide, stroked and sans, all from Debian.

Packages: fonts-dejavu-core, fonts-dejavu-extra, fonts-liberation, fonts-freefont-ttf,
fonts-opendin, fonts-roadgeek (highway signs), fonts-roboto-unhinted, fonts-routed-gothic (the
engraver's letter that embossed plates resemble most, judgement). No typeface with a slashed or
dotted zero: few US plates have one, and it would teach that O and 0 are easy to tell apart.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

from quality.learning.errors import ToolMissing

ROOT = Path("/usr/share/fonts")

FILES = (
    "truetype/dejavu/DejaVuSansCondensed-Bold.ttf",
    "truetype/dejavu/DejaVuSansCondensed.ttf",
    "truetype/liberation/LiberationSans-Bold.ttf",
    "truetype/liberation/LiberationSansNarrow-Bold.ttf",
    "truetype/freefont/FreeSansBold.ttf",
    "truetype/opendin/OSP-DIN.ttf",
    "truetype/roadgeek/RG2014B.ttf",
    "truetype/roadgeek/RG2014C.ttf",
    "truetype/roadgeek/RG2014D.ttf",
    "truetype/roboto/unhinted/RobotoCondensed-Medium.ttf",
    "truetype/routed-gothic/routed-gothic.ttf",
    "truetype/routed-gothic/routed-gothic-narrow.ttf",
)

PACKAGES = (
    "fonts-dejavu-core fonts-dejavu-extra fonts-liberation fonts-freefont-ttf fonts-opendin "
    "fonts-roadgeek fonts-roboto-unhinted fonts-routed-gothic"
)


@lru_cache(maxsize=256)
def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    """One of FILES at `size` pixels. Raises ToolMissing with what to install."""
    path = ROOT / name
    if not path.is_file():
        what, remedy = f"typeface {name}", f"apt-get install {PACKAGES}"
        raise ToolMissing(what, remedy)
    return ImageFont.truetype(str(path), size)
