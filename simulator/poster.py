"""One camera's way out: a store-and-forward buffer, as real cameras have, and its requests.

One request is under way at a time. A 503 or a lost connection is waited out (Retry-After is
honored) and the same reads are sent again; a full buffer loses its oldest read, and counts it.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx
import msgspec

from domain.errors import NotAllowed
from simulator.eyes import Look
from simulator.reports import pictures
from simulator.town import Camera
from simulator.traffic import Pass

READS_A_REQUEST = 500
BYTES_A_REQUEST = 1_000_000
_WAIT_MAX = 30.0
_TRY_AGAIN = (429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Waiting:
    """A read in a buffer; pictures are drawn when it is sent, off the event loop."""

    read: dict[str, Any]
    scene: tuple[Pass, Look, bool, int] | None


@dataclass
class Poster:
    """One camera: its buffer, and the requests that empty it."""

    camera: Camera
    url: str
    token: str
    limit: int
    client: httpx.AsyncClient
    counts: Counter[str]
    problems: list[str]
    rng: Random
    buffer: deque[Waiting] = field(default_factory=deque)
    filled: asyncio.Event = field(default_factory=asyncio.Event)
    in_hand: int = 0

    def put(self, waiting: Waiting) -> None:
        """Buffer a read; the oldest makes room in a full buffer."""
        if len(self.buffer) + self.in_hand >= self.limit and self.buffer:
            self.buffer.popleft()
            self.counts["dropped"] += 1
        self.buffer.append(waiting)
        self.filled.set()

    @property
    def unsent(self) -> int:
        """Reads in the buffer and in the request under way."""
        return len(self.buffer) + self.in_hand

    async def run(self) -> None:
        """Empty the buffer for ever. Raises NotAllowed when the token is not taken."""
        while True:
            await self.filled.wait()
            self.filled.clear()
            while self.buffer:
                await self._send(await self._pack())

    async def _pack(self) -> list[bytes]:
        """The next reads as JSON: at most 500 and about a megabyte."""
        packed: list[bytes] = []
        size = 0
        while self.buffer and len(packed) < READS_A_REQUEST and size < BYTES_A_REQUEST:
            waiting = self.buffer.popleft()
            self.in_hand += 1
            read = waiting.read
            if waiting.scene is not None:
                images = await asyncio.to_thread(_draw, waiting.scene)
                read = {**read, "images": images}
            packed.append(msgspec.json.encode(read))
            size += len(packed[-1])
        return packed

    async def _send(self, packed: list[bytes]) -> None:
        """Send until it is answered for good; a request that is too large goes in halves."""
        wait = 0.5
        while True:
            self.counts["requests"] += 1
            retry_after = None
            try:
                answer = await self.client.post(
                    self.url,
                    content=packed[0] if len(packed) == 1 else b"[" + b",".join(packed) + b"]",
                    headers={
                        "Authorization": f"Bearer {self.token}",
                        "Content-Type": "application/json",
                    },
                )
            except httpx.TransportError:
                answer = None
            if answer is not None:
                if answer.status_code == 413 and len(packed) > 1:
                    half = len(packed) // 2
                    await self._send(packed[:half])
                    await self._send(packed[half:])
                    return
                if answer.status_code not in _TRY_AGAIN:
                    self._done(answer, len(packed))
                    return
                retry_after = _seconds(answer.headers.get("retry-after", ""))
            self.counts["retries"] += 1
            pause = min(_WAIT_MAX, wait if retry_after is None else retry_after)
            await asyncio.sleep(pause + self.rng.uniform(0, 0.2))
            wait = min(_WAIT_MAX, wait * 2)

    def _done(self, answer: httpx.Response, reads: int) -> None:
        if answer.status_code in (401, 403):
            msg = (
                f"the intake does not take the token of {self.camera.id} ({answer.status_code}):"
                " make a new one for its agency"
            )
            raise NotAllowed(msg)
        self.in_hand -= reads
        if answer.is_success:
            self.counts["accepted"] += reads
            return
        self.counts["refused"] += reads
        self.problems.append(f"{answer.status_code} {_field(answer)}".strip())


def _draw(scene: tuple[Pass, Look, bool, int]) -> list[dict[str, str]]:
    one, saw, night, number = scene
    return pictures(one, saw, night=night, number=number)


def _seconds(header: str) -> float | None:
    try:
        return max(0.0, float(header))
    except ValueError:
        return None


def _field(answer: httpx.Response) -> str:
    """The field a refusal names, never its text: that may quote what was sent."""
    with suppress(ValueError, AttributeError, TypeError):
        return str(answer.json().get("field", ""))[:80]
    return ""
