"""Original files at rest: compressed and encrypted (AES-256-GCM), or not kept at all.

Without a key nothing is kept: an extract holds more than bolo has any use for. The key is 32 bytes;
each block has a nonce of its own and is bound to its source, so no block passes for another list's.
"""

from __future__ import annotations

import base64
import binascii
import secrets

import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import BadInput, BoloError

KEY_BYTES = 32
_NONCE = 12
_LARGEST = 256 * 1024 * 1024


class Unsealable(BoloError):
    """Sealed with another key, for another list, or changed since."""


def key_of(text: str) -> bytes:
    """The key from its base64 text. Raises BadInput."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        problem = f"must be {KEY_BYTES} random bytes in base64: openssl rand -base64 {KEY_BYTES}"
        raise BadInput("list_key", problem)
    return key


def new_key() -> str:
    """A new key, as text."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def seal(data: bytes, key: bytes, about: bytes) -> bytes:
    """`data` at rest; `about` is what it belongs to."""
    nonce = secrets.token_bytes(_NONCE)
    small = zstandard.ZstdCompressor(level=3).compress(data)
    return nonce + AESGCM(key).encrypt(nonce, small, about)


def unseal(sealed: bytes, key: bytes, about: bytes) -> bytes:
    """What was sealed. Raises Unsealable."""
    try:
        small = AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], about)
        return zstandard.ZstdDecompressor().decompress(small, max_output_size=_LARGEST)
    except (InvalidTag, ValueError, zstandard.ZstdError) as bad:
        msg = "an original file was sealed with another key, or has been changed"
        raise Unsealable(msg) from bad
