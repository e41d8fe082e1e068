"""The presets that come with bolo: whole, sourced, and as their law or page has them."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from domain.entry import Entry
from domain.errors import BadInput, PolicyError, Prohibited
from policy.categories import CATEGORIES, category_for
from policy.enforced import ENFORCED, STATED
from policy.explaining import explain
from policy.loading import parse, preset, preset_text, presets, standard
from policy.model import AlertBudget, CategoryRule, Limits, Lists, Retention, Sharing
from policy.schema import fields_of
from policy.sentences import NEVER, check

TODAY = date(2026, 11, 22)


def said(name: str, **entry: str) -> str:
    return "\n".join(explain(preset(name), entry, today=TODAY))


def test_the_presets_are_those_of_the_issue() -> None:
    assert presets() == (
        "standard",
        "california",
        "illinois",
        "kansas",
        "new-hampshire",
        "new-jersey",
        "texas",
        "virginia",
    )


def test_the_standard_preset_is_what_the_code_does() -> None:
    rules = standard().categories
    assert {c: (r.name, r.priority) for c, r in rules.items()} == {
        c.code: (c.name, c.priority) for c in CATEGORIES.values()
    }
    default = CategoryRule(name="", priority=1, purpose="")
    for rule in rules.values():
        assert (rule.verifiers, rule.conflict_verifiers, rule.tell, rule.approval) == (
            default.verifiers,
            default.conflict_verifiers,
            default.tell,
            default.approval,
        )
        assert (rule.max_days, rule.share) == (default.max_days, default.share)
    assert standard().retention == Retention()
    assert standard().sharing == Sharing()
    assert standard().lists == Lists()
    assert standard().alert_budget == AlertBudget()
    assert standard() is standard()


def test_the_standard_preset_says_every_value_so_that_each_has_a_line() -> None:
    data = tomllib.loads(preset_text("standard"))
    for rule in data["categories"].values():
        assert set(rule) == set(fields_of(CategoryRule))
    assert set(data["retention"]) == set(fields_of(Retention))
    assert set(data["sharing"]) == set(fields_of(Sharing))
    assert set(data["lists"]) == set(fields_of(Lists))
    assert set(data["alert_budget"]) == set(fields_of(AlertBudget))


@pytest.mark.parametrize("name", presets())
def test_a_preset_names_its_source_and_what_is_left_open(name: str) -> None:
    policy = preset(name)
    assert policy.preset == name
    assert policy.sources
    assert policy.left_open
    assert all(sentence.endswith((".", ".)")) for sentence in policy.left_open)
    assert bool(policy.state) == (name != "standard")


@pytest.mark.parametrize("name", [n for n in presets() if n != "standard"])
def test_every_limit_and_number_of_a_preset_has_a_comment_that_names_its_source(name: str) -> None:
    table = ""
    for row in preset_text(name).split("\n"):
        table = (re.match(r"\[(.+)\]", row) or [table, table])[1]
        if table in ("limits", "retention", "lists") and re.match(r"\w+ = ", row):
            assert "#" in row, row


@pytest.mark.parametrize("name", presets())
def test_a_file_built_on_a_preset_and_saying_nothing_else_is_taken(name: str) -> None:
    policy = parse(f'name = "Own"\npreset = "{name}"\n')
    assert policy.categories == preset(name).categories
    assert policy.limits == preset(name).limits


def test_kansas_keeps_thirty_days_and_two_years_at_most() -> None:
    policy = preset("kansas")
    assert policy.retention.reads_days == 30
    assert policy.limits.reads_days == policy.limits.alerts_days == 730
    assert policy.limits.verifiers == 1
    assert len(policy.sources) == 4
    assert any("unless otherwise mandated by law" in s for s in policy.left_open)


def test_texas_lets_stolen_and_missing_alert_the_neighbors() -> None:
    policy = preset("texas")
    assert [c for c, r in policy.categories.items() if r.share] == [
        "amber",
        "missing-person",
        "stolen-vehicle",
    ]
    assert policy.limits.reads_days == 30


def test_california_shares_with_agencies_of_california_alone() -> None:
    assert preset("california").sharing == Sharing(out_of_state="never", federal="never")
    assert preset("california").limits == Limits(out_of_state="never", federal="never")


def test_virginia_has_closed_purposes_and_drops_what_may_not_notify() -> None:
    policy = preset("virginia")
    assert policy.retention.reads_days == policy.limits.reads_days == 21
    assert (policy.limits.out_of_state, policy.limits.federal) == ("never", "process")
    assert set(policy.purposes) == set(policy.limits.purposes)
    assert set(policy.categories) == set(policy.limits.categories)
    assert category_for(policy, "EV")[0] == "stolen-vehicle"
    for key in ("GANG", "EXS", "EF", "EVP", "EPO"):
        with pytest.raises(Prohibited, match=r"virginia.toml:\d+"):
            category_for(policy, key)


def test_new_hampshire_forgets_what_did_not_match_within_three_minutes() -> None:
    policy = preset("new-hampshire")
    assert policy.retention.unmatched_minutes == policy.limits.unmatched_minutes == 3
    assert policy.lists.max_age_hours == policy.limits.max_age_hours == 24


def test_illinois_asks_for_a_declaration() -> None:
    assert preset("illinois").sharing.out_of_state == "declaration"
    assert preset("illinois").limits.out_of_state == "declaration"


def test_new_jersey_leaves_open_what_could_not_be_established() -> None:
    assert preset("new-jersey").retention == Retention()
    assert any("could not be established" in s for s in preset("new-jersey").left_open)


def test_a_preset_that_is_none_is_told_with_the_nearest() -> None:
    with pytest.raises(PolicyError, match="is kansas meant"):
        preset("kanses")


@pytest.mark.parametrize("name", presets())
def test_check_says_every_category_every_purpose_and_what_can_never_be_done(name: str) -> None:
    policy, text = preset(name), "\n".join(check(preset(name)))
    for code, rule in policy.categories.items():
        assert f"{rule.name} ({code})" in text
    for sentence in (*policy.purpose_words.values(), *NEVER, *policy.left_open, *policy.sources):
        assert sentence in text
    assert all(line.rstrip() == line for line in check(policy))


def test_what_is_not_enforced_yet_is_marked_and_what_is_enforced_is_not() -> None:
    marked = [line for line in check(preset("virginia")) if STATED in line]
    assert (
        any("Reads are gone after 21 days" in line for line in marked)
        is not (ENFORCED["reads_days"])
    )
    assert not any("Priority" in line or "withdrawal" in line for line in marked)
    known = {
        *fields_of(CategoryRule),
        *fields_of(Retention),
        *fields_of(Sharing),
        *fields_of(Lists),
        "alert_budget",
        "categories",
        "message_keys",
        "prohibited",
    } - {"name"}
    assert set(ENFORCED) == known


def test_explain_tells_the_rule_of_every_step() -> None:
    text = said("kansas", LIC="482KTB", LIS="KS", MKE="EV-P", expires_on="2026-12-01")
    assert "Category Stolen vehicle (stolen-vehicle): message key EV-P begins with EV" in text
    assert "Priority 2, High [policy/presets/standard.toml:" in text
    assert "Caution indicated by the message key" in text
    assert "stale [policy/presets/kansas.toml:" in text
    assert "It holds until 2026-12-01." in text
    assert "482" not in text


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"MKE": "EDF"}, "never held: message key EDF"),
        ({"MKE": "EW", "ORI": "VTICE0900"}, "never held: the ORI"),
        ({"MKE": "EW", "remarks": "subject has ICE detainer"}, "never held: a field says"),
        ({"MKE": "EW", "nic": "EIV"}, "never held: a field says"),
        ({"category": "local", "reason": "unpaid tolls"}, "Nobody can enter it: the reason"),
        ({"category": "local", "purpose": "Traffic"}, "Nobody can enter it: the purpose"),
        ({"MKE": "EMJ", "MNP": "AA"}, "(amber): missing-person code AA (MNP, built in)"),
        ({"MKE": "ZZZ"}, "no rule knows message key ZZZ"),
        ({"category": "locall"}, "there is no category locall; is local meant?"),
        ({"category": "local", "purpose": "fun"}, "It is refused: no purpose fun"),
        ({"category": "local", "pattern": "4*K"}, "2 characters of its pattern are known, 3 are"),
        ({"category": "local", "pattern": "4??K8"}, "3 are asked: enough"),
        ({"MKE": "EV", "expires_on": "2026-11-21"}, "It expired on 2026-11-21"),
        ({"MKE": "EV", "expires_on": "2026-11-22"}, "It holds until 2026-11-22"),
    ],
)
def test_explain_says_what_happens(entry: dict[str, str], says: str) -> None:
    assert says in said("standard", **entry)


def test_explain_takes_a_stored_entry() -> None:
    entry = Entry(
        entry_id=UUID(int=1), agency="KS0999900", source="s", category="gang", priority=4,
        plate="482KTB", mke="EF", expires_on=date(2026, 1, 1),
    )  # fmt: skip
    text = "\n".join(explain(standard(), entry, today=TODAY))
    assert "Felony vehicle" in text
    assert "It expired on 2026-01-01" in text
    virginia = "\n".join(explain(preset("virginia"), entry, today=TODAY))
    assert "dropped before it is stored" in virginia


def test_explain_names_an_own_message_key_by_its_line() -> None:
    policy = parse('name = "A"\n[message_keys]\nEQ = "gang"\n', "own.toml")
    text = "\n".join(explain(policy, {"MKE": "EQX"}))
    assert "message key EQX begins with EQ (the agency's own key, own.toml:3)" in text


def test_explain_refuses_what_is_no_field() -> None:
    with pytest.raises(BadInput, match="MKEY: is no field of an entry; is"):
        explain(standard(), {"MKEY": "EV"})
    with pytest.raises(BadInput, match="must be a date"):
        explain(standard(), {"MKE": "EV", "expires_on": "soon"})


DOCS = (Path(__file__).parents[2] / "docs" / "policy.md").read_text()


def test_the_documented_file_is_a_policy() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", DOCS, re.DOTALL)
    policy = parse(example)
    assert policy.categories["boat-trailer"].approval is False
    assert "gang" not in policy.categories


def test_the_documentation_says_what_is_enforced() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (yes|stated) \|$", DOCS, re.MULTILINE)
    assert {key: value == "yes" for key, value in rows} == ENFORCED


def test_the_documentation_lists_every_preset() -> None:
    assert set(re.findall(r"^\| `([\w-]+)` \| .* \| .* \|$", DOCS, re.MULTILINE)) >= set(presets())
