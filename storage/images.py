"""Where pictures are kept: a folder, an S3-compatible store, or memory. Never the database.

A key is ``AGENCY/day/read/kind-HASH.ext``, HASH the first 16 hex digits of the SHA-256 of its
bytes: other bytes have another key, so that nothing that is sent later takes the place of a
picture that is evidence. Reads of one request may share a key; whoever deletes one
has to know that no other read needs it.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore, from_url

from domain.errors import BadInput, NotFound, Unavailable

WHAT = "the image store"
SECONDS = 10.0
"""The longest any one call may take."""

_KEY = re.compile(r"[A-Za-z0-9_\-][A-Za-z0-9._\-]*(?:/[A-Za-z0-9_\-][A-Za-z0-9._\-]*)*")
KEY_MAX = 512


def checked(key: str) -> str:
    """The key itself when it is a plain relative path. Raises BadInput for anything else.

    Segments are letters, digits, ``._-`` and do not begin with a dot, so that no key can leave
    the store or hide in it.
    """
    if len(key) > KEY_MAX or not _KEY.fullmatch(key):
        raise BadInput("image", "is not a key of the image store")
    return key


def key_of(agency: str, day: date, read: UUID, kind: str, sha256: str, suffix: str) -> str:
    """The key for a picture with that SHA-256 in hex; `suffix` without its dot."""
    return f"{agency}/{day:%Y-%m-%d}/{read}/{kind}-{sha256[:16]}.{suffix}"


def belongs(key: str, agency: str) -> bool:
    """Whether it is a key, and in that agency's part of the store."""
    return (
        len(key) <= KEY_MAX
        and key.partition("/")[0] == agency
        and len(key) > len(agency) + 1
        and _KEY.fullmatch(key) is not None
    )


def fits(data: bytes, sha256: str) -> bool:
    """Whether these are the bytes of that SHA-256 in hex. 5 MB take some milliseconds."""
    return hashlib.sha256(data).hexdigest() == sha256.lower()


class ImageStore:
    """Pictures by key.

    `url` is ``file:///absolute/folder`` (made when missing), ``s3://bucket/prefix`` (credentials
    and endpoint from the usual AWS_ environment variables) or ``memory://``. Raises BadInput for
    any other. Each call raises Unavailable when the store is away or takes over 10 seconds.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._store: Any
        self._typed = True
        if parts.scheme == "file" and parts.path and parts.netloc in ("", "localhost"):
            folder = Path(unquote(parts.path))
            folder.mkdir(parents=True, exist_ok=True)
            self._store = LocalStore(folder)
            self._typed = False  # a plain file has no content type
        elif parts.scheme == "memory":
            self._store = MemoryStore()
        elif parts.scheme == "s3" and parts.netloc:
            self._store = from_url(
                url,
                client_options={"timeout": timedelta(seconds=5), "connect_timeout": "2s"},
                retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=8)},
            )
        else:
            problem = "must be file:///folder, s3://bucket/prefix or memory://"
            raise BadInput("images", problem)

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        """Store `data`, in place of what the key held."""
        attributes: Any = {"Content-Type": content_type} if self._typed else None
        await self._within(
            obstore.put_async(self._store, checked(key), data, attributes=attributes)
        )

    async def get(self, key: str) -> bytes:
        """The bytes. Raises NotFound."""
        found = await self._within(obstore.get_async(self._store, checked(key)))
        return bytes(await self._within(found.bytes_async()))

    async def delete(self, key: str) -> None:
        """Delete; a key that holds nothing is already as it should be."""
        try:
            await self._within(obstore.delete_async(self._store, checked(key)))
        except NotFound:
            return

    async def _within(self, call: Any) -> Any:
        try:
            async with asyncio.timeout(SECONDS):
                return await call
        except FileNotFoundError as missing:
            what = "no such image"
            raise NotFound(what) from missing
        except (BaseError, OSError) as away:  # TimeoutError is an OSError
            raise Unavailable(WHAT) from away
