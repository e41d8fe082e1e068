"""GET /images/...: a picture of a sighting, to whoever may see its alert."""

from __future__ import annotations

from uuid import UUID

import structlog
from fastapi import APIRouter
from starlette.responses import Response

from alerts import store as alerts
from console import reading
from console.auth import LoggedIn, Wired
from console.errors import RESPONSES
from console.looks import Seen
from console.reading import visible
from console.verified import judges
from domain.errors import NotFound
from domain.read import ImageKind
from storage.images import belongs, fits

log = structlog.get_logger(__name__)

router = APIRouter(tags=["pictures"], responses=RESPONSES)


@router.get(
    "/images/{alert}/{read}/{kind}",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}, "image/png": {}, "image/webp": {}}}},
)
async def picture(
    alert: UUID, read: UUID, kind: ImageKind, viewer: LoggedIn, s: Wired, looks: Seen
) -> Response:
    """The plate, vehicle or context picture of a sighting; who does not verify gets those of the
    match that was judged. Audited with the view of its alert, or by itself when there was none."""
    async with s.db.connection() as conn:
        record = await alerts.load(conn, viewer.person.agency, alert)
        if not visible(viewer, record):
            raise NotFound(str(alert))
        seen = [record.match]
        if judges(viewer.person):
            seen = await alerts.sightings(conn, viewer.person.agency, alert)
    image = next((m.read.image(kind) for m in seen if m.read.read_id == read), None)
    if image is None:
        raise NotFound(kind)
    if not belongs(image.key, viewer.person.agency):
        log.error("picture.refused", alert=str(alert), kind=kind, why="not this agency's key")
        raise NotFound(kind)
    data = await s.images.get(image.key)
    if not fits(data, image.sha256):
        log.error("picture.refused", alert=str(alert), kind=kind, why="not what the camera sent")
        raise NotFound(kind)
    await reading.pictures(s, viewer, looks, alert, {"read": str(read), "kind": kind})
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
