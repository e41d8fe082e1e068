"""What may happen to a good list on its way, each by a name, and what must come of it.

BEFORE was in force before, IN_FORCE is in force now, and NEXT is the good file that is damaged on
its way: 1,200 records each, of which 60 go and 60 come.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any

import pyzipper
from PIL import Image

from tests.lists import COLUMNS, Row, records, table

SIZE = 1200
BEFORE = table(records(0, SIZE))
IN_FORCE = table(records(60, SIZE + 60))
ROWS = records(120, SIZE + 120)
NEXT = table(ROWS)
PASSWORD = "correct horse"
MEGABYTE = 1 << 20

Make = Callable[[], bytes | Iterator[bytes]]


@dataclass(frozen=True)
class Damage:
    """`guard` "" is a file that must get in force, with `rejected` rows left out by a reason, and
    `prohibited` ones without a trace. `rows` is how many the file has (None: not said)."""

    name: str
    make: Make
    guard: str = ""
    rejected: int = 0
    prohibited: int = 0
    rows: int | None = SIZE
    settings: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)


DAMAGES: list[Damage] = []


def damage(guard: str = "", **more: Any) -> Callable[[Make], Make]:
    """Register a way to damage NEXT, by the function's name."""

    def registered(make: Make) -> Make:
        DAMAGES.append(Damage(make.__name__.replace("_", " "), make, guard, **more))
        return make

    return registered


def changed(change: Callable[[Row], Row | dict[str, str]], every: int = 1) -> bytes:
    """NEXT with every `every`th record changed."""
    return table([{**r, **change(r)} if n % every == 0 else r for n, r in enumerate(ROWS)])


def lines(change: Callable[[str], str]) -> bytes:
    """NEXT with every line but the header changed."""
    header, *rest = NEXT.decode().splitlines()
    return "\n".join((header, *map(change, rest), "")).encode()


# --- something is missing, or there is too much of it ---


@damage("empty", rows=0)
def empty_file() -> bytes:
    return b""


@damage("empty", rows=0)
def header_only() -> bytes:
    return table([])


@damage("empty", rows=0)
def a_million_empty_lines() -> bytes:
    return b"\n" * 1_000_000


@damage("row-count", rows=SIZE // 2)
def half_the_file() -> bytes:
    return table(ROWS[: SIZE // 2])


@damage("row-count", rows=SIZE * 6 // 10)
def forty_percent_fewer() -> bytes:
    return table(ROWS[: SIZE * 6 // 10])


@damage("row-count", rows=SIZE * 10)
def ten_times_as_many() -> bytes:
    return table([*ROWS, *(r for seed in range(2, 11) for r in records(0, SIZE, seed))])


@damage("truncated", rows=SIZE)
def cut_in_the_middle_of_a_line() -> bytes:
    return NEXT[: NEXT.rindex(b"\n", 0, -1) + 30]


@damage("truncated", rows=SIZE)
def cut_within_the_last_field_of_three() -> bytes:
    return NEXT[: NEXT.rindex(b",", 0, NEXT.rindex(b","))]


@damage("duplicates", rows=2 * SIZE)
def twice_the_same() -> bytes:
    return NEXT + table(ROWS, header=False)


@damage("duplicates", rows=3 * SIZE)
def three_times_the_same() -> bytes:
    return NEXT + 2 * table(ROWS, header=False)


@damage("duplicates", rows=2 * SIZE + 1)
def twice_the_same_with_its_header() -> bytes:
    return NEXT * 2


# --- another list ---


@damage("older")
def yesterdays() -> bytes:
    return BEFORE


@damage("older", rows=SIZE - 1)
def older_by_its_days_of_entry() -> bytes:
    return table(records(1, SIZE))


@damage("strangers")
def another_agencys() -> bytes:
    return table(records(120, SIZE + 120, seed=9))


@damage("strangers")
def every_row_the_same_plate() -> bytes:
    return changed(lambda _: {"LIC": "ABC1234", "LIS": "KS"})


@damage("strangers")
def record_numbers_in_scientific_notation() -> bytes:
    return changed(lambda _: {"NIC": "1E+09", "VIN": "1.23457E+16"})


@damage("unknown-keys")
def all_message_keys_unknown() -> bytes:
    return changed(lambda _: {"MKE": "XQ"})


@damage("expiry")
def all_expired() -> bytes:
    return changed(lambda r: {"EXPIRES": "2024" + r["EXPIRES"][4:]})


@damage("empty", prohibited=SIZE)
def all_rows_prohibited() -> bytes:
    return changed(lambda _: {"MKE": "EDF"})


@damage(prohibited=3, rows=SIZE + 3)
def three_rows_prohibited() -> bytes:
    return NEXT + table(
        [
            {**r, "LIC": f"SECRET{n}", word: text}
            for n, (r, word, text) in enumerate(
                zip(
                    records(2000, 2003),
                    ("MKE", "REMARKS", "MKE"),
                    ("EDF", "ICE DETAINER", "IMMIGRATION VIOLATOR"),
                    strict=True,
                )
            )
        ],
        header=False,
    )


# --- columns ---


@damage("columns-shifted")
def plate_and_state_swapped() -> bytes:
    return changed(lambda r: {"LIC": r["LIS"], "LIS": r["LIC"]})


@damage("columns-shifted")
def plates_that_are_states() -> bytes:
    return changed(lambda r: {"LIC": r["LIS"]})


@damage("columns-shifted")
def states_that_are_numbers() -> bytes:
    return changed(lambda r: {"LIS": str(20 + len(r["REMARKS"]))})


@damage("parse-failures")
def columns_shifted_to_the_right() -> bytes:
    return lines(lambda line: "," + line)


@damage("parse-failures")
def columns_shifted_to_the_left() -> bytes:
    return lines(lambda line: line.split(",", 1)[1])


@damage("missing-columns")
def a_column_missing() -> bytes:
    return table(ROWS, [name for name in COLUMNS if name != "LIS"])


@damage("missing-columns", rows=SIZE - 1)
def header_missing() -> bytes:
    return table(ROWS, header=False)


@damage("missing-columns")
def header_renamed() -> bytes:
    return b"plate,region,what\n" + NEXT.split(b"\n", 1)[1]


@damage("parse-failures")
def another_delimiter_than_the_header() -> bytes:
    return lines(lambda line: line.replace(",", ";"))


@damage("parse-failures")
def all_quotes_broken() -> bytes:
    return lines(lambda line: '"' + line)


@damage("parse-failures")
def plates_in_scientific_notation() -> bytes:
    return changed(lambda r: {"LIC": f"{r['LIC'][0]}.2E+{len(r['LIC']):02}"}, every=2) + b""


@damage("parse-failures")
def plates_masked() -> bytes:
    return changed(lambda _: {"LIC": "******"})


@damage("parse-failures")
def expiry_in_another_order_of_dates() -> bytes:
    def turned(row: Row) -> Row:
        day = date.fromisoformat(row["EXPIRES"])
        return {"EXPIRES": day.strftime("%d/%m/%Y")}

    return changed(turned)


# --- bytes ---


@damage("not-text", rows=1)
def utf_16_without_its_mark() -> bytes:
    return NEXT.decode().encode("utf-16-le")


@damage("encoding")
def utf_8_read_as_windows_1252_and_saved_again() -> bytes:
    return NEXT.decode("cp1252").encode()


@damage("encoding")
def replacement_characters() -> bytes:
    return NEXT.decode("ascii", "replace").encode()


@damage("not-text", rows=1)
def nul_bytes() -> bytes:
    return NEXT.replace(b",KS,", b",K\0S,")


@damage("not-text", rows=1)
def a_hole_of_zeros_in_the_middle() -> bytes:
    middle = len(NEXT) // 2
    return NEXT[:middle] + bytes(4096) + NEXT[middle + 4096 :]


@damage("missing-columns", rows=None)
def ebcdic() -> bytes:
    return NEXT.decode().encode("cp037", "replace")


@damage("not-text", rows=1)
def a_jpeg() -> bytes:
    noise = Image.frombytes("RGB", (64, 64), random.Random(3).randbytes(64 * 64 * 3))
    out = io.BytesIO()
    noise.save(out, "JPEG")
    return out.getvalue()


@damage("unreadable", rows=1)
def a_pdf() -> bytes:
    return b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type/Catalog>>\nendobj\n" + NEXT


@damage("missing-columns", rows=8)
def an_html_page_that_asks_to_log_in() -> bytes:
    return b"""<!doctype html>
<html>
<head><title>Portal</title></head>
<body>
<h1>Login required</h1>
<p>Your session has expired, please log in again.</p>
<form method="post"><input name="user"></form>
</body>
</html>
"""


@damage("empty", rows=0)
def a_json_error() -> bytes:
    return json.dumps({"error": "unauthorized", "message": "token expired"}).encode()


@damage("missing-columns", rows=None)
def base_64() -> bytes:
    return base64.encodebytes(NEXT)


@damage("missing-columns", rows=1)
def one_line_of_a_hundred_megabytes() -> Iterator[bytes]:
    return (b"A" * MEGABYTE for _ in range(100))


@damage("missing-columns", rows=1)
def all_line_ends_lost() -> bytes:
    return NEXT.replace(b"\n", b"")


# --- archives ---


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(f"{name}.csv", data)
    return out.getvalue()


def sealed(password: str) -> bytes:
    out = io.BytesIO()
    with pyzipper.AESZipFile(
        out, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES
    ) as archive:
        archive.setpassword(password.encode())
        archive.writestr("list.csv", NEXT)
    return out.getvalue()


BY_PASSWORD = {"template": {"name": "sealed", "password_setting": "LIST_PASSWORD"}}


@damage("unreadable", rows=None)
def a_gzip_that_is_cut() -> bytes:
    whole = gzip.compress(NEXT)
    return whole[: len(whole) * 9 // 10]


@damage("unreadable", rows=None)
def a_zip_that_is_cut() -> bytes:
    return zipped(list=NEXT)[:-200]


@damage("unreadable", rows=None)
def a_zip_bomb() -> bytes:
    return zipped(list=bytes(32 * MEGABYTE))


@damage("unreadable", rows=None)
def a_gzip_bomb() -> bytes:
    return gzip.compress(NEXT + b"\n" * (32 * MEGABYTE))


@damage("unreadable", rows=1)
def a_zip_with_two_lists() -> bytes:
    return zipped(list=NEXT, other=IN_FORCE)


@damage("unreadable", rows=1)
def a_zip_in_a_zip() -> bytes:
    return zipped(list=zipped(list=NEXT))


@damage("unreadable", rows=1, settings=BY_PASSWORD, secrets={"LIST_PASSWORD": "wrong"})
def a_zip_with_another_password() -> bytes:
    return sealed(PASSWORD)


@damage("unreadable", rows=1)
def a_zip_whose_password_nobody_has() -> bytes:
    return sealed(PASSWORD)


# --- a few rows, each rejected by itself ---


@damage(rejected=12)
def a_few_rows_without_a_plate() -> bytes:
    return changed(lambda _: {"LIC": "UNK"}, every=100)


@damage(rejected=12)
def a_few_stray_quotation_marks() -> bytes:
    return changed(lambda _: {"VMO": '"F15'}, every=100)


@damage(rejected=12)
def a_few_rows_that_break_off() -> bytes:
    n = iter(range(SIZE))
    return lines(lambda line: line[:40] if next(n) % 100 == 0 else line)


@damage(rejected=12)
def a_few_plates_in_scientific_notation() -> bytes:
    return changed(lambda _: {"LIC": "1E+09"}, every=100)


@damage(rejected=24, rows=SIZE + 24)
def a_few_records_twice() -> bytes:
    return NEXT + table(islice(ROWS, 24), header=False)


@damage(rejected=1, rows=SIZE + 1)
def a_line_of_a_hundred_megabytes_in_the_middle() -> Iterator[bytes]:
    yield table(ROWS[:600])
    yield from (b"A" * MEGABYTE for _ in range(100))
    yield b"\n" + table(ROWS[600:], header=False)


@damage(rejected=1, rows=SIZE + 1)
def the_header_again_in_the_middle() -> bytes:
    return table(ROWS[:600]) + table(ROWS[600:])


# --- what looks odd, and is fine ---


@damage()
def carriage_returns_alone() -> bytes:
    return NEXT.replace(b"\n", b"\r")


@damage()
def carriage_returns_and_line_feeds() -> bytes:
    return NEXT.replace(b"\n", b"\r\n")


@damage()
def a_byte_order_mark() -> bytes:
    return b"\xef\xbb\xbf" + NEXT


@damage()
def utf_16() -> bytes:
    return NEXT.decode().encode("utf-16")


@damage()
def blank_lines() -> bytes:
    return b"\n\n" + NEXT.replace(b"\n", b"\n\n   \n")


@damage()
def trailing_commas() -> bytes:
    return lines(lambda line: line + ",,,")


@damage()
def no_line_end_at_the_end() -> bytes:
    return NEXT[:-1]


@damage()
def windows_1252() -> bytes:
    return NEXT.decode().encode("cp1252")


@damage()
def semicolons_throughout() -> bytes:
    return NEXT.replace(b",", b";")


@damage()
def quotation_marks_around_every_cell() -> bytes:
    return lines(lambda line: ",".join(f'"{cell}"' for cell in line.split(",")))


@damage()
def plates_as_people_write_them() -> bytes:
    return changed(lambda r: {"LIC": f"{r['LIC'][:3].lower()}-{r['LIC'][3:]}"})


@damage()
def gzipped() -> bytes:
    return gzip.compress(NEXT)


@damage()
def in_a_zip() -> bytes:
    return zipped(list=NEXT)


@damage(settings=BY_PASSWORD, secrets={"LIST_PASSWORD": PASSWORD})
def in_a_zip_with_its_password() -> bytes:
    return sealed(PASSWORD)
