"""A read: one camera's observation of one vehicle. It is also the record on topic bolo.reads."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from domain.place import Place
from domain.vehicle import Guess, VehicleSeen

ImageKind = Literal["plate", "vehicle", "context"]


class ImageRef(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An image in the image store; `key` is its path there, `sha256` the hex digest."""

    kind: ImageKind
    key: str
    sha256: str


class Read(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One observation. Confidences are 0-1, times aware UTC.

    `plate` is normalised (domain.plate), `plate_raw` is what the camera sent. `candidates` are
    the camera's other readings, normalised, best first, without `plate` itself. `state` is an
    NCIC state code ("KS"), "" when the camera did not see one. `character_confidences` has one
    number for each character of `plate`, () when the camera gave none.
    """

    read_id: UUID
    agency: str
    camera: str
    seen_at: datetime
    received_at: datetime
    plate: str
    plate_raw: str
    confidence: float | None = None
    character_confidences: tuple[float, ...] = ()
    state: str = ""
    state_confidence: float | None = None
    candidates: tuple[Guess, ...] = ()
    vehicle: VehicleSeen | None = None
    place: Place = Place()
    images: tuple[ImageRef, ...] = ()
    format: str = "native"

    def image(self, kind: ImageKind) -> ImageRef | None:
        """The first image of that kind, or None."""
        return next((i for i in self.images if i.kind == kind), None)
