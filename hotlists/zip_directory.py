"""The directory of a ZIP: small enough to be read, and which of its files is the table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

_END = b"PK\x05\x06"
_END_SIZE = 22
_LONGEST_COMMENT = 65_535
_LOCATOR = b"PK\x06\x07"
_LOCATOR_SIZE = 20
_END_64 = b"PK\x06\x06"
_END_64_SIZE = 56

LARGEST_DIRECTORY = 1 << 20
"""Bytes; the library reads all of it at once, and an object for each file in it."""

TABLES = (".csv", ".txt", ".tsv", ".dat", ".lst", ".asc", ".del", ".prn")
"""Suffixes of tables, for an archive that also has a note or a picture."""
_NAMES_SHOWN = 5
_NAME_SHOWN = 40


def bounded_directory(data: bytes | bytearray) -> str:
    """Why this ZIP's directory is not read, or "". Its size, as the library will believe it.

    Offsets and sizes: APPNOTE of the ZIP format, 4.3.14 to 4.3.16.
    """
    at = len(data) - _END_SIZE
    if at < 0:
        return "the ZIP breaks off: it did not arrive whole"
    if data[at : at + 4] != _END or data[-2:] != b"\0\0":
        at = data.rfind(_END, max(0, at - _LONGEST_COMMENT))
        if at < 0:
            return "the ZIP breaks off: it did not arrive whole"
    size = int.from_bytes(data[at + 12 : at + 16], "little")
    locator = at - _LOCATOR_SIZE
    if locator >= 0 and data[locator : locator + 4] == _LOCATOR:
        end = locator - _END_64_SIZE
        if end >= 0 and data[end : end + 4] == _END_64:
            size = int.from_bytes(data[end + 40 : end + 48], "little")
    if size > LARGEST_DIRECTORY:
        return "is a ZIP of far too many files: send one with the table alone"
    return ""


def the_table(names: Sequence[str]) -> tuple[str, str]:
    """(the one table, "") or ("", why there is not one). What systems add does not count.

    Names are shown shortened, without anything that a terminal would act on.
    """
    if any(name.lower() == "[content_types].xml" for name in names):
        return "", "is an Excel workbook or another office document: save it as CSV"
    real = [name for name in names if not _is_litter(name)]
    tables = [name for name in real if name.lower().endswith(TABLES)]
    if len(real) == 1:
        return real[0], ""
    if len(tables) == 1:
        return tables[0], ""
    if not real:
        return "", "is a ZIP with no file in it"
    shown = ", ".join(_shown(name) for name in real[:_NAMES_SHOWN])
    more = f" and {len(real) - _NAMES_SHOWN:,} more" if len(real) > _NAMES_SHOWN else ""
    return "", f"is a ZIP with {len(real):,} files ({shown}{more}): send one with the table alone"


def _is_litter(name: str) -> bool:
    last = PurePosixPath(name.replace("\\", "/")).name.lower()
    hidden = last.startswith(".") or last in ("thumbs.db", "desktop.ini")
    return hidden or name.startswith("__MACOSX/")


def _shown(name: str) -> str:
    plain = "".join(c for c in name if c.isprintable())
    return plain if len(plain) <= _NAME_SHOWN else "..." + plain[-_NAME_SHOWN:]
