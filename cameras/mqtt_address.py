"""The address of an MQTT broker, and what about it is refused. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from domain.errors import BadInput

TLS_PORT = 8883
PLAIN_PORT = 1883
TOPIC_MAX = 200


@dataclass(frozen=True)
class Address:
    """Where a broker is, and as whom to log in ("" for nobody). `tls` False: this machine alone."""

    host: str
    port: int
    user: str
    tls: bool


def address_of(url: str) -> Address:
    """``mqtts://user@host:8883``, or ``mqtt://`` for a broker on this machine. Raises BadInput.

    Without TLS plates and the password would cross the network in clear, where the CJIS Security
    Policy wants encryption in transit; so plain MQTT goes to the loopback address and nowhere else,
    a private network included. No message repeats the URL: it may hold a password.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
        host = parts.hostname or ""
    except ValueError as bad:
        raise BadInput("", "must be mqtts://user@host:8883") from bad
    if parts.scheme not in ("mqtts", "mqtt") or not host:
        raise BadInput("", "must be mqtts://user@host:8883")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise BadInput("", "must end after the port; the topic has a setting of its own")
    if parts.password is not None:
        raise BadInput("", "must not hold the password: it has a setting of its own")
    tls = parts.scheme == "mqtts"
    if not tls and not _loopback(host):
        problem = "must be mqtts://: without TLS only a broker on this machine (127.0.0.1) is taken"
        raise BadInput("", problem)
    if port == 0:
        raise BadInput("", "must have a port between 1 and 65535")
    return Address(
        host, port or (TLS_PORT if tls else PLAIN_PORT), unquote(parts.username or ""), tls
    )


def checked_topic(topic: str) -> str:
    """A topic filter as MQTT 5 (4.7) has it: `+` and `#` alone in a level. Raises BadInput."""
    if not topic or len(topic) > TOPIC_MAX or any(c < " " or c == "\x7f" for c in topic):
        raise BadInput("", f"must be an MQTT topic of 1 to {TOPIC_MAX} characters")
    levels = topic.split("/")
    for n, level in enumerate(levels):
        alone = level in ("+", "#")
        if not alone and ("+" in level or "#" in level):
            raise BadInput("", "must have + and # alone between slashes")
        if level == "#" and n != len(levels) - 1:
            raise BadInput("", "must have # at the end only")
    return topic


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
