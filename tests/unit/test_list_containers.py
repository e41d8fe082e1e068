"""What a list's file comes in: plain, gzip, ZIP with and without a password, and every trap."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import tarfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Iterator

import pytest
import pyzipper
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import BadInput
from hotlists.containers import PIECE, Limits, Opened, Unreadable, opened

LIST = "".join(f"AB{n:04}K,KS,FORD,{n % 30 + 1990}\n" for n in range(3_000)).encode()
PASSWORD = b"correct horse"
SMALL = Limits(output=200_000, archive=200_000, ratio=50, unlooked=50_000)


def zipped(
    files: dict[str, bytes] | None = None,
    /,
    method: int = zipfile.ZIP_DEFLATED,
    **named: bytes,
) -> bytes:
    """A ZIP of files; of those named by keyword `__` is a dot."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in {**(files or {}), **named}.items():
            archive.writestr(name if files else name.replace("__", "."), data)
    return out.getvalue()


def aes(data: bytes = LIST, strength: int = 256) -> bytes:
    out = io.BytesIO()
    with pyzipper.AESZipFile(
        out, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES
    ) as archive:
        archive.setpassword(PASSWORD)
        archive.setencryption(pyzipper.WZ_AES, nbits=strength)
        archive.writestr("list.csv", data)
    return out.getvalue()


def zip_crypto(data: bytes = LIST) -> bytes:
    """A ZIP in the old encryption, which no library at hand writes: APPNOTE 6.1, by its text."""
    keys = [0x12345678, 0x23456789, 0x34567890]
    table = []
    for n in range(256):
        value = n
        for _ in range(8):
            value = (value >> 1) ^ (0xEDB88320 if value & 1 else 0)
        table.append(value)

    def update(byte: int) -> None:
        keys[0] = (keys[0] >> 8) ^ table[(keys[0] ^ byte) & 0xFF]
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = (keys[2] >> 8) ^ table[(keys[2] ^ (keys[1] >> 24)) & 0xFF]

    for byte in PASSWORD:
        update(byte)
    crc = zlib.crc32(data)
    packer = zlib.compressobj(wbits=-15)
    plain = bytes(range(11)) + bytes([crc >> 24]) + packer.compress(data) + packer.flush()
    secret = bytearray()
    for byte in plain:
        mixed = (keys[2] | 2) & 0xFFFF
        secret.append(byte ^ ((mixed * (mixed ^ 1)) >> 8 & 0xFF))
        update(byte)
    name = b"list.csv"
    fields = (
        b"\x14\0\x01\0\x08\0\0\0\x21\0"
        + crc.to_bytes(4, "little")
        + len(secret).to_bytes(4, "little")
        + len(data).to_bytes(4, "little")
        + len(name).to_bytes(2, "little")
        + b"\0\0"
    )
    local = b"PK\x03\x04" + fields + name
    central = b"PK\x01\x02\x14\0" + fields + b"\0" * 14 + name
    start = len(local) + len(secret)
    end = (
        b"PK\x05\x06\0\0\0\0\1\0\1\0"
        + len(central).to_bytes(4, "little")
        + start.to_bytes(4, "little")
        + b"\0\0"
    )
    return local + bytes(secret) + central + end


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[n : n + size] for n in range(0, len(data), size))


def content(data: bytes, **given: object) -> bytes:
    return b"".join(opened(data, **given).pieces)  # type: ignore[arg-type]


def refused(data: bytes, **given: object) -> str:
    with pytest.raises(Unreadable) as bad:
        content(data, **given)
    assert isinstance(bad.value, BadInput)
    return bad.value.problem


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("plain", LIST),
        ("gzip", gzip.compress(LIST)),
        ("gzip", gzip.compress(LIST[:1000]) + gzip.compress(LIST[1000:])),
        ("gzip", gzip.compress(LIST) + b"\0" * 700),
        ("zip", zipped(list__csv=LIST)),
        ("zip", zipped(method=zipfile.ZIP_STORED, list__csv=LIST)),
        ("zip", zipped(list__csv=LIST, readme__pdf=b"%PDF")),
        ("zip", zipped(list_without_suffix=LIST)),
    ],
)
@pytest.mark.parametrize("size", [13, 700, 1 << 20])
def test_the_table_comes_out_however_it_was_packed_and_cut(
    kind: str, data: bytes, size: int
) -> None:
    found = opened(pieces(data, size))
    assert isinstance(found, Opened)
    assert found.kind == kind
    assert b"".join(found) == LIST


def test_litter_of_systems_beside_the_table_is_overlooked() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.mkdir("lists")
        for name in ("__MACOSX/lists/._today.csv", "lists/.DS_Store", "Thumbs.db"):
            archive.writestr(name, b"litter")
        archive.writestr("lists/today.csv", LIST)
    found = opened(out.getvalue())
    assert found.name == "lists/today.csv"
    assert b"".join(found) == LIST


@pytest.mark.parametrize("strength", [128, 192, 256])
def test_a_zip_with_aes_opens_with_its_password_alone(strength: int) -> None:
    data = aes(strength=strength)
    found = opened(data, password=PASSWORD)
    assert (found.encrypted, b"".join(found)) == (True, LIST)
    assert "needs a password" in refused(data)
    assert "password is wrong" in refused(data, password=b"incorrect")


def test_a_zip_with_the_old_encryption_opens_with_its_password_alone() -> None:
    data = zip_crypto()
    assert content(data, password=PASSWORD) == LIST
    assert "needs a password" in refused(data)
    for n in range(300):  # one in 256 passes the format's own check, and fails later
        assert "password is wrong" in refused(data, password=b"wrong %d" % n)


def test_a_password_that_is_not_needed_is_not_used() -> None:
    assert content(zipped(list__csv=LIST), password=PASSWORD) == LIST
    assert content(LIST, password=PASSWORD) == LIST


def test_several_tables_are_refused_by_name() -> None:
    said = refused(zipped(stolen__csv=LIST, wanted__txt=LIST))
    assert "2 files (stolen.csv, wanted.txt)" in said
    many = refused(zipped({f"list{n}.csv": b"x" for n in range(40)}))
    assert "40 files" in many
    assert "and 35 more" in many


def test_names_in_a_refusal_do_nothing_to_a_terminal() -> None:
    said = refused(zipped({"\x1b[2Ja.csv": b"x", "b" * 200 + ".csv": b"x"}))
    assert "\x1b" not in said
    assert len(said) < 250


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        (gzip.compress(LIST), "archive inside"),
        (zipped(list__csv=LIST), "archive inside"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Excel"),
        (bz2.compress(LIST), "bzip2"),
        (lzma.compress(LIST), "xz archive"),
        (b"7z\xbc\xaf\x27\x1c..", "7-Zip"),
        (b"Rar!\x1a\x07\x01\0", "RAR"),
    ],
)
def test_what_is_no_table_is_refused_with_what_to_do(inner: bytes, said: str) -> None:
    assert said in refused(zipped(list__csv=inner))
    assert said in refused(gzip.compress(inner))
    if said != "archive inside":
        assert said in refused(inner)


def test_workbooks_tar_and_empty_archives_are_refused() -> None:
    assert "Excel" in refused(zipped({"[Content_Types].xml": b"<x/>", "xl/a.xml": b""}))
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("list.csv"), io.BytesIO(b""))
    assert "tar" in refused(gzip.compress(out.getvalue()))
    assert "empty ZIP" in refused(zipped())
    assert "ordinary ZIP method" in refused(zipped(method=zipfile.ZIP_LZMA, list__csv=LIST))


def test_a_plate_may_begin_like_a_bzip2_file() -> None:
    assert content(b"BZh123,KS\n") == b"BZh123,KS\n"


@pytest.mark.parametrize("pack", [gzip.compress, lambda d: zipped(list__csv=d), aes])
def test_a_bomb_stops_at_its_ratio(pack: object) -> None:
    bomb = pack(b"A" * 5_000_000)  # type: ignore[operator]
    assert "50 times its size" in refused(
        bomb, password=PASSWORD, limits=Limits(ratio=50, unlooked=50_000)
    )


@pytest.mark.parametrize("pack", [gzip.compress, lambda d: zipped(list__csv=d), lambda d: d])
def test_what_is_too_large_stops_at_its_size(pack: object) -> None:
    large = random.Random(1).randbytes(150_000).hex().encode()
    limits = Limits(output=200_000)
    assert "holds more than" in refused(pack(large), limits=limits)  # type: ignore[operator]


def test_a_bomb_passes_in_bounded_memory() -> None:
    bomb = gzip.compress(bytes(300_000_000))
    tracemalloc.start()
    sizes: list[int] = []
    found = opened(bomb)
    with pytest.raises(Unreadable, match="200 times"):
        sizes.extend(map(len, found))
    size = sum(sizes)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size <= 200 * len(bomb)
    assert peak < 10 * PIECE


def test_a_large_plain_file_passes_in_pieces() -> None:
    def large() -> Iterator[bytes]:
        for _ in range(64):
            yield b"ABC123,KS\n" * 100_000

    tracemalloc.start()
    size = longest = 0
    for piece in opened(large()):
        size += len(piece)
        longest = max(longest, len(piece))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (size, longest <= PIECE) == (64_000_000, True)
    assert peak < 10 * PIECE


def test_the_size_in_a_header_is_not_believed() -> None:
    data = bytearray(zipped(list__csv=b"A" * 3_000_000))
    central = data.index(b"PK\x01\x02")
    data[22:26] = data[central + 24 : central + 28] = (10).to_bytes(4, "little")
    problem = refused(bytes(data), limits=SMALL)
    assert "times its size" in problem or "damaged" in problem or "holds more" in problem


def test_a_zip_too_large_to_hold_or_of_too_many_files_is_refused() -> None:
    big = zipped(method=zipfile.ZIP_STORED, list__csv=bytes(250_000))
    assert "send it as gzip" in refused(big, limits=SMALL)
    crowd = zipped({f"{n:060}": b"" for n in range(12_000)})
    assert "far too many files" in refused(crowd)


@pytest.mark.parametrize("data", [gzip.compress(LIST), zipped(list__csv=LIST), aes()])
def test_what_breaks_off_anywhere_is_said_and_never_passes_as_whole(data: bytes) -> None:
    rng = random.Random(4)
    for _ in range(60):
        cut = data[: rng.randrange(12, len(data) - 1)]
        assert refused(cut, password=PASSWORD)


@pytest.mark.parametrize("data", [gzip.compress(LIST), zipped(list__csv=LIST), aes()])
def test_damage_is_refused_or_harmless(data: bytes) -> None:
    """Unless it hits the very first bytes, which say that this is a container at all."""
    rng = random.Random(5)
    wrong = 0
    for _ in range(200):
        broken = bytearray(data)
        broken[rng.randrange(4, len(data))] ^= 1 << rng.randrange(8)
        try:
            assert content(bytes(broken), password=PASSWORD) == LIST
        except Unreadable:
            wrong += 1
    assert wrong > 100


def test_an_empty_file_is_plain_and_empty() -> None:
    found = opened(b"")
    assert (found.kind, list(found)) == ("plain", [])


@given(
    st.binary(max_size=300),
    st.sampled_from(
        [b"", b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08\0", b"PK\x03\x04" + bytes(30)]
    ),
    st.sampled_from([b"", b"PK\x05\x06" + bytes(18)]),
    st.booleans(),
)
@settings(max_examples=400, deadline=None)
def test_any_bytes_at_all_open_or_are_refused(
    data: bytes, head: bytes, tail: bytes, password: bool
) -> None:
    try:
        size = sum(map(len, opened(head + data + tail, password=b"x" if password else None)))
    except BadInput:
        return
    assert size >= 0
