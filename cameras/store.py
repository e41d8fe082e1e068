"""Cameras and intake tokens in PostgreSQL.

Functions that change something take a connection inside a transaction, and their audit row is
part of it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import LiteralString

from cameras.registry import (
    Camera,
    IntakeToken,
    checked_camera_id,
    checked_label,
    checked_place,
    checked_timezone,
    digest,
    looks_like_token,
    new_token,
)
from domain.errors import BadInput, NotAllowed, NotFound
from domain.place import Place
from storage.audit import Act, append
from storage.postgres import Connection, Row


async def register_camera(
    conn: Connection,
    agency: str,
    camera: str,
    *,
    name: str = "",
    latitude: float | None = None,
    longitude: float | None = None,
    heading: float | None = None,
    timezone: str = "",
    by: str = "system",
    now: datetime,
) -> None:
    """Register a camera, or bring its name, place and zone up to date. Raises BadInput.

    Degrees of WGS 84; the heading of its traffic in degrees from north; the time zone as an IANA
    name, "" for the agency's.
    """
    camera = checked_camera_id(camera)
    timezone = checked_timezone(timezone)
    place = Place(name=name.strip(), latitude=latitude, longitude=longitude, heading=heading)
    checked_place(place, "camera")
    await checked_agency(conn, agency)
    await conn.execute(
        "insert into cameras (agency, id, name, latitude, longitude, heading, timezone, created_at)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s)"
        " on conflict (agency, id) do update set name = excluded.name,"
        " latitude = excluded.latitude, longitude = excluded.longitude,"
        " heading = excluded.heading, timezone = excluded.timezone",
        (agency, camera, place.name, latitude, longitude, heading, timezone, now),
    )
    detail = {
        "name": place.name,
        "latitude": latitude,
        "longitude": longitude,
        "heading": heading,
        "timezone": timezone,
    }
    act = Act(agency, by, "camera.registered", f"camera:{camera}", detail=detail)
    await append(conn, now, [act])


async def cameras(
    conn: Connection, agency: str, ids: Collection[str] | None = None
) -> dict[str, Camera]:
    """The agency's registered cameras by id; with `ids` only those."""
    cursor = await conn.execute(
        "select agency, id, name, latitude, longitude, heading, timezone from cameras"
        " where agency = %s and (%s::text[] is null or id = any(%s::text[])) order by id",
        (agency, ids_ := None if ids is None else list(ids), ids_),
    )
    return {row["id"]: camera_of(row) for row in await cursor.fetchall()}


async def agency_timezone(conn: Connection, agency: str) -> str:
    """The agency's IANA time zone, "" when there is no such agency."""
    cursor = await conn.execute("select timezone from agencies where ori = %s", (agency,))
    row = await cursor.fetchone()
    return "" if row is None else str(row["timezone"])


async def create_token(
    conn: Connection,
    agency: str,
    label: str,
    camera: str | None,
    now: datetime,
    *,
    by: str = "system",
) -> str:
    """A new token, for one camera or (None) for a gateway of the agency.

    It is shown this once; only its SHA-256 is kept. Raises BadInput when the label is in use by
    a token that is not revoked: it is how people tell tokens apart.
    """
    label = checked_label(label)
    camera_id = None if camera is None else checked_camera_id(camera)
    await checked_agency(conn, agency)
    # Taken to the end of the transaction, so that two cannot take the same label at once.
    await conn.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (agency + label,))
    cursor = await conn.execute(
        "select 1 from intake_tokens where agency = %s and label = %s and revoked_at is null",
        (agency, label),
    )
    if await cursor.fetchone():
        problem = "is in use: revoke the token of that label first, or choose another"
        raise BadInput("label", problem)
    token = new_token()
    await conn.execute(
        "insert into intake_tokens (token_hash, agency, camera, label, created_at)"
        " values (%s, %s, %s, %s, %s)",
        (digest(token), agency, camera_id, label, now),
    )
    detail = {"camera": camera_id}
    act = Act(agency, by, "intake-token.created", f"intake-token:{label}", detail=detail)
    await append(conn, now, [act])
    return token


async def revoke_token(
    conn: Connection, presented: str, now: datetime, *, by: str = "system"
) -> IntakeToken:
    """Revoke a token by itself, for one that leaked. Raises NotFound when it is not in force."""
    return await _revoke(conn, "token_hash = %s", (digest(presented.strip()),), now, by)


async def revoke_label(
    conn: Connection, agency: str, label: str, now: datetime, *, by: str = "system"
) -> IntakeToken:
    """Revoke the agency's token of that label. Raises NotFound when none is in force."""
    where = "agency = %s and label = %s"
    return await _revoke(conn, where, (agency, checked_label(label)), now, by)


async def _revoke(
    conn: Connection, where: LiteralString, values: tuple[object, ...], now: datetime, by: str
) -> IntakeToken:
    cursor = await conn.execute(
        f"update intake_tokens set revoked_at = %s where {where} and revoked_at is null"
        " returning agency, camera, label",
        (now, *values),
    )
    row = await cursor.fetchone()
    if row is None:
        msg = "no such token is in force"
        raise NotFound(msg)
    revoked = IntakeToken(agency=row["agency"], camera=row["camera"], label=row["label"])
    act = Act(revoked.agency, by, "intake-token.revoked", f"intake-token:{revoked.label}")
    await append(conn, now, [act])
    return revoked


async def token(conn: Connection, presented: str) -> IntakeToken:
    """Whose token this is. Raises NotAllowed for unknown and revoked ones, all the same."""
    row = None
    if looks_like_token(presented):
        cursor = await conn.execute(
            "select agency, camera, label from intake_tokens"
            " where token_hash = %s and revoked_at is null",
            (digest(presented),),
        )
        row = await cursor.fetchone()
    if row is None:
        msg = "the intake token is unknown or revoked"
        raise NotAllowed(msg)
    return IntakeToken(agency=row["agency"], camera=row["camera"], label=row["label"])


async def checked_agency(conn: Connection, agency: str) -> None:
    """Raises BadInput when there is no such agency here."""
    cursor = await conn.execute("select 1 from agencies where ori = %s", (agency,))
    if await cursor.fetchone() is None:
        raise BadInput("agency", f"{agency[:20]!r} is not an agency of this installation")


def camera_of(row: Row) -> Camera:
    """A row with the columns of cameras."""
    place = Place(
        name=row["name"],
        latitude=row["latitude"],
        longitude=row["longitude"],
        heading=row["heading"],
    )
    return Camera(
        agency=row["agency"],
        id=row["id"],
        name=row["name"],
        place=place,
        timezone=row["timezone"],
    )
