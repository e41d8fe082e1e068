"""The intake: reads of one request, all of them into Kafka, or an error and none of them taken."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from uuid import UUID

import msgspec
from aiokafka.partitioner import DefaultPartitioner

from cameras.building import in_zone, read_of
from cameras.directory import Directory, Whereabouts
from cameras.health import Tally
from cameras.incoming import Box, Health, IncomingRead
from cameras.metrics import ACCEPTED, NOT_CUT, SECONDS
from cameras.packer import Item, Packer
from cameras.pictures import crops, look
from cameras.registry import IntakeToken, checked_camera_id
from domain.clock import Clock, as_utc
from domain.errors import BadRead, Unavailable
from domain.read import ImageKind, ImageRef, Read
from domain.topics import READS, READS_A_RECORD
from storage.images import ImageStore, key_of
from storage.kafka import Producer

log = logging.getLogger(__name__)

_partitioner = DefaultPartitioner()


@lru_cache(maxsize=65536)
def partition_of(camera: str, partitions: int) -> int:
    """The partition Kafka's own default partitioner gives a camera's key."""
    return int(_partitioner(camera.encode(), list(range(partitions)), []))


class _Image(msgspec.Struct, frozen=True):
    ref: ImageRef
    data: bytes
    content_type: str


class Intake:
    """Takes reads for a token's agency.

    A camera's reads go to one partition, in the order they were accepted. `linger` (seconds)
    and `pack` (reads) bound what is packed into one record; `timeout` (seconds) bounds the wait
    for Kafka. `tally` is told of every read that was taken, and of heartbeats.
    """

    def __init__(
        self,
        producer: Producer,
        images: ImageStore,
        directory: Directory,
        clock: Clock,
        *,
        linger: float = 0.005,
        pack: int = READS_A_RECORD,
        timeout: float = 6.0,
        tally: Tally | None = None,
    ) -> None:
        self.directory = directory
        self._tally = tally
        self._producer = producer
        self._images = images
        self._clock = clock
        self._packer = Packer(producer, READS, linger=linger, pack=pack, timeout=timeout)
        self._encoder = msgspec.json.Encoder()
        self._decoding = asyncio.Semaphore(2)  # pictures decoded at a time: 120 MB at worst each
        self._putting = asyncio.Semaphore(16)

    async def accept(self, token: IntakeToken, incoming: Sequence[IncomingRead]) -> list[UUID]:
        """The reads' ids, in order, once Kafka has acked every one of them.

        Everything is checked before anything is stored: BadInput (with the field) or NotAllowed
        means that nothing was taken. Unavailable means that Kafka or the image store is away;
        the same request may be sent again, and its reads will have the same ids.
        """
        with SECONDS.time():
            now = self._clock()
            for one in incoming:
                token.check(checked_camera_id(one.camera, one.at("camera")), one.at("camera"))
            known = await self.directory.whereabouts(
                token.agency, {one.camera.strip() for one in incoming}
            )
            ids: list[UUID] = []
            reads: dict[UUID, tuple[Read, IncomingRead]] = {}
            for one in incoming:
                where = known[one.camera.strip()]
                if one.seen_at.tzinfo is None:
                    _need_zone(where)
                read = read_of(one, token.agency, now, where.place, zone=where.zone)
                first = reads.setdefault(read.read_id, (read, one))[0]
                if one.event_id and first != read:
                    raise BadRead(one.at("id"), "stands on another read of this request, too")
                ids.append(read.read_id)
            pictures = await self._pictures(list(reads.values()))
            if reads:
                partitions = await self._producer.partitions(READS)
                await self._put(pictures)
                items = []
                for read, _ in reads.values():
                    refs = tuple(image.ref for image in pictures.get(read.read_id, ()))
                    whole = msgspec.structs.replace(read, images=refs) if refs else read
                    items.append(
                        Item(
                            partition_of(read.camera, partitions),
                            read.camera.encode(),
                            self._encoder.encode(whole),
                        )
                    )
                await self._packer.send(items)
        for one in incoming:
            ACCEPTED.labels(one.format).inc()
        if self._tally is not None:
            self._tally.saw(read for read, _ in reads.values())
        return ids

    async def heard(self, token: IntakeToken, beats: Sequence[Health]) -> None:
        """Note heartbeats. Raises NotAllowed or BadInput as `accept` does, and then notes none.

        They are kept in memory and written with the next flush: nothing waits for the database.
        """
        now = self._clock()
        for n, beat in enumerate(beats):
            checked_camera_id(beat.camera, f"health[{n}].camera")
            token.check(beat.camera.strip(), f"health[{n}].camera")
        if self._tally is None or not beats:
            return
        known = await self.directory.whereabouts(token.agency, {b.camera.strip() for b in beats})
        for beat in beats:
            camera = beat.camera.strip()
            at = _moment(beat.at, known[camera].zone)
            self._tally.heard(token.agency, camera, at, beat.problem, now)

    async def close(self) -> None:
        """Hand what was taken to the producer; stop the producer after this."""
        await self._packer.close()

    async def _pictures(
        self, reads: Sequence[tuple[Read, IncomingRead]]
    ) -> dict[UUID, list[_Image]]:
        """Each read's images by its id, checked, with the plate cut out where a box says so.

        The same picture of several reads of a request (a frame with several plates) is one object
        of the store, below the first of them.
        """
        found: dict[UUID, list[_Image]] = {}
        known: dict[tuple[ImageKind, date, bytes], _Image] = {}
        boxes: dict[bytes, list[tuple[Read, Box]]] = {}  # one frame is decoded once for all plates
        fields: dict[bytes, str] = {}
        for read, one in reads:
            if not one.images:
                continue
            images = found.setdefault(read.read_id, [])
            for image in one.images:
                same = (image.kind, read.seen_at.date(), image.data)
                if same not in known:
                    kind = look(image.data, image.field)
                    known[same] = _image(
                        read, image.kind, image.data, kind.content_type, kind.suffix
                    )
                images.append(known[same])
            has_plate = any(image.kind == "plate" for image in one.images)
            frame = next((image for image in one.images if image.kind == "vehicle"), None)
            if one.plate_box is not None and frame is not None and not has_plate:
                boxes.setdefault(frame.data, []).append((read, one.plate_box))
                fields[frame.data] = frame.field
        for frame_data, wanted in boxes.items():
            async with self._decoding:
                plates = await asyncio.to_thread(
                    crops, frame_data, [box for _, box in wanted], fields[frame_data]
                )
            for (read, _), plate in zip(wanted, plates, strict=True):
                if plate is not None:
                    images = found[read.read_id]
                    images.append(_image(read, "plate", plate, "image/jpeg", "jpg"))
            if missing := plates.count(None):
                NOT_CUT.inc(missing)
                log.info("%d of %d plates of a frame were not cut out", missing, len(plates))
        return found

    async def _put(self, pictures: dict[UUID, list[_Image]]) -> None:
        async def put(image: _Image) -> None:
            async with self._putting:
                await self._images.put(image.ref.key, image.data, image.content_type)

        once = {image.ref.key: image for images in pictures.values() for image in images}
        await asyncio.gather(*(put(image) for image in once.values()))


def _need_zone(where: Whereabouts) -> None:
    """A local time is worth nothing without its zone, and a guess would be wrong by hours."""
    if not where.zone:
        what = "the database (for the camera's time zone)"
        raise Unavailable(what)


def _moment(at: datetime | None, zone: str) -> datetime | None:
    """A heartbeat's time in UTC; None when it has none that makes sense."""
    if at is None:
        return None
    try:
        return as_utc(in_zone(at, zone, "at"))
    except (BadRead, ValueError):
        return None


def _image(read: Read, kind: ImageKind, data: bytes, content_type: str, suffix: str) -> _Image:
    digest = hashlib.sha256(data).hexdigest()
    key = key_of(read.agency, read.seen_at.date(), read.read_id, kind, digest, suffix)
    return _Image(ImageRef(kind=kind, key=key, sha256=digest), data, content_type)
