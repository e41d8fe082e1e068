"""A policy file: what it may say, and every way in which it can disagree with itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import PolicyError, Prohibited
from policy.categories import CATEGORIES, category_for
from policy.loading import parse, standard
from policy.sentences import check

HEAD = 'name = "Cedar Falls KS PD"\nstate = "KS"\n'


def refused(text: str) -> PolicyError:
    with pytest.raises(PolicyError) as error:
        parse(text, "policy.toml")
    return error.value


def test_the_shortest_policy_is_the_standard_one_by_another_name() -> None:
    policy = parse(HEAD)
    assert (policy.name, policy.state, policy.preset) == ("Cedar Falls KS PD", "KS", "standard")
    assert policy.categories == standard().categories
    assert policy.retention == standard().retention
    assert policy.sources == ()


def test_a_file_says_what_differs_and_where() -> None:
    policy = parse(
        HEAD
        + """
preset = "kansas"
sources = ["City council resolution 2026-14"]

[purposes]              # the whole list, in place of the preset's
missing-persons = "Find missing people"
wanted-persons = "Find wanted people"
stolen-vehicles = "Recover stolen vehicles"
crimes = "Investigate crimes"
protection = "Protect people"
cautions = "Cautions"
water = "Find boat trailers that were stolen"

[categories.boat-trailer]
name = "Stolen boat trailer"
priority = 3
purpose = "water"
max_days = 14

[categories.amber]
share = true

[message_keys]
XBT = "boat-trailer"

[sharing]
out_of_state = "allowed"
states = ["MO", "NB", "KS"]

[retention]
reads_days = 14

[lists]
withdrawal_hours = 48.5
""",
        "policies/own.toml",
    )
    assert policy.retention.reads_days == 14
    assert policy.retention.alerts_days == 730
    assert policy.lists.withdrawal_hours == 48.5
    assert policy.purposes[-1] == "water"
    assert policy.categories["boat-trailer"].max_days == 14
    assert policy.categories["boat-trailer"].conflict_verifiers == 2
    assert policy.categories["amber"].share
    assert policy.categories["amber"].priority == 1
    assert policy.sources[-1] == "City council resolution 2026-14"
    assert policy.origin("retention", "reads_days") == "policies/own.toml:33"
    assert policy.origin("retention", "alerts_days").startswith("policy/presets/kansas.toml:")
    assert policy.origin("categories", "boat-trailer", "tell") == "policies/own.toml:16"
    assert category_for(policy, "xbt-p")[0] == "boat-trailer"


def test_a_file_can_stand_alone() -> None:
    policy = parse(
        """
name = "Alone"
preset = "none"
[purposes]
stolen = "Recover stolen vehicles"
[categories.stolen-vehicle]
name = "Stolen vehicle"
priority = 2
purpose = "stolen"
"""
    )
    assert list(policy.categories) == ["stolen-vehicle"]
    assert policy.preset == ""
    assert policy.lists.known_characters == 3


def test_a_category_that_is_taken_away_drops_its_records() -> None:
    policy = parse(HEAD + 'without_categories = ["gang"]\n')
    assert "gang" not in policy.categories
    with pytest.raises(Prohibited, match=r"does not have \(policy.toml:3\)"):
        category_for(policy, "GANG")


def test_a_windows_file_and_a_byte_order_mark_are_read() -> None:
    text = ("\ufeff" + HEAD + "[retention]\nreads_days = 0\n").replace("\n", "\r\n")
    assert "policy.toml:4: reads_days must be from 1" in str(refused(text))


CONTRADICTIONS = {
    "a purpose that is no purpose": (
        '[categories.amber]\npurpose = "missing-children"\n',
        "is missing-persons meant",
        ("policy.toml:4", "policy/presets/standard.toml:12"),
    ),
    "purposes that a category needs are gone": (
        '[purposes]\ncrimes = "Investigate crimes"\n',
        "amber is for missing-persons, which is not among the purposes",
        ("policy/presets/standard.toml", "policy.toml:3: [purposes]"),
    ),
    "fewer people for a contradicting hit": (
        "[categories.amber]\nverifiers = 2\nconflict_verifiers = 1\n",
        "fewer people",
        ("policy.toml:5: conflict_verifiers = 1", "policy.toml:4: verifiers = 2"),
    ),
    "an urgent category that tells nobody": (
        "[categories.amber]\ntell = []\n",
        "no person is told",
        ("policy.toml:4: tell = []", "standard.toml:26: priority = 1"),
    ),
    "an urgent category that tells machines alone": (
        '[categories.gang]\npriority = 1\ntell = ["system"]\n',
        "no person is told",
        ("policy.toml:4: priority = 1", 'policy.toml:5: tell = ["system"]'),
    ),
    "unmatched reads longer than reads": (
        "[retention]\nreads_days = 1\nunmatched_minutes = 1441\n",
        "longer than any read",
        ("policy.toml:5: unmatched_minutes = 1441", "policy.toml:4: reads_days = 1"),
    ),
    "an entry that outlives its alerts": (
        "[categories.local]\nmax_days = 60\n[retention]\nalerts_days = 31\n",
        "its alerts are gone after 31",
        ("policy.toml:4: max_days = 60", "policy.toml:6: alerts_days = 31"),
    ),
    "a rejected misread that outlives its alert": (
        "[lists]\nmisread_marker_days = 61\n[retention]\nalerts_days = 60\n",
        "would be kept 61 days, but its alert is gone after 60",
        ("policy.toml:4: misread_marker_days = 61", "policy.toml:6: alerts_days = 60"),
    ),
    "a withdrawal that lapses before the list": (
        "[lists]\nmax_age_hours = 80\n",
        "counts as fresh",
        ("policy.toml:4: max_age_hours = 80", "withdrawal_hours = 72"),
    ),
    "misread plates for the less urgent alone": (
        "[alert_budget]\nhigh = 0\n",
        "never alert for what is high, but do for routine, which is less urgent",
        ("policy.toml:4: high = 0", "routine = 5"),
    ),
    "shared without approval": (
        "[categories.amber]\nshare = true\napproval = false\n",
        "without approval would alert other agencies",
        ("policy.toml:4: share = true", "policy.toml:5: approval = false"),
    ),
    "states that may receive while nothing leaves": (
        '[sharing]\nout_of_state = "never"\nstates = ["MO"]\n',
        "MO may receive, but nothing goes out of state",
        ('policy.toml:5: states = ["MO"]', 'policy.toml:4: out_of_state = "never"'),
    ),
    "two categories of one name": (
        '[categories.gang]\nname = "Local entry"\n',
        "nobody could tell them apart",
        ('policy.toml:4: name = "Local entry"', 'name = "Local entry"'),
    ),
    "one category by two ids": (
        '[categories.bike-a]\nname = "A"\npriority = 3\npurpose = "crimes"\n'
        '[categories.bikea]\nname = "B"\npriority = 3\npurpose = "crimes"\n',
        "one category by two ids",
        ("policy.toml:7: [categories.bikea]", "policy.toml:3: [categories.bike-a]"),
    ),
    "a category with two names": (
        '[categories.gang]\nname = "A"\nname = "B"\n',
        "categories.gang.name is said twice",
        ('policy.toml:5: name = "B"', 'policy.toml:4: name = "A"'),
    ),
    "a table twice": (
        "[lists]\nknown_characters = 3\n[lists]\n",
        "lists is said twice",
        ("policy.toml:5: [lists]", "policy.toml:3: [lists]"),
    ),
    "a message key of two categories": (
        '[message_keys]\nEQX = "gang"\n"eqx-p" = "local"\n',
        "message key EQX cannot be both",
        ('policy.toml:4: EQX = "gang"', 'policy.toml:5: "eqx-p" = "local"'),
    ),
    "a message key of a category that is taken away": (
        'without_categories = ["gang"]\n[message_keys]\nEQX = "gang"\n',
        "which is taken away",
        ('policy.toml:5: EQX = "gang"', 'policy.toml:3: without_categories = ["gang"]'),
    ),
    "a category set and taken away": (
        'without_categories = ["gang"]\n[categories.gang]\npriority = 4\n',
        "both set and taken away",
        ("policy.toml:4: [categories.gang]", 'policy.toml:3: without_categories = ["gang"]'),
    ),
}
UNDER_A_LAW = {
    "reads longer than Virginia's 21 days": (
        "virginia", "[retention]\nreads_days = 30\n", "reads_days = 21", "HB 2724",
    ),
    "out of state under Virginia": (
        "virginia", '[sharing]\nout_of_state = "allowed"\n', 'out_of_state = "never"', "HB 2724",
    ),
    "federal under Virginia": (
        "virginia", '[sharing]\nfederal = "allowed"\n', 'federal = "process"', "HB 2724",
    ),
    "a purpose that Virginia does not list": (
        "virginia",
        '[purposes]\ncrimes = "Investigate an alleged crime where there is reasonable suspicion"\n'
        'missing-persons = "Find missing or endangered people"\n'
        'trafficking = "Find people associated with human trafficking"\n'
        'wanted-persons = "Find people with an outstanding warrant"\n'
        'stolen-vehicles = "Recover stolen vehicles and stolen license plates"\n'
        'cautions = "Cautions"\n',
        "purposes = [", "HB 2724",
    ),
    "other words for a purpose that Virginia lists": (
        "virginia",
        '[purposes]\ncrimes = "Whatever a detective asks"\nmissing-persons = "Find missing or '
        'endangered people"\ntrafficking = "Find people associated with human trafficking"\n'
        'wanted-persons = "Find people with an outstanding warrant"\n'
        'stolen-vehicles = "Recover stolen vehicles and stolen license plates"\n',
        "crimes = ", "reasonable suspicion",
    ),
    "a category that may not notify in Virginia": (
        "virginia", '[categories.gang]\nname = "Gang"\npriority = 4\npurpose = "crimes"\n',
        "categories = [", "notifications",
    ),
    "unmatched reads kept in New Hampshire": (
        "new-hampshire", "[retention]\nunmatched_minutes = 4\n", "unmatched_minutes = 3", "RSA 261",
    ),
    "unmatched reads kept as others in New Hampshire": (
        "new-hampshire", "[retention]\nunmatched_minutes = 0\n", "unmatched_minutes = 3", "RSA 261",
    ),
    "a list older than a day in New Hampshire": (
        "new-hampshire", "[lists]\nmax_age_hours = 25\n", "max_age_hours = 24", "RSA 261",
    ),
    "more than two years in Kansas": (
        "kansas", "[retention]\nalerts_days = 731\n", "alerts_days = 730", "",
    ),
    "out of state without a declaration in Illinois": (
        "illinois", '[sharing]\nout_of_state = "allowed"\n', 'out_of_state = "declaration"',
        "625 ILCS 5/2-130",
    ),
    "another state in California": (
        "california", '[sharing]\nout_of_state = "declaration"\n', 'out_of_state = "never"',
        "1798.90.55",
    ),
    "a federal agency in California": (
        "california", '[sharing]\nfederal = "process"\n', 'federal = "never"', "the same",
    ),
    "more than 30 days in Round Rock": (
        "texas", "[retention]\nreads_days = 31\n", "reads_days = 30", "30 days",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_a_contradiction_names_the_two_lines_that_disagree(case: str) -> None:
    text, sentence, lines = CONTRADICTIONS[case]
    error = refused(HEAD + text)
    assert sentence in str(error)
    for line in lines:
        assert line in str(error)
    assert all(len(problem.places) == 2 for problem in error.problems)


@pytest.mark.parametrize("case", UNDER_A_LAW)
def test_a_value_beyond_the_law_names_its_line_and_the_law_s(case: str) -> None:
    preset, text, limit, source = UNDER_A_LAW[case]
    error = refused(f'name = "Own"\npreset = "{preset}"\n{text}')
    ours, theirs = error.problems[0].places
    assert ours[0] == "policy.toml"
    assert ours[1] > 2
    assert theirs[0] == f"policy/presets/{preset}.toml"
    assert limit in theirs[2]
    assert source in theirs[2]
    assert f"policy/presets/{preset}.toml:{theirs[1]}: {theirs[2]}" in str(error)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("retentoin = 3\n", "policy.toml:3: retentoin is no key of a policy; is retention meant?"),
        ("[retention]\nread_days = 3\n", "is reads_days meant?"),
        ("[categories.amber]\nprio = 3\n", "policy.toml:4: prio is no key of [categories.amber]"),
        ("[categories.ambre]\nshare = false\n", "needs name, priority, purpose; is amber meant?"),
        ('[categories.Amber]\nname = "x"\n', "'Amber' is no id"),
        ('[categories]\namber = "x"\n', "write [categories.amber]"),
        ('retention = "long"\n', "write [retention]"),
        ("[retention]\nreads_days = 0\n", "policy.toml:4: reads_days must be from 1 to"),
        ("[retention]\nreads_days = true\n", "reads_days: expected a whole number"),
        ('[retention]\nreads_days = "30"\n', "reads_days: expected a whole number, got text"),
        ("[lists]\nmax_age_hours = nan\n", "max_age_hours must be from"),
        ("[alert_budget]\nhigh = -1\n", "high must be from 0 to 10000"),
        ("[alert_budget]\nnote = inf\n", "note must be from"),
        ('[alert_budget]\nhigh = "5"\n', "high: expected a number, got text"),
        ("[alert_budget]\namber = 5\n", "amber is no key of [alert_budget]"),
        ("[lists]\nmax_age_hours = inf\n", "max_age_hours must be from"),
        ("[lists]\nknown_characters = 1\n", "known_characters must be from 2 to 10"),
        ("[categories.amber]\npriority = 5\n", "priority must be from 1 to 4"),
        ("[categories.amber]\nverifiers = 0\n", "verifiers must be from 1"),
        ("[categories.amber]\nmax_days = 0\n", "max_days must be from 1"),
        ('[categories.amber]\ntell = ["mayor"]\n', "policy.toml:4: tell: there is no"),
        ('[sharing]\nout_of_state = "maybe"\n', "out_of_state: there is no"),
        ('[sharing]\nout_of_state = "allowed"\nstates = [\n"MO",\n"NE"]\n', "is NB meant?"),
        ('[sharing]\nout_of_state = "allowed"\nstates = ["XX"]\n', "'XX' is no NCIC code"),
        ('preset = "virgina"\n', "there is no preset virgina; is virginia meant?"),
        ("[limits]\nreads_days = 3\n", "limits are what law asks"),
        ('[message_keys]\nEQX = "gagn"\n', "no category gagn; is gang meant?"),
        ('[message_keys]\n"" = "gang"\n', "a message key must not be empty"),
        ('[purposes]\ncrimes = ""\n', "crimes needs words"),
        ('[purposes]\n"All Crimes" = "x"\n', "'All Crimes' is no id"),
        ('without_categories = ["gagn"]\n', "no category gagn to take away; is gang meant?"),
        ("reads = \n", "policy.toml:3: is not TOML"),
        ('x = """\n', "is not TOML"),
        ('name = "B"\n', "name is said twice"),
    ],
)
def test_a_mistake_names_its_line_and_what_is_meant(text: str, says: str) -> None:
    error = refused(HEAD + text)
    assert says in str(error)
    assert str(error).startswith("policy.toml:")


def test_a_wrong_state_is_said_at_its_line() -> None:
    error = refused('name = "A"\nstate = "NE"\n')
    assert error.problems[0].places == (("policy.toml", 2, 'state = "NE"'),)
    assert "is NB meant?" in str(error)


def test_every_problem_is_told_in_one_go() -> None:
    error = refused(HEAD + "[retention]\nreads_days = 0\nalerts_days = -1\n[lists]\nx = 1\n")
    assert len(error.problems) == 3


def test_sharing_in_state_needs_to_know_the_state() -> None:
    text = 'name = "A"\n[categories.amber]\nshare = true\n'
    assert "`state` does not say which is ours" in str(refused(text))
    assert parse('state = "KS"\n' + text).categories["amber"].share


PROHIBITED = [
    'name = "Immigration Task Force"\n',
    '[purposes]\nimmigration = "Find people"\n',
    '[purposes]\nothers = "Immigration enforcement"\n',
    '[purposes]\nothers = "Traffic enforcement"\n',
    '[purposes]\ntolls = "Collect what is owed"\n',
    '[purposes]\nothers = "Harassment"\n',
    '[purposes]\nothers = "Religion"\n',
    '[purposes]\nothers = "Personal favors"\n',
    '[categories.immigration-violator]\nname = "X"\npriority = 1\npurpose = "crimes"\n',
    '[categories.local]\nname = "Immigration Violator"\n',
    '[categories.local]\nname = "ICE detainers"\n',
    '[categories.local]\nname = "Expired registration"\n',
    '[categories.speeding]\nname = "Fast"\npriority = 4\npurpose = "crimes"\n',
    '[message_keys]\nEDF = "gang"\n',
    '[message_keys]\n"EIV-P" = "wanted-person"\n',
    '[message_keys]\n"DEPORTED FELON" = "wanted-person"\n',
    '[message_keys]\n"\\uff25\\uff24\\uff26" = "wanted-person"\n',
    'sources = ["Agreement with ICE: assist ICE"]\n',
    'left_open = ["May be used for immigration enforcement"]\n',
]


@pytest.mark.parametrize("text", PROHIBITED)
def test_a_prohibited_use_cannot_be_configured_in(text: str) -> None:
    head = "" if text.startswith("name") else HEAD
    error = refused(head + text)
    assert "no policy can allow it" in str(error)
    assert all(where == "policy.toml" for p in error.problems for where, _, _ in p.places)


@given(
    st.sampled_from(["EDF", "EAF", "ENF", "EIV", "IMMIGRATION VIOLATOR", "ICE WARRANT"]),
    st.sampled_from([*CATEGORIES]),
    st.sampled_from(["", "-P", " "]),
)
def test_no_category_takes_a_key_of_the_immigration_violator_file(
    key: str, category: str, suffix: str
) -> None:
    assert "no policy can allow it" in str(
        refused(f'{HEAD}[message_keys]\n"{key}{suffix}" = "{category}"')
    )


@given(st.text(max_size=300))
def test_any_text_is_a_policy_or_a_policy_error(text: str) -> None:
    try:
        policy = parse(HEAD + text)
    except PolicyError as wrong:
        problems = len(wrong.problems)
    else:
        problems = len(policy.categories)
    assert problems > 0


@pytest.mark.parametrize(
    ("mke", "mnp", "words", "code"),
    [
        ("EV-P", "", "", "stolen-vehicle"),
        ("EMJ", "CA", "", "amber"),
        ("", "", "Stolen Vehicle", "stolen-vehicle"),
        ("", "", "missing person - endangered", "missing-person"),
        ("", "", "Missing child, AMBER", "amber"),
        ("ZZ", "", "", ""),
        ("", "", "", ""),
    ],
)
def test_a_record_has_the_category_its_rule_says(mke: str, mnp: str, words: str, code: str) -> None:
    found, why = category_for(standard(), mke, mnp, words=words)
    assert found == code
    assert why


@pytest.mark.parametrize(
    ("mke", "ori", "words"), [("EDF", "", ""), ("EV", "VTICE0900", ""), ("", "", "ICE detainer")]
)
def test_no_policy_gives_a_category_to_what_is_prohibited(mke: str, ori: str, words: str) -> None:
    with pytest.raises(Prohibited):
        category_for(standard(), mke, "AA", ori, words)


def test_an_alert_budget_says_what_differs_and_the_rest_is_the_standards() -> None:
    budget = parse(HEAD + "[alert_budget]\nimmediate = 20\nnote = 0\n").alert_budget
    assert [budget.of(priority) for priority in (1, 2, 3, 4)] == [20, 5, 5, 0]


def test_a_budget_of_nothing_is_no_contradiction_when_nothing_less_urgent_has_one() -> None:
    text = HEAD + "[alert_budget]\nimmediate = 0\nhigh = 0\nroutine = 0\nnote = 0\n"
    said = "\n".join(check(parse(text)))
    assert "Immediate: exact readings only" in said
    assert "misread plates may cost" not in said
    standards = "\n".join(check(standard()))
    assert "High: misread plates may cost 5 false alerts a day." in standards
