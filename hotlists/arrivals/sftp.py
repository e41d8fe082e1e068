"""A file on an SSH server: sftp://user@host:port/path, with a pattern in its last part or without.

The server must show the very key that the list's setting `host_key` has. The secret is a password,
or a private key in OpenSSH's or PEM form. Nothing of the account's own ~/.ssh is used. Of several
files the newest counts; it must stand still, and not change while it is read.
"""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import asyncssh

from domain.errors import BadInput
from hotlists.arrivals import Arrived, Found, NotArrived, NotChanged, Wanted, careful, too_large

SCHEMES = ("sftp",)
SETTLE = 1.0
"""Seconds for which a file must stand still."""
PIECE = 1 << 20
_MOST = 10_000
_MAGIC = frozenset("*?[")


@dataclass(frozen=True)
class _Stamp:
    path: str
    size: int
    time: int

    @property
    def etag(self) -> str:
        return f"{self.path.rpartition('/')[2]} {self.size} {self.time}"


def check(location: str, settings: Mapping[str, Any]) -> None:
    """A user, a host, a path, and the server's key."""
    parts = urlsplit(location)
    if not parts.hostname or not parts.username:
        raise BadInput("location", "must be sftp://user@host/path/of/file")
    if len(parts.path) < 2:
        raise BadInput("location", "names no file: sftp://user@host/path/of/file")
    if not settings.get("host_key"):
        problem = (
            f"is needed for sftp: ssh-keyscan -t ed25519 {parts.hostname} prints it; compare its"
            " fingerprint with what the server's people tell you, and set it without the host name"
        )
        raise BadInput("settings.host_key", problem)
    _trusted(settings)


@asynccontextmanager
async def opened(wanted: Wanted, settle: float = SETTLE) -> AsyncIterator[Found]:
    """Log in, find the newest file, yield it."""
    async with AsyncExitStack() as stack:
        yield await _looked(stack, wanted, settle)


async def _looked(stack: AsyncExitStack, wanted: Wanted, settle: float) -> Found:
    parts = urlsplit(wanted.location)
    # To a URL what follows "?" is no path any more; in a pattern it stands for a character.
    path = unquote(parts.path + (f"?{parts.query}" if parts.query else ""))
    try:
        conn = await stack.enter_async_context(await _connected(wanted))
        async with asyncio.timeout(wanted.silence * 2):  # logged in, and then silent
            sftp = await stack.enter_async_context(conn.start_sftp_client())
            stamp = await _newest(sftp, path)
        if stamp is None:
            problem = f"{parts.hostname} has no file {path}"
            raise NotArrived(problem)
        if stamp.etag == wanted.etag:
            return NotChanged(confirms=False)
        if stamp.size > wanted.largest:
            raise too_large(wanted.largest)
        await asyncio.sleep(settle)
        async with asyncio.timeout(wanted.silence * 2):
            again = await _newest(sftp, path)
        if again != stamp:
            problem = f"{stamp.path} is still being written"
            raise NotArrived(problem)
    except (asyncssh.Error, OSError) as wrong:
        problem = f"{parts.hostname} does not show its files ({type(wrong).__name__})"
        raise NotArrived(problem) from wrong
    pieces = await stack.enter_async_context(aclosing(careful(_unchanged(sftp, stamp), wanted)))
    return Arrived(pieces, stamp.etag)


async def _connected(wanted: Wanted) -> asyncssh.SSHClientConnection:
    """Logged in. Raises NotArrived."""
    parts = urlsplit(wanted.location)
    host, port = parts.hostname or "", parts.port or 22
    trusted = _trusted(wanted.settings)
    password, keys = _credentials(wanted.secret)
    patience = min(20.0, wanted.silence)
    try:
        async with asyncio.timeout(patience * 2):
            return await asyncssh.connect(
                host,
                port,
                username=unquote(parts.username or ""),
                password=password,
                client_keys=keys,
                known_hosts=(trusted, [], []),
                agent_path=None,
                config=None,
                connect_timeout=patience,
                login_timeout=patience,
                keepalive_interval=10,
            )
    except (asyncssh.HostKeyNotVerifiable, asyncssh.KeyExchangeFailed) as stranger:
        problem = await _stranger(host, port, trusted, patience)
        raise NotArrived(problem, passing=False) from stranger
    except asyncssh.PermissionDenied as refused:
        which = "the secret" if wanted.secret is not None else "a login without a secret"
        problem = f"{host} refuses {which} of {unquote(parts.username or '')}"
        raise NotArrived(problem, passing=False) from refused
    except TimeoutError as late:
        problem = f"{host} does not answer in time"
        raise NotArrived(problem) from late
    except (asyncssh.Error, OSError) as away:
        problem = f"{host} cannot be reached"
        raise NotArrived(problem) from away


async def _stranger(host: str, port: int, trusted: list[asyncssh.SSHKey], patience: float) -> str:
    """What to say when the server is not the one that was configured."""
    shown = "another key than before"
    try:
        async with asyncio.timeout(patience):
            key = await asyncssh.get_server_host_key(host, port, config=None)
        if key is not None:
            shown = f"the key {key.get_algorithm()} {key.get_fingerprint()}"
    except (asyncssh.Error, OSError, TimeoutError):
        pass
    known = ", ".join(f"{key.get_algorithm()} {key.get_fingerprint()}" for key in trusted)
    return (
        f"{host} shows {shown}, and the list trusts {known}: somebody may stand between. If the"
        " server's people say that their key was changed, set the new one as host_key"
    )


def _trusted(settings: Mapping[str, Any]) -> list[asyncssh.SSHKey]:
    """The keys of `host_key`, one a line. Raises BadInput."""
    lines = [line.strip() for line in str(settings.get("host_key", "")).splitlines()]
    try:
        return [asyncssh.import_public_key(line) for line in lines if line]
    except (asyncssh.KeyImportError, ValueError) as bad:
        problem = "is no public key: it looks like ssh-ed25519 AAAA..., without the host's name"
        raise BadInput("settings.host_key", problem) from bad


def _credentials(secret: str | None) -> tuple[str | None, list[asyncssh.SSHKey] | None]:
    """(password, keys): one of the two at most."""
    if secret is None or "PRIVATE KEY-----" not in secret:
        return secret, None
    try:
        return None, [asyncssh.import_private_key(secret.replace("\\n", "\n").strip() + "\n")]
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, ValueError):
        problem = "the secret looks like a private key, and is none, or has a passphrase"
        raise NotArrived(problem, passing=False) from None


async def _newest(sftp: asyncssh.SFTPClient, path: str) -> _Stamp | None:
    last = path.rpartition("/")[2]
    try:
        if _MAGIC & set(last):
            names = [str(name) for name in await sftp.glob(path)]
        elif await sftp.isdir(path):
            names = [f"{path.rstrip('/')}/{name}" for name in await sftp.listdir(path)]
            names = [name for name in names if not name.rpartition("/")[2].startswith(".")]
        else:
            names = [path]
    except asyncssh.SFTPNoSuchFile:
        return None
    stamps = [stamp for name in names[:_MOST] if (stamp := await _stamp(sftp, name)) is not None]
    return max(stamps, key=lambda one: (one.time, one.path), default=None)


async def _stamp(sftp: asyncssh.SFTPClient, path: str) -> _Stamp | None:
    try:
        found = await sftp.stat(path)
    except asyncssh.SFTPNoSuchFile:
        return None
    if found.permissions is not None and not stat.S_ISREG(found.permissions):
        return None
    return _Stamp(path, found.size or 0, int(found.mtime or 0))


async def _unchanged(sftp: asyncssh.SFTPClient, stamp: _Stamp) -> AsyncGenerator[bytes]:
    size = 0
    try:
        async with sftp.open(stamp.path, "rb") as file:
            while piece := await file.read(PIECE):
                assert isinstance(piece, bytes)  # "rb"
                size += len(piece)
                yield piece
        after = await _stamp(sftp, stamp.path)
    except (asyncssh.Error, OSError) as cut:
        problem = f"the connection was cut after {size:,} of {stamp.size:,} bytes"
        raise NotArrived(problem) from cut
    if after != stamp or size != stamp.size:
        problem = f"{stamp.path} changed while it was read"
        raise NotArrived(problem)
