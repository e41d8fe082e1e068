"""OpenALPR, now Rekor Scout: what its agent (or its web server) posts.

`data_type` says what a payload is: `alpr_group` (one vehicle, 5 to 10 seconds after it passed),
`alpr_results` (the plates of one frame), `heartbeat` (agent and video streams, every minute) or
`alpr_alert` (the vendor's own list had a hit, with the group inside). How each is read, and from
which documentation, stands in cameras.openalpr_reads.

- A group with `is_preview` is an early guess of a group that will follow: never a read.
- An alert's group is the read, with the event id it has when it is posted alone, so that both are
  one read. That the vendor's list had a hit is left out: bolo judges by its own lists.
- A heartbeat names the health of each camera. The addresses of its streams hold passwords and are
  not looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cameras.fields import a_list, a_moment, an_id, an_object
from cameras.incoming import Attachment, Health, Parsed
from cameras.openalpr_reads import MILLISECOND, NAME, read_of_group, reads_of_frame
from domain.errors import BadRead

TITLE = "OpenALPR / Rekor Scout agent"
TYPES = ("alpr_group", "alpr_results", "heartbeat", "alpr_alert")
MARKS = ("best_plate_number", "best_plate", "agent_uid", "epoch_start", "alert_list")
STREAMS_MAX = 500

__all__ = ["NAME", "TITLE", "parse", "recognizes", "resembles"]


def recognizes(payload: Any) -> bool:
    """An object whose `data_type` is one of the four."""
    return _kind(payload) in TYPES


def resembles(payload: Any) -> str:
    """An object with another `data_type` of this vendor, or with its other field names."""
    if not isinstance(payload, dict) or recognizes(payload):
        return ""
    known = [name for name in MARKS if name in payload]
    if not known and not _kind(payload).startswith("alpr"):
        return ""
    has = " and ".join(known[:2]) or "a data_type of this vendor"
    return f"looks like {TITLE}: has {has}, but no data_type that is one of {', '.join(TYPES)}"


def parse(payload: Any, attachments: Sequence[Attachment] = ()) -> Parsed:
    """The reads, or the health, of one post."""
    root = an_object(payload, "body")
    match _kind(root):
        case "alpr_group":
            return _group(root, "", attachments)
        case "alpr_results":
            reads, without = reads_of_frame(root, attachments)
            return Parsed(tuple(reads), without)
        case "heartbeat":
            return _heartbeat(root)
        case "alpr_alert":
            group = an_object(root.get("group"), "group")
            inner = _group(group, "group.", attachments, root.get("camera_number"))
            noted = "an alert by the vendor's own list: bolo judges by its own lists"
            return Parsed(inner.reads, inner.without_plate, (noted, *inner.ignored))
    raise BadRead("data_type", "must be one of " + ", ".join(TYPES))


def _kind(payload: Any) -> str:
    kind = payload.get("data_type") if isinstance(payload, dict) else None
    return kind if isinstance(kind, str) else ""


def _group(
    group: dict[Any, Any], at: str, attachments: Sequence[Attachment], camera: Any = None
) -> Parsed:
    if _yes(group.get("is_preview"), at + "is_preview"):
        return Parsed((), ignored=("a preview of a group: its final result follows",))
    read = read_of_group(group, at, attachments, camera)
    return Parsed((), 1) if read is None else Parsed((read,))


def _heartbeat(root: dict[Any, Any]) -> Parsed:
    said = root.get("timestamp")
    at = None if said is None else a_moment(said, "timestamp", MILLISECOND)
    licensed = root.get("license_valid") is None or _yes(root["license_valid"], "license_valid")
    found = []
    for n, thing in enumerate(a_list(root.get("video_streams"), "video_streams", STREAMS_MAX)):
        field = f"video_streams[{n}]"
        stream = an_object(thing, field)
        camera = an_id(stream.get("camera_id"), f"{field}.camera_id")
        if not camera:
            problem = "is missing"
            raise BadRead(field + ".camera_id", problem)
        problems = []
        if not _yes(stream.get("is_streaming"), f"{field}.is_streaming"):
            problems.append("the video stream is not streaming")
        if not licensed:
            problems.append("the agent's license is not valid")
        found.append(Health(camera=camera, at=at, problem="; ".join(problems)))
    noted = () if found else ("a heartbeat of an agent without video streams",)
    return Parsed((), ignored=noted, health=tuple(found))


def _yes(thing: Any, field: str) -> bool:
    """True or 1; None is no. Anything else is a mistake: guessing could make a preview a read."""
    if thing is None or (isinstance(thing, int) and thing in (0, 1)):
        return bool(thing)
    raise BadRead(field, "must be true or false")
