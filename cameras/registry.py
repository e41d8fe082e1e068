"""Cameras and intake tokens: the words and the rules, without I/O."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from domain.errors import BadInput, NotAllowed
from domain.place import Place

PREFIX = "bolo_"
TOKEN_BYTES = 32
CAMERA_MAX = 64
LABEL_MAX = 100
PLACE_MAX = 200

_TOKEN = re.compile(r"bolo_[A-Za-z0-9_-]{43}")  # 32 bytes as unpadded base64url
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Camera:
    """A camera as registered. `place` and its heading stand in for what a read does not say.

    `timezone` is an IANA name, "" for its agency's: in it a time without an offset is read.
    """

    agency: str
    id: str
    name: str = ""
    place: Place = field(default_factory=Place)
    timezone: str = ""


@dataclass(frozen=True)
class IntakeToken:
    """Who may send reads: one camera, or with camera None a gateway for the whole agency."""

    agency: str
    camera: str | None
    label: str

    def check(self, camera: str, at: str = "camera") -> None:
        """Raises NotAllowed when this token may not report reads of `camera`."""
        if self.camera is not None and camera != self.camera:
            msg = f"{at}: this token is for one camera, and it is another one"
            raise NotAllowed(msg)


def new_token() -> str:
    """A new token: 256 random bits, in a form that survives any header and any shell."""
    return PREFIX + secrets.token_urlsafe(TOKEN_BYTES)


def looks_like_token(presented: str) -> bool:
    """Whether it is worth asking the database about it."""
    return _TOKEN.fullmatch(presented) is not None


def digest(presented: str) -> bytes:
    """What is kept of a token. Plain SHA-256 is enough for 256 random bits."""
    return hashlib.sha256(presented.encode()).digest()


def checked_camera_id(text: str, at: str = "camera") -> str:
    """A camera's id without surrounding blanks. Raises BadInput."""
    plain = text.strip()
    if not plain:
        raise BadInput(at, "is empty")
    if len(plain) > CAMERA_MAX:
        raise BadInput(at, f"is longer than {CAMERA_MAX} characters")
    if _CONTROL.search(plain):
        raise BadInput(at, "holds a control character")
    return plain


def checked_label(text: str) -> str:
    """A token's label, by which people know and revoke it. Raises BadInput."""
    plain = text.strip()
    if not plain or len(plain) > LABEL_MAX or _CONTROL.search(plain):
        raise BadInput("label", f"must be 1 to {LABEL_MAX} characters on one line")
    return plain


def checked_timezone(name: str, at: str = "timezone") -> str:
    """An IANA name as it came, without surrounding blanks; "" stays "". Raises BadInput."""
    plain = name.strip()
    if not plain:
        return ""
    try:
        ZoneInfo(plain)
    except (KeyError, ValueError, OSError) as unknown:  # not there, no name, or a folder of names
        problem = "is not an IANA time zone, for example America/Chicago"
        raise BadInput(at, problem) from unknown
    return plain


def checked_place(place: Place, at: str = "place") -> Place:
    """The place itself. Raises BadInput when it lies outside the earth or is half given."""
    latitude, longitude, heading = place.latitude, place.longitude, place.heading
    if (latitude is None) != (longitude is None):
        missing = "latitude" if latitude is None else "longitude"
        raise BadInput(at + "." + missing, "is missing: latitude and longitude go together")
    if latitude is not None and not -90 <= latitude <= 90:
        raise BadInput(at + ".latitude", "must be between -90 and 90 degrees")
    if longitude is not None and not -180 <= longitude <= 180:
        raise BadInput(at + ".longitude", "must be between -180 and 180 degrees")
    if heading is not None and not 0 <= heading <= 360:
        raise BadInput(at + ".heading", "must be between 0 and 360 degrees from north")
    if len(place.name) > PLACE_MAX:
        raise BadInput(at + ".name", f"is longer than {PLACE_MAX} characters")
    if _CONTROL.search(place.name):
        raise BadInput(at + ".name", "holds a control character")
    return place
