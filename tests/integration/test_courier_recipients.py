"""Who can be told: every change is an audit row, nothing is deleted, no agency sees another's."""

from __future__ import annotations

import pytest

from domain.clock import system_clock as now
from domain.errors import BadInput, NotFound
from notifiers import recipients
from storage.postgres import Database
from tests.integration.couriers import HOOK_SECRET, Town, settle_town

HOOK = "https://cad.example.org/bolo"


@pytest.fixture
async def town(db: Database) -> Town:
    return await settle_town(db, None)


async def test_a_webhook_gets_a_secret_and_keeps_the_one_it_is_given(
    db: Database, town: Town
) -> None:
    async with db.transaction() as conn:
        made = await recipients.add(
            conn, town.ori, "CAD", "system", "webhook", HOOK, now(), by="admin"
        )
        given = await recipients.add(
            conn, town.ori, "CAD 2", "system", "webhook", HOOK + "2", now(), by="admin",
            secret=HOOK_SECRET,
        )  # fmt: skip
    assert made.secret.startswith("whsec_")
    assert given.secret == HOOK_SECRET
    assert made.secret not in repr(made)
    added = await town.acts("recipient.added")
    assert not [a for a in added if "whsec" in str(a["detail"]) or "cad.example" in str(a)]


async def test_a_known_address_is_switched_on_again_instead_of_twice(
    db: Database, town: Town
) -> None:
    officer = town.told["officer"]
    async with db.transaction() as conn:
        assert await recipients.deactivate(
            conn, town.ori, officer.id, now(), by="admin", reason="on leave"
        )
        assert not await recipients.deactivate(
            conn, town.ori, officer.id, now(), by="admin", reason="on leave"
        )
        again = await recipients.add(
            conn, town.ori, "Ortiz", "officer", "sms", officer.address, now(), by="admin"
        )
        listed = await recipients.listed(conn, town.ori)
    assert again.id == officer.id
    assert again.active
    assert len(listed) == 2
    assert [a["reason"] for a in await town.acts("recipient.deactivated")] == ["on leave"]


async def test_another_agencys_recipient_is_not_found(db: Database, town: Town) -> None:
    theirs = await settle_town(db, None, "KS0410000")
    async with db.transaction() as conn:
        with pytest.raises(NotFound):
            await recipients.deactivate(
                conn, theirs.ori, town.told["officer"].id, now(), by="x", reason="y"
            )
        assert all(r.agency == theirs.ori for r in await recipients.listed(conn, theirs.ori))


@pytest.mark.parametrize(
    ("field", "kind", "channel", "name", "address", "secret"),
    [
        ("name", "officer", "sms", " ", "+16205550150", ""),
        ("kind", "boss", "sms", "A", "+16205550150", ""),
        ("channel", "officer", "fax", "A", "+16205550150", ""),
        ("address", "officer", "sms", "A", "5550150", ""),
        ("address", "system", "webhook", "A", "http://cad.example.org/", ""),
        ("address", "system", "webhook", "A", "https://10.0.0.7/", ""),
        ("address", "system", "webhook", "A", "https://cad.example.org/" + "x" * 2000, ""),
        ("secret", "system", "webhook", "A", HOOK, "password"),
    ],
)
async def test_what_cannot_work_is_refused_by_field(
    db: Database,
    town: Town,
    field: str,
    kind: str,
    channel: str,
    name: str,
    address: str,
    secret: str,
) -> None:
    async with db.transaction() as conn:
        with pytest.raises(BadInput) as refused:
            await recipients.add(
                conn, town.ori, name, kind, channel, address, now(), by="admin", secret=secret
            )
    assert refused.value.field == field
