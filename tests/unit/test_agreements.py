"""Agreements: what each policy lets an agency give, and what no policy does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from domain.entry import Entry
from domain.errors import BadInput, NotAllowed, Prohibited
from hotlists.neighbour.wire import Shared
from neighbours.agreement import (
    Agreement,
    Asked,
    checked,
    digest,
    looks_like_token,
    new_token,
    why_not,
)
from neighbours.pace import Pace
from neighbours.sharing import categories_of, gives, mark, shared
from people.model import Person, Role
from policy.loading import parse, preset, presets
from policy.model import Policy

NOW = datetime(2026, 11, 21, 21, 2, 9, tzinfo=UTC)
OURS = "KS0190100"
WHICH = UUID(int=9)
CODES = {"KS": "KS0999900", "VA": "VA0530100", "IL": "IL0160000", "CA": "CA0190000",
         "TX": "TX2460200", "NH": "NH0070100", "NJ": "NJ0070900", "MO": "MO0480100"}  # fmt: skip


def person(role: Role = Role.SUPERVISOR, agency: str = OURS) -> Person:
    return Person(
        id=UUID(int=1), agency=agency, login="whitfield", name="Sgt. Whitfield", badge="",
        role=role, phone="",
    )  # fmt: skip


def sharing(base: str = "kansas", more: str = "", category: str = "stolen-vehicle") -> Policy:
    """A policy built on a preset that shares stolen vehicles."""
    text = f'preset = "{base}"\nname = "Ours"\n'
    if base == "standard":
        text += 'state = "KS"\n'
    return parse(f"{text}[categories.{category}]\nshare = true\n{more}")


def asked(**changes: Any) -> Asked:
    values: dict[str, Any] = {
        "neighbour": "Walnut County KS SO",
        "ori": "KS0999900",
        "state": "KS",
        "categories": ("stolen-vehicle",),
        "purposes": ("stolen-vehicles",),
        "valid_until": NOW + timedelta(days=180),
        "reason": "MOU 26-014, signed by both chiefs",
    }
    return Asked(**{**values, **changes})


def agreed(policy: Policy, who: Person | None = None, **changes: Any) -> Agreement:
    return checked(asked(**changes), OURS, who or person(), policy, NOW, WHICH)


def test_an_agreement_within_the_state_is_made() -> None:
    made = agreed(sharing())
    assert (made.agency, made.ori, made.state, made.federal) == (OURS, "KS0999900", "KS", False)
    assert made.categories == ("stolen-vehicle",)
    assert why_not(made, sharing(), NOW) == ""


@pytest.mark.parametrize("name", presets())
def test_no_preset_gives_a_federal_agency_anything(name: str) -> None:
    policy = sharing(name)
    home = policy.state or "KS"
    with pytest.raises(Prohibited, match="shares nothing with federal agencies") as refused:
        agreed(policy, state=home, ori=CODES[home], federal=True)
    assert "sharing.federal" in str(refused.value)


@pytest.mark.parametrize("name", presets())
def test_no_preset_shares_what_it_does_not_say(name: str) -> None:
    policy = preset(name)
    home = policy.state or "KS"
    for code, rule in policy.categories.items():
        wanted: dict[str, Any] = {
            "categories": (code,), "purposes": (rule.purpose,), "state": home,
        }  # fmt: skip
        if rule.share:
            assert agreed(policy, **wanted, ori=CODES[home]).categories == (code,)
            continue
        with pytest.raises(Prohibited, match=f"does not share {code}") as refused:
            agreed(policy, **wanted, ori=CODES[home])
        assert f"categories.{code}" in str(refused.value) or ".toml:" in str(refused.value)


@pytest.mark.parametrize("name", [n for n in presets() if n != "illinois"])
def test_every_preset_but_one_stays_in_its_state(name: str) -> None:
    policy = sharing(name)
    away = "MO" if policy.state != "MO" else "KS"
    with pytest.raises(Prohibited, match="shares nothing out of state") as refused:
        agreed(policy, state=away, ori=CODES[away])
    if name != "standard":
        assert policy.sources[0] in str(refused.value), "the law or order behind it is named"


def test_virginia_names_the_act() -> None:
    policy = sharing("virginia")
    with pytest.raises(Prohibited, match=r"2\.2-5517 \(HB 2724, 2025\)"):
        agreed(policy, state="MO", ori=CODES["MO"])
    with pytest.raises(Prohibited, match="HB 2724"):
        agreed(policy, state="VA", ori=CODES["VA"], federal=True)
    made = agreed(policy, state="VA", ori=CODES["VA"])
    assert why_not(made, policy, NOW) == ""


def test_a_virginian_policy_that_opens_federal_still_wants_the_process() -> None:
    policy = sharing("virginia", '[sharing]\nfederal = "process"\n')
    wanted: dict[str, Any] = {"state": "VA", "ori": CODES["VA"], "federal": True}
    with pytest.raises(Prohibited, match="warrant, a subpoena or an order of a court"):
        agreed(policy, **wanted)
    made = agreed(policy, **wanted, process="Order 26-cv-11, E.D. Va., 3 November 2026")
    assert made.process.startswith("Order")


def test_illinois_wants_the_declaration_first() -> None:
    policy = sharing("illinois")
    with pytest.raises(Prohibited, match="written declaration") as refused:
        agreed(policy, state="MO", ori=CODES["MO"])
    assert "HB 3326" in str(refused.value)
    declared = "Letter of Chief Hale, 4 November 2026, file 26-014"
    made = agreed(policy, state="MO", ori=CODES["MO"], declaration=declared)
    assert made.declaration == declared
    assert agreed(policy, state="IL", ori=CODES["IL"]).declaration == ""


def test_the_states_that_a_policy_lists_are_the_only_ones() -> None:
    more = '[sharing]\nout_of_state = "allowed"\nstates = ["OK", "NB"]\n'
    policy = sharing("kansas", more)
    assert agreed(policy, state="OK", ori="OK0720500").state == "OK"
    assert agreed(policy, state="NE", ori="NB0280000").state == "NB", "by post and by NCIC"
    with pytest.raises(Prohibited, match="OK, NB only, not MO"):
        agreed(policy, state="MO", ori=CODES["MO"])


def test_where_a_policy_does_not_say_its_state_everybody_is_out_of_state() -> None:
    policy = msgspec.structs.replace(sharing("standard"), state="")
    with pytest.raises(Prohibited, match="does not say which state is its own"):
        agreed(policy)


def test_nobody_becomes_in_state_by_saying_so() -> None:
    with pytest.raises(BadInput, match="the ORI MO0480100 is of MO"):
        agreed(sharing(), ori=CODES["MO"], state="KS")


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"valid_until": NOW}, "valid_until", "in the future"),
        ({"valid_until": NOW + timedelta(days=367)}, "valid_until", "366 days at most"),
        ({"valid_until": datetime(2027, 1, 1)}, "valid_until", "time zone"),
        ({"categories": ()}, "categories", "at least one"),
        ({"categories": ("stolen-vehicles",)}, "categories", "is stolen-vehicle meant"),
        ({"purposes": ()}, "purposes", "at least one"),
        ({"purposes": ("stolen-vehicle",)}, "purposes", "is stolen-vehicles meant"),
        ({"purposes": ("crimes",)}, "categories", "is for stolen-vehicles"),
        ({"reason": " - "}, "reason", "say what it is for"),
        ({"reason": "MOU " * 200}, "reason", "500"),
        ({"ori": "KS-1"}, "ori", "nine capital letters"),
        ({"ori": OURS}, "ori", "our own"),
        ({"state": "Kansas City"}, "state", "NCIC code"),
        ({"neighbour": ""}, "neighbour", "printable"),
        ({"declaration": "a\x07b"}, "declaration", "printable"),
    ],
)
def test_what_is_missing_or_wrong_is_named(changes: dict[str, Any], field: str, said: str) -> None:
    with pytest.raises(BadInput, match=said) as refused:
        agreed(sharing(), **changes)
    assert refused.value.field == field


@pytest.mark.parametrize(
    "changes",
    [
        {"reason": "help ICE find people"},
        {"reason": "MOU for immigration enforcement"},
        {"neighbour": "Immigration task force"},
        {"declaration": "for deportation orders"},
        {"purposes": ("immigration-enforcement",)},
        {"purposes": ("parking",)},
        {"categories": ("immigration",)},
        {"ori": "VTICE0900", "state": "VT"},
    ],
)
def test_a_prohibited_use_is_refused_at_agreement(changes: dict[str, Any]) -> None:
    open_ = sharing("kansas", '[sharing]\nout_of_state = "allowed"\nfederal = "allowed"\n')
    with pytest.raises(Prohibited, match="never"):
        agreed(open_, **changes)


@pytest.mark.parametrize("role", Role)
def test_a_named_supervisor_or_admin_of_the_agency_approves(role: Role) -> None:
    if role in (Role.SUPERVISOR, Role.ADMIN):
        assert agreed(sharing(), person(role)).approved_by == person().id
        with pytest.raises(NotAllowed, match="supervisor or admin of KS0190100"):
            agreed(sharing(), person(role, "KS0999900"))
    else:
        with pytest.raises(NotAllowed):
            agreed(sharing(), person(role))


def test_every_pull_asks_the_policy_of_that_day() -> None:
    made = agreed(
        sharing("kansas", '[sharing]\nout_of_state = "allowed"\n'), state="MO", ori=CODES["MO"]
    )
    assert "out of state" in why_not(made, sharing(), NOW)
    assert "ended on 2027-05-20" in why_not(made, sharing(), made.valid_until)
    revoked = msgspec.structs.replace(made, revoked_at=NOW)
    assert "revoked on 2026-11-21" in why_not(revoked, sharing(), NOW)
    assert categories_of(made, sharing()) == {"stolen-vehicle"}
    assert categories_of(made, preset("kansas")) == frozenset()


# --- what is given -----------------------------------------------------------------------------


def wanted(**changes: Any) -> Entry:
    values: dict[str, Any] = {
        "entry_id": UUID(int=3), "agency": OURS, "source": "secret-source", "priority": 2,
        "category": "stolen-vehicle", "plate": "482KTB", "state": "KS", "ori": OURS,
        "oca": "26-01", "reason": "Taken at gunpoint", "expires_at": NOW + timedelta(days=1),
    }  # fmt: skip
    return Entry(**{**values, **changes})


def test_what_is_given_and_what_is_not() -> None:
    may = {"stolen-vehicle"}
    assert gives(wanted(), may, NOW)
    assert not gives(wanted(category="gang"), may, NOW)
    assert not gives(wanted(expires_at=NOW), may, NOW)
    assert not gives(wanted(reason="ICE hold"), may, NOW)
    assert not gives(wanted(mke="EDF"), may, NOW)


def test_an_entry_goes_out_without_what_is_ours_alone() -> None:
    out = msgspec.to_builtins(shared(wanted()))
    assert set(out) <= {f.name for f in msgspec.structs.fields(Shared)}
    assert out["key"] == str(UUID(int=3))
    assert "secret-source" not in str(out)
    assert not {"priority", "agency", "source"} & set(out)


def test_the_mark_changes_with_the_agreement_its_categories_and_the_history() -> None:
    made = agreed(sharing())
    one = mark(made, {"a", "b"}, "5|x")
    assert one == mark(made, {"b", "a"}, "5|x")
    assert one not in (
        mark(made, {"a"}, "5|x"),
        mark(made, {"a", "b"}, "5|y"),
        mark(msgspec.structs.replace(made, id=UUID(int=10)), {"a", "b"}, "5|x"),
    )


def test_a_token_is_no_cameras_and_is_kept_as_its_sum() -> None:
    token = new_token()
    assert looks_like_token(token)
    assert token != new_token()
    assert not looks_like_token("bolo_" + token[-43:])
    assert not looks_like_token(token + "x")
    assert len(digest(token)) == 32


def test_the_pace_lets_a_burst_through_and_then_so_many_a_second() -> None:
    pace = Pace(burst=3, rate=2, known=2)
    assert [pace.wait("a", 0.0) for _ in range(3)] == [0, 0, 0]
    assert pace.wait("a", 0.0) == pytest.approx(0.5)
    assert pace.wait("b", 0.0) == 0
    assert pace.wait("a", 0.6) == 0
    for n in range(10):
        pace.wait(n, 1.0)
    assert len(pace._left) == 2
