"""GET /images/...: a picture of a sighting, to whoever may see its alert."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from alerts import store as alerts
from console.auth import LoggedIn, Wired
from console.errors import RESPONSES
from console.reading import visible
from domain.errors import NotFound
from domain.read import ImageKind

router = APIRouter(tags=["pictures"], responses=RESPONSES)


@router.get(
    "/images/{alert}/{read}/{kind}",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}, "image/png": {}, "image/webp": {}}}},
)
async def picture(alert: UUID, read: UUID, kind: ImageKind, viewer: LoggedIn, s: Wired) -> Response:
    """The plate, vehicle or context picture of a sighting. The view of the alert is what is
    audited; its pictures are part of it."""
    async with s.db.connection() as conn:
        record = await alerts.load(conn, viewer.person.agency, alert)
        if not visible(viewer, record):
            raise NotFound(str(alert))
        seen = await alerts.sightings(conn, viewer.person.agency, alert)
    image = next((m.read.image(kind) for m in seen if m.read.read_id == read), None)
    if image is None:
        raise NotFound(kind)
    data = await s.images.get(image.key)
    return Response(data, media_type=_type(data))


def _type(data: bytes) -> str:
    """The type by the first bytes: what the camera called it is not trusted."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return "application/octet-stream"
