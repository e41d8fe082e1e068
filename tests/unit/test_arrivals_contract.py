"""What every way of arriving promises, and what is refused when one is configured."""

from __future__ import annotations

import inspect

import asyncssh
import pytest

from domain.errors import BadInput
from hotlists.arrivals import NotArrived, Wanted, check_location, scheme_of, way, ways

KEY = asyncssh.generate_private_key("ssh-ed25519")
HOST_KEY = KEY.export_public_key().decode().strip()
SECRET = "correct horse battery staple"
SETTINGS = {"host_key": HOST_KEY, "secret": "COUNTY"}
NOBODY = {
    "": "/nowhere/at/all.csv",
    "file": "file:///nowhere/at/all.csv",
    "https": "https://127.0.0.1:1/list.csv",
    "http": "http://127.0.0.1:1/list.csv",
    "sftp": "sftp://bolo@127.0.0.1:1/list.csv",
    "bolo+https": "bolo+https://127.0.0.1:1",
    "bolo+http": "bolo+http://127.0.0.1:1",
}
"""A place of each kind where nobody answers."""


def test_every_way_has_a_place_in_this_test() -> None:
    assert set(ways()) == set(NOBODY)


@pytest.mark.parametrize("scheme", sorted(NOBODY))
def test_a_way_offers_what_it_should(scheme: str) -> None:
    one = ways()[scheme]
    assert scheme in one.SCHEMES
    assert next(iter(inspect.signature(one.opened).parameters)) == "wanted"
    check_location(NOBODY[scheme], SETTINGS)
    assert way(NOBODY[scheme]) is one


@pytest.mark.parametrize("scheme", sorted(NOBODY))
async def test_what_cannot_be_had_is_said_without_the_secret(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hotlists.arrivals.https.PAUSES", (0.01,))
    wanted = Wanted(NOBODY[scheme], "7", SECRET, SETTINGS, silence=2)
    assert SECRET not in repr(wanted)
    with pytest.raises(NotArrived) as refused:
        async with way(wanted.location).opened(wanted):
            pytest.fail("nobody is there")
    assert SECRET not in str(refused.value)
    assert str(refused.value)


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("ftp://lists.example.gov/a.csv", "begins with none of"),
        ("lists/a.csv", "path from the root"),
        ("https://county:geheim@lists.example.gov/a.csv", "holds a password"),
        ("sftp://bolo:geheim@lists.example.gov/a.csv", "holds a password"),
        ("https:///a.csv", "names no server"),
        ("http://lists.example.gov/a.csv", "in clear"),
        ("https://lists.example.gov/a.csv?token=geheim", "has token in the address"),
        ("https://lists.example.gov/a.csv?api_key=geheim", "has api_key in the address"),
        ("https://lists.example.gov:port/a.csv", "is not an address"),
        ("sftp://lists.example.gov/a.csv", "sftp://user@host"),
        ("sftp://bolo@lists.example.gov", "names no file"),
    ],
)
def test_a_location_that_cannot_work_is_refused_with_advice(location: str, said: str) -> None:
    with pytest.raises(BadInput, match=said) as refused:
        check_location(location, SETTINGS)
    assert "geheim" not in str(refused.value)


def test_sftp_needs_the_key_of_the_server() -> None:
    location = "sftp://bolo@lists.example.gov/out/*.csv"
    check_location(location, {"host_key": HOST_KEY})
    with pytest.raises(BadInput, match="ssh-keyscan -t ed25519"):
        check_location(location, {})
    with pytest.raises(BadInput, match="is no public key"):
        check_location(location, {"host_key": "lists.example.gov ssh-ed25519 AAAA"})


def test_ordinary_locations_are_taken() -> None:
    for location in ("", "/in/ncic.csv", "/in/", "/in/ncic-*.csv", "file:///in/a.csv"):
        check_location(location, {})
    for location in (
        "https://lists.example.gov/a.csv?day=today",
        "https://county@lists.example.gov:8443/a.csv",
        "http://127.0.0.1:8000/a.csv",
    ):
        check_location(location, {})
    assert scheme_of("HTTPS://lists.example.gov/a") == "https"
