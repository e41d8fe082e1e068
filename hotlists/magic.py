"""Files that are no table by their first bytes, and what to say of each."""

from __future__ import annotations

ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"

_AGAIN = "is an archive inside the archive: send the table itself, packed once"
_KINDS: tuple[tuple[bytes, str], ...] = (
    (ZIP, _AGAIN),
    (b"\x1f\x8b", _AGAIN),
    (_EMPTY_ZIP, "is an empty ZIP: there is no table in it"),
    (b"PK\x07\x08", "is a ZIP in several parts: send it in one"),
    (b"7z\xbc\xaf\x27\x1c", "is a 7-Zip archive: send it as ZIP, gzip or plain"),
    (b"Rar!\x1a\x07", "is a RAR archive: send it as ZIP, gzip or plain"),
    (b"\xfd7zXZ\x00", "is an xz archive: send it as ZIP, gzip or plain"),
    (b"BZh", "is a bzip2 archive: send it as ZIP, gzip or plain"),
    (b"\x28\xb5\x2f\xfd", "is a zstd archive: send it as ZIP, gzip or plain"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an Excel workbook: save it as CSV"),
    (b"%PDF-", "is a PDF: a list must be a table of text, such as CSV"),
    (b"SQLite format 3\x00", "is a database file: export the list as CSV"),
)
_BZIP2_BLOCK = b"1AY&SY"
_TAR_AT = 257


def other_archive(head: bytes) -> str:
    """Why the file that begins so is no table, or "" when it may be one.

    Three letters alone (BZh) are not taken for bzip2: a plate may begin so.
    """
    for start, why in _KINDS:
        if head.startswith(start) and (start != b"BZh" or head[4:10] == _BZIP2_BLOCK):
            return why
    if head[_TAR_AT : _TAR_AT + 5] == b"ustar":
        return "is a tar archive: send the table itself"
    return ""
