"""A web server and an SFTP server that hand out one list each, and can fail as real ones do."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import asyncssh
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class WebList:
    """What the web server answers. `statuses` are the next answers' instead of 200; `cut` bytes of
    the body are sent before the connection ends; `redirect` is where it sends everybody."""

    body: bytes = b""
    etag: str = ""
    modified: str = ""
    statuses: list[int] = field(default_factory=list)
    cut: int | None = None
    hang: bool = False
    redirect: str = ""
    authorization: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {
                name.lower(): value.strip()
                for name, _, value in (line.partition(":") for line in head[1:] if line)
            }
            self.asked.append({":path": head[0].split()[1], **headers})
            writer.write(self._said(headers))
            await writer.drain()
            if self.hang:
                await reader.read()
        writer.close()
        with suppress(ConnectionError, ssl.SSLError):
            await writer.wait_closed()

    def _said(self, headers: dict[str, str]) -> bytes:
        status = self.statuses.pop(0) if self.statuses else 200
        more = ""
        if self.authorization and headers.get("authorization") != self.authorization:
            status = 401
        elif self.redirect and self.asked[-1][":path"] != "/moved.csv":
            status, more = 302, f"location: {self.redirect}\r\n"
        elif status == 200 and self._known(headers):
            status = 304
        body = self.body if status == 200 else b""
        if self.etag:
            more += f"etag: {self.etag}\r\n"
        if self.modified:
            more += f"last-modified: {self.modified}\r\n"
        start = f"HTTP/1.1 {status} x\r\n{more}content-length: {len(body)}\r\n\r\n"
        return start.encode() + (body if self.cut is None else body[: self.cut])

    def _known(self, headers: dict[str, str]) -> bool:
        etag, modified = headers.get("if-none-match"), headers.get("if-modified-since")
        return (bool(etag) and etag == self.etag) or (bool(modified) and modified == self.modified)


@asynccontextmanager
async def web(page: WebList, tls: ssl.SSLContext | None = None) -> AsyncIterator[WebList]:
    """Serve it on 127.0.0.1."""
    server = await asyncio.start_server(page.answer, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    page.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}/list.csv"
    try:
        yield page
    finally:
        server.close()
        await server.wait_closed()


def nobodys_certificate(folder: Path) -> ssl.SSLContext:
    """TLS with a certificate that nobody has reason to trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


class _Door(asyncssh.SSHServer):
    """One user, with a password and perhaps a key."""

    def __init__(self, key: asyncssh.SSHKey | None) -> None:
        self._key = key

    def begin_auth(self, username: str) -> bool:  # noqa: ARG002
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("bolo", "correct horse")

    def public_key_auth_supported(self) -> bool:
        return self._key is not None

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        known = self._key
        return known is not None and username == "bolo" and key.public_data == known.public_data


@dataclass
class Shell:
    """An SFTP server over `folder`. `cut`: end the connection at the first read behind so many
    bytes of a file."""

    folder: Path
    host_key: asyncssh.SSHKey
    user_key: asyncssh.SSHKey | None = None
    cut: int | None = None
    port: int = 0

    @property
    def public(self) -> str:
        return self.host_key.export_public_key().decode().strip()

    def location(self, path: str) -> str:
        return f"sftp://bolo@127.0.0.1:{self.port}{path}"


@asynccontextmanager
async def sftp(shell: Shell) -> AsyncIterator[Shell]:
    """Serve it on 127.0.0.1."""

    class Files(asyncssh.SFTPServer):
        def __init__(self, channel: asyncssh.SSHServerChannel[bytes]) -> None:
            super().__init__(channel, chroot=str(shell.folder).encode())

        def read(self, file_obj: object, offset: int, size: int) -> bytes:
            if shell.cut is not None and offset + size > shell.cut:
                self.channel.get_connection().abort()
            return super().read(file_obj, offset, size)  # type: ignore[return-value]

    server = await asyncssh.listen(
        "127.0.0.1",
        shell.port,
        server_factory=lambda: _Door(shell.user_key),
        server_host_keys=[shell.host_key],
        sftp_factory=Files,
    )
    shell.port = server.sockets[0].getsockname()[1]
    try:
        yield shell
    finally:
        server.close()
        await server.wait_closed()
