"""Where a recipient can be reached: phone numbers, web addresses, webhook secrets. Pure.

A webhook is a request that bolo makes on somebody's word, so it must not become a way
into the agency's own network (the habit of svix-webhooks): only https, and only public addresses.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
import secrets
from urllib.parse import urlsplit

from domain.errors import BadInput

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")  # ITU-T E.164: at most 15 digits
_PHONE_NOISE = re.compile(r"[\s().-]")
_SECRET_PREFIX = "whsec_"

_REFUSED = tuple(
    ipaddress.ip_network(n)
    for n in (
        "168.63.129.16/32",  # Azure's metadata server has a public-looking address
        "64:ff9b::/96",  # NAT64, 6to4 and Teredo hide an IPv4 address inside
        "64:ff9b:1::/48",
        "2002::/16",
        "2001::/32",
    )
)


def phone(text: str) -> str:
    """A number in E.164, for example +16205550142. Raises BadInput."""
    plain = _PHONE_NOISE.sub("", text)
    if not _E164.fullmatch(plain):
        raise BadInput("address", "a phone number needs its country code, like +16205550142")
    return plain


def webhook(text: str, *, allow_private: bool = False) -> str:
    """A web address to post to. Raises BadInput; `allow_private` is for demos and tests.

    Names are resolved and checked again at each sending; here only what is plain to see is refused.
    """
    url = text.strip()
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise BadInput("address", "not a web address") from None
    if parts.scheme != "https" and not (allow_private and parts.scheme == "http"):
        raise BadInput("address", "a webhook needs an https:// address")
    if not host:
        raise BadInput("address", "the web address has no host")
    if parts.username is not None or parts.password is not None:
        raise BadInput("address", "no user name or password in the address: webhooks are signed")
    if parts.fragment:
        raise BadInput("address", "a web address to post to has no #fragment")
    if not url.isascii() or any(c.isspace() or not c.isprintable() for c in url):
        raise BadInput("address", "only printable ASCII in a web address")
    if not allow_private:
        if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
            raise BadInput("address", "the webhook's host is not public")
        try:
            literal = ipaddress.ip_address(host)
        except ValueError:
            return url
        if not is_public(literal):
            raise BadInput("address", "the webhook's host is not public")
    return url


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address is on the public internet: not loopback, private, link-local, metadata."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    return not any(address in net for net in _REFUSED if net.version == address.version)


def new_secret() -> str:
    """A webhook signing secret of 32 random bytes, as Standard Webhooks writes it."""
    return _SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def secret(text: str) -> str:
    """A Standard Webhooks secret: whsec_ and 24 to 64 bytes in base64. Raises BadInput."""
    problem = "a webhook secret is whsec_ and 24 to 64 bytes in base64"
    if not text.startswith(_SECRET_PREFIX):
        raise BadInput("secret", problem)
    try:
        size = len(base64.b64decode(text.removeprefix(_SECRET_PREFIX), validate=True))
    except (binascii.Error, ValueError):
        raise BadInput("secret", problem) from None
    if not 24 <= size <= 64:
        raise BadInput("secret", problem)
    return text
