"""A read as a format understood it, before anything is decided about it; and its errors."""

from __future__ import annotations

from datetime import datetime

import msgspec

from domain.errors import BadInput
from domain.place import Place
from domain.read import ImageKind
from domain.vehicle import Guess, VehicleSeen


class TooLarge(BadInput):
    """A body or an image over its limit."""


class WrongKind(BadInput):
    """A body or an image of a kind that is not taken."""


class BadBody(BadInput):
    """A body that is not what its Content-Type says, for example broken JSON."""


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """A rectangle in pixels of an image, from the top left; the maxima lie outside it."""

    xmin: float
    ymin: float
    xmax: float
    ymax: float


class IncomingImage(msgspec.Struct, frozen=True, kw_only=True):
    """An image as it came. `field` is where it stood in the request, for errors."""

    kind: ImageKind
    data: bytes
    field: str = "image"


class IncomingRead(msgspec.Struct, frozen=True, kw_only=True):
    """One observation in a vendor's words, in bolo's shape. Confidences are already 0-1.

    `field` is the read's place in the request ("reads[3]", or "" for a request of one read).
    `plate` and `candidates` are raw text, `state` an NCIC code or "". `place` None: the camera
    did not say where it was. `plate_box` lies in the "vehicle" image. `event_id` is the vendor's
    own id of the event, "" when it has none. `character_confidences` are for the characters of
    `plate` as it came, in order, () when the vendor gives none or another number of them.

    A naive `seen_at` is the camera's local clock: cameras.building reads it in the time zone that
    the camera is registered with, else in its agency's.
    """

    camera: str
    seen_at: datetime
    plate: str
    format: str
    field: str = ""
    confidence: float | None = None
    character_confidences: tuple[float, ...] = ()
    state: str = ""
    state_confidence: float | None = None
    candidates: tuple[Guess, ...] = ()
    vehicle: VehicleSeen | None = None
    place: Place | None = None
    images: tuple[IncomingImage, ...] = ()
    plate_box: Box | None = None
    event_id: str = ""

    def at(self, name: str) -> str:
        """The dotted path of one of this read's fields."""
        return f"{self.field}.{name}" if self.field else name


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """What a heartbeat says of a camera. `at` as `IncomingRead.seen_at`; None: it did not say.

    `problem` is "" when all is well, else the vendor's words ("video stream lost").
    """

    camera: str
    at: datetime | None = None
    problem: str = ""


class Parsed(msgspec.Struct, frozen=True):
    """What a payload held: its reads, how many of its results had no plate, what is no read.

    `ignored` says in a person's words what was left out on purpose ("a preview, the final
    result follows"), one for each thing.
    """

    reads: tuple[IncomingRead, ...]
    without_plate: int = 0
    ignored: tuple[str, ...] = ()
    health: tuple[Health, ...] = ()


class Attachment(msgspec.Struct, frozen=True):
    """A file that came with the payload: the form field it came under, its bytes, its name."""

    field: str
    data: bytes
    name: str = ""
