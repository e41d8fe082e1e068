"""Cameras, tokens and pictures where they are kept."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from cameras import store
from cameras.directory import GRACE, PAUSE, TTL, Directory, Whereabouts
from cameras.registry import IntakeToken, new_token
from domain.errors import BadInput, NotAllowed, NotFound, Unavailable
from domain.place import Place
from storage.embedded import EmbeddedPostgres
from storage.images import ImageStore, belongs, fits, key_of
from storage.migrate import migrate
from storage.postgres import Connection, Database

NOW = datetime(2026, 11, 21, 21, 2, 9, tzinfo=UTC)
ORI = "KS0190100"
OTHER = "KS0110200"


class Seconds:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def agencies(db: Database) -> Database:
    async with db.transaction() as conn:
        for ori in (ORI, OTHER):
            await conn.execute("insert into agencies (ori, name) values (%s, %s)", (ori, ori))
    return db


async def acts(conn: Connection) -> list[tuple[str, str, str]]:
    cursor = await conn.execute("select actor, action, subject from audit order by at, seq")
    return [(r["actor"], r["action"], r["subject"]) for r in await cursor.fetchall()]


async def test_a_token_works_until_it_is_revoked_and_each_step_is_audited(
    agencies: Database,
) -> None:
    async with agencies.transaction() as conn:
        token = await store.create_token(conn, ORI, "gate", "gate-1", NOW, by="person:1")
        assert await store.token(conn, token) == IntakeToken(ORI, "gate-1", "gate")
        cursor = await conn.execute("select token_hash::text as kept from intake_tokens")
        row = await cursor.fetchone()
        assert row is not None
        assert token not in str(row)
        later = NOW + timedelta(seconds=1)
        assert (await store.revoke_token(conn, token, later)).label == "gate"
        for presented in (token, new_token(), "", "bolo_"):
            with pytest.raises(NotAllowed, match="unknown or revoked"):
                await store.token(conn, presented)
        with pytest.raises(NotFound):
            await store.revoke_token(conn, token, later)
        assert await acts(conn) == [
            ("person:1", "intake-token.created", "intake-token:gate"),
            ("system", "intake-token.revoked", "intake-token:gate"),
        ]


async def test_a_label_names_one_token_in_force(agencies: Database) -> None:
    async with agencies.transaction() as conn:
        await store.create_token(conn, ORI, "gateway", None, NOW)
        await store.create_token(conn, OTHER, "gateway", None, NOW)
        with pytest.raises(BadInput, match="label: is in use"):
            await store.create_token(conn, ORI, "gateway", None, NOW)
        await store.revoke_label(conn, ORI, "gateway", NOW)
        await store.create_token(conn, ORI, "gateway", None, NOW)
        with pytest.raises(BadInput, match="agency"):
            await store.create_token(conn, "XX0000000", "gateway", None, NOW)


async def test_a_camera_is_registered_and_brought_up_to_date(agencies: Database) -> None:
    async with agencies.transaction() as conn:
        await store.register_camera(conn, ORI, "gate-1", name="4th & Main", now=NOW)
        await store.register_camera(
            conn, ORI, "gate-1", name="4th & Oak", latitude=37.4, longitude=-94.7, now=NOW
        )
        (camera,) = (await store.cameras(conn, ORI)).values()
        assert camera.place == Place(name="4th & Oak", latitude=37.4, longitude=-94.7)
        assert await store.cameras(conn, OTHER) == {}
        assert await store.cameras(conn, ORI, ["gate-2"]) == {}
        assert len(await acts(conn)) == 2
        with pytest.raises(BadInput, match=r"camera\.latitude"):
            await store.register_camera(conn, ORI, "c", latitude=91, longitude=0, now=NOW)


async def test_a_revocation_acts_within_five_seconds(agencies: Database) -> None:
    clock = Seconds()
    directory = Directory(agencies, monotonic=clock)
    async with agencies.transaction() as conn:
        token = await store.create_token(conn, ORI, "gateway", None, NOW)
    assert (await directory.token(token)).agency == ORI
    async with agencies.transaction() as conn:
        await store.revoke_token(conn, token, NOW)
    assert TTL < 5
    clock.now += TTL + 0.1
    with pytest.raises(NotAllowed):
        await directory.token(token)


async def test_a_moved_camera_is_found_where_it_is_now(agencies: Database) -> None:
    clock = Seconds()
    directory = Directory(agencies, monotonic=clock)
    unknown = Whereabouts(Place(), "UTC")
    assert await directory.whereabouts(ORI, {"gate-1"}) == {"gate-1": unknown}
    async with agencies.transaction() as conn:
        await store.register_camera(conn, ORI, "gate-1", name="4th & Main", now=NOW)
    clock.now += TTL + 0.1
    assert await directory.whereabouts(ORI, {"gate-1", "gate-2"}) == {
        "gate-1": Whereabouts(Place(name="4th & Main"), "UTC"),
        "gate-2": unknown,
    }


async def test_known_tokens_outlive_a_database_that_is_away_for_a_while(data_folder: Path) -> None:
    clock = Seconds()
    with EmbeddedPostgres(data_folder, fast=True) as server:
        url = server.url_of("postgres")
        await asyncio.to_thread(migrate, url)
        async with Database(url, size=2) as db:
            directory = Directory(db, monotonic=clock)
            async with db.transaction() as conn:
                await conn.execute("insert into agencies (ori, name) values (%s, 'x')", (ORI,))
                token = await store.create_token(conn, ORI, "gateway", None, NOW)
                await store.register_camera(conn, ORI, "gate-1", name="4th", now=NOW)
            await directory.token(token)
            await directory.whereabouts(ORI, {"gate-1"})
            server.stop()
            clock.now += GRACE - 10
            assert (await directory.token(token)).label == "gateway"
            assert await directory.whereabouts(ORI, {"gate-1", "x"}) == {
                "gate-1": Whereabouts(Place(name="4th"), "UTC"),
                "x": Whereabouts(),
            }
            with pytest.raises(Unavailable):
                await directory.token(new_token())
            clock.now += 11 + PAUSE
            with pytest.raises(Unavailable):
                await directory.token(token)


@pytest.mark.parametrize("kind", ["file", "memory"])
async def test_a_picture_is_kept_until_it_is_deleted(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "with a space" / "images"
    images = ImageStore(folder.as_uri() if kind == "file" else "memory://")
    key = "KS0190100/2026-11-21/7e8f51d0/plate.jpg"
    await images.put(key, b"one", "image/jpeg")
    await images.put(key, b"two", "image/jpeg")
    assert await images.get(key) == b"two"
    if kind == "file":
        assert (folder / key).read_bytes() == b"two"
    await images.delete(key)
    await images.delete(key)
    with pytest.raises(NotFound):
        await images.get(key)


@pytest.mark.parametrize(
    "key", ["", "/a", "a//b", "../a", "a/../b", "a/./b", ".hidden", "a/.b", "a b", "a\0", "a" * 600]
)
async def test_no_key_leaves_the_store(key: str) -> None:
    with pytest.raises(BadInput):
        await ImageStore("memory://").put(key, b"", "image/jpeg")


def test_a_key_says_whose_picture_it_is_and_which() -> None:
    digest = hashlib.sha256(b"one").hexdigest()
    read = UUID("7e8f51d0-5358-59e9-a268-5b6a4e362e2c")
    key = key_of(ORI, NOW.date(), read, "plate", digest, "jpg")
    assert key == f"{ORI}/{NOW:%Y-%m-%d}/{read}/plate-{digest[:16]}.jpg"
    assert belongs(key, ORI)
    assert fits(b"one", digest)
    assert fits(b"one", digest.upper())
    assert not fits(b"two", digest)
    for other in ("KS0110200", "KS01901", "", f"{ORI}/{NOW:%Y-%m-%d}"):
        assert not belongs(key, other)
    for bad in (f"{ORI}/", ORI, f"{ORI}/../x", f"/{ORI}/x", f"{ORI}/{'x' * 600}"):
        assert not belongs(bad, ORI)


@pytest.mark.parametrize("url", ["", "images", "http://x/y", "file://host/x", "s3:///x"])
def test_an_address_that_is_no_store_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match="must be file:"):
        ImageStore(url)


async def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    images = ImageStore(tmp_path.as_uri())
    (tmp_path / "a").write_text("in the way")
    with pytest.raises(Unavailable, match="image store"):
        await images.put("a/b.jpg", b"x", "image/jpeg")


async def test_a_store_that_nobody_answers_for_is_unavailable_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with pytest.raises(Unavailable, match="image store"):
        await ImageStore("s3://bucket/prefix").put("a/b.jpg", b"x", "image/jpeg")
