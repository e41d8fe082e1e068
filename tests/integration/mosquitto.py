"""Eclipse Mosquitto from the distribution's packages, with TLS and certificates of its own.

`missing()` says why it cannot run here. Certificates are made for each server: a CA, and a
certificate of the server for 127.0.0.1.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import aiomqtt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cameras.mqtt_address import address_of
from cameras.mqtt_client import Broker, tls_of
from storage.child import Child

HOST = "127.0.0.1"
USERS = {"bolo": "a-password", "frigate": "another"}

CONFIG = """\
listener {port} 127.0.0.1
certfile {folder}/server.pem
keyfile {folder}/server.key
password_file {folder}/passwords
allow_anonymous false
max_queued_messages 10000
max_inflight_messages 100
persistence {persistence}
persistence_location {folder}/
autosave_interval 1
{user}
"""


def _program(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


def missing() -> str:
    """Why Mosquitto cannot run here, "" when it can."""
    if _program("mosquitto") and _program("mosquitto_passwd"):
        return ""
    return "mosquitto is missing: make mqtt-broker"


class Authority:
    """A CA that a test made up."""

    def __init__(self, folder: Path, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self._signed(self._name, self._key.public_key(), ca=True, hosts=[])
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, folder: Path, *hosts: str) -> None:
        """server.pem and server.key for these addresses and names."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mqtt")])
        certificate = self._signed(name, key.public_key(), ca=False, hosts=list(hosts))
        (folder / "server.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (folder / "server.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )

    def _signed(
        self, name: x509.Name, key: ec.EllipticCurvePublicKey, *, ca: bool, hosts: list[str]
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
        )
        if ca:
            usage = x509.KeyUsage(
                digital_signature=True,
                key_cert_sign=True,
                crl_sign=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            )
            builder = builder.add_extension(usage, critical=True)
        else:
            names = x509.SubjectAlternativeName([_general(host) for host in hosts])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(self._key, hashes.SHA256())


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


class Mosquitto:
    """``with Mosquitto(folder) as broker: broker.url``; may be killed and started again."""

    def __init__(self, folder: Path, *, persistence: bool = False, name: str = HOST) -> None:
        self.folder = folder
        self.authority = Authority(folder, "ca")
        self.authority.issue(folder, name)
        with socket.socket() as free:
            free.bind((HOST, 0))
            self.port = int(free.getsockname()[1])
        program = _program("mosquitto_passwd")
        assert program is not None, missing()
        (folder / "passwords").touch(mode=0o600)
        for user, password in USERS.items():
            subprocess.run(
                [program, "-b", str(folder / "passwords"), user, password],
                check=True,
                capture_output=True,
                timeout=30,
            )
        (folder / "mosquitto.conf").write_text(
            CONFIG.format(
                port=self.port,
                folder=folder,
                persistence="true" if persistence else "false",
                user="user root" if os.geteuid() == 0 else "",
            )
        )
        self._child: Child | None = None

    @property
    def url(self) -> str:
        return f"mqtts://bolo@{HOST}:{self.port}"

    def start(self) -> None:
        """Return when it listens."""
        program = _program("mosquitto")
        assert program is not None, missing()
        config = str(self.folder / "mosquitto.conf")
        self._child = Child("mosquitto", [program, "-c", config], self.folder / "mosquitto.log")
        end = time.monotonic() + 20
        while True:
            with socket.socket() as one:
                one.settimeout(1)
                if one.connect_ex((HOST, self.port)) == 0:
                    return
            if not self._child.running() or time.monotonic() > end:
                msg = f"mosquitto does not listen:\n{self._child.tail()}"
                raise RuntimeError(msg)
            time.sleep(0.02)

    def stop(self) -> None:
        """As an operator would; it writes what it keeps."""
        if self._child is not None:
            self._child.stop(((signal.SIGTERM, 5.0),))

    def kill(self) -> None:
        """As a crash would."""
        if self._child is not None:
            self._child.kill()

    def __enter__(self) -> Mosquitto:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def broker(self, *, ca: Path | None = None, password: str = "", topic: str = "") -> Broker:
        """What a subscriber needs."""
        address = address_of(self.url)
        return Broker(
            address,
            client_id="bolo-test",
            topic=topic or "frigate/tracked_object_update",
            password=password or USERS["bolo"],
            tls=tls_of(address, str(ca or self.authority.file)),
        )

    def camera(self) -> aiomqtt.Client:
        """Frigate, as a client that publishes."""
        return aiomqtt.Client(
            HOST,
            self.port,
            username="frigate",
            password=USERS["frigate"],
            tls_context=ssl.create_default_context(cafile=str(self.authority.file)),
        )
