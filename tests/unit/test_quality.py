"""The harness that measures the engine: what it draws, the simpler rules, and a small run."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from defusedxml import ElementTree
from rapidfuzz.distance import OSA, Levenshtein
from typer.testing import CliRunner

from bolo.cli import app
from domain.errors import BadInput
from matchers.facts import facts_of_entries
from quality import counting, noise, plates
from quality.bench import Bench, Plan, planned
from quality.cases import cases_of, draw_round
from quality.curve import svg
from quality.generating import UNKNOWN, draw, vehicle_keys
from quality.innocents import draw_innocents
from quality.listed import FLOOR, Lexicon, WatchEntries, facts_of, reads
from quality.measuring import measure
from quality.mixing import mixed
from quality.pairs import load
from quality.report import lines
from quality.results import Result
from quality.rules import RULES, near_pairs, one_edit, one_equivalent
from quality.statistics import Rate, Sweep, wilson
from quality.texts import codes, keys, texts
from quality.training import FOLDER, shared
from quality.without import VARIANTS

RULE = {rule.name: rule for rule in RULES}
TRUTH_READ = [
    ("ABC1234", "A8C1234"), ("KLM5678", "KLM567B"), ("7ABC123", "7ABC12"), ("HJK902", "1HJK902"),
    ("482KTB", "42BKTB"), ("XYZ1029", "XYZ1929"), ("BDT719", "BDT219"), ("GHT0042", "GHT0O42"),
]  # fmt: skip


def write(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def pairs_file(tmp_path: Path) -> Path:
    return write(tmp_path / "pairs.csv", "truth,read", *(f"{t},{r}" for t, r in TRUTH_READ))


def silent(_: str) -> None:
    """Say nothing."""


def plan_of(path: Path, **changes: object) -> Plan:
    known: dict[str, object] = {
        "entries": 2_000, "seed": 5, "innocents": 4_000, "budgets": (50.0, 500.0), "evidence": (),
    }  # fmt: skip
    return planned(load(path), **(known | changes))  # type: ignore[arg-type]


def rng() -> np.random.Generator:
    return np.random.default_rng(3)


# --- texts and the simpler rules ---


def test_texts_become_codes_and_come_back() -> None:
    some = ["A", "ABC1234", "0123456789", "ZZZ"]
    assert texts(codes(some)) == some
    assert len(set(keys(codes(some)).tolist())) == len(some)


@pytest.mark.parametrize(
    ("plate", "hits"), [("ABC123", True), ("A8C123", True), ("ABC1Z3", True), ("ABCI23", True),
                        ("A8CIZ3", False), ("ABX123", False), ("ABC12", False)],
)  # fmt: skip
def test_one_ocr_equivalent_is_what_the_guide_documents(plate: str, hits: bool) -> None:
    assert one_equivalent(codes(["ABC123"]), codes([plate])).tolist() == [hits]


def test_short_plates_have_no_equivalents() -> None:
    assert one_equivalent(codes(["AB12"]), codes(["A812"])).tolist() == [False]
    assert one_equivalent(codes(["AB12"]), codes(["AB12"])).tolist() == [True]


def test_pairs_within_one_edit_are_those_of_a_slow_search() -> None:
    few = np.array([1, 2, 11, 12], dtype=np.uint8)  # 0, 1, A, B: many are near
    made = few[rng().integers(4, size=(400, 10))]
    made *= np.arange(10) < rng().integers(1, 8, size=400)[:, None]
    some, other = made[:250], np.roll(made, 90, axis=0)[:300]
    at, row = near_pairs(some, other)
    slow = {
        (a, b)
        for a, one in enumerate(texts(some))
        for b, two in enumerate(texts(other))
        if Levenshtein.distance(one, two) <= 1
    }
    assert set(zip(at.tolist(), row.tolist(), strict=True)) == slow
    assert len(slow) > 300
    assert one_edit(some[at], other[row]).all()


def test_a_state_objects_only_when_both_are_known() -> None:
    rule = RULE["OCR-equivalent 1, with state"]
    same = codes(["ABC123"] * 4)
    said = rule.alerts(same, same, np.array([1, 1, -1, 1]), np.array([1, 2, 2, -1]))
    assert said.tolist() == [True, False, True, True]


# --- what is drawn ---


def test_drawn_facts_are_those_of_the_entries() -> None:
    some = draw(300, rng())
    some.makes[:20], some.colors[10:30], some.states[5:15] = UNKNOWN, UNKNOWN, UNKNOWN
    lexicon = Lexicon.standard()
    slow, categories = facts_of_entries(WatchEntries(some, lexicon))
    assert (facts_of(some, lexicon) == slow).all()
    assert categories == ("stolen-vehicle",)


def test_no_innocent_holds_an_entry_s_plate_and_state() -> None:
    wanted = draw(5_000, rng())
    wanted.plates[:, 3:] = 0  # three characters: half of what is drawn would collide
    wanted.states[:2_500] = plates.STATES.index("CA")
    some = draw_innocents(3_000, wanted, noise.generic(), (), [3])
    held = set(vehicle_keys(wanted).tolist())
    assert held.isdisjoint(vehicle_keys(some.true).tolist())
    read = np.array(some.seen.texts)
    assert (some.misread == (read != np.array(texts(some.true.plates)))).all()
    assert abs(some.misread.mean() - noise.MISREAD) < 0.03


def test_innocents_have_none_of_an_entry_s_plate_when_its_state_is_not_known() -> None:
    wanted = draw(3_000, rng())
    again = draw(3_000, rng())  # the same draw
    wanted.states[:] = UNKNOWN
    assert (keys(wanted.plates) == keys(again.plates)).all()
    some = draw_innocents(3_000, wanted, noise.generic(), (), [3])
    assert set(keys(wanted.plates).tolist()).isdisjoint(keys(some.true.plates).tolist())


def test_cameras_are_as_often_wrong_as_they_are_said_to_be() -> None:
    some = draw_innocents(20_000, draw(1_000, rng()), noise.generic(), (), [4])
    true, seen = some.true, some.seen
    for share, one, other in (
        (noise.STATE_WRONG, true.states, seen.states), (noise.MAKE_WRONG, true.makes, seen.makes),
        (noise.COLOR_WRONG, true.colors, seen.colors), (noise.BODY_WRONG, true.bodies, seen.bodies),
    ):  # fmt: skip
        assert abs((one != other).mean() - share) < 0.01


@pytest.mark.parametrize(
    ("kind", "longer"),
    [("drop", -1), ("addition", 1), ("look-alike", 0), ("any", 0), ("substitution", 0)],
)
def test_a_damage_is_one_edit(kind: str, longer: int) -> None:
    errors = noise.generic()
    for seed in range(60):
        wrong = errors.damaged("KLM5678", kind, np.random.default_rng(seed))
        assert len(wrong) == 7 + longer
        assert Levenshtein.distance("KLM5678", wrong) == 1


def test_a_cut_takes_two_from_an_end_and_happens_as_often_as_it_is_said_to() -> None:
    errors, chance = noise.generic(), np.random.default_rng(2)
    cut = {errors.damaged("KLM5678", "cut", chance) for _ in range(60)}
    assert cut == {"M5678", "KLM56"}
    as_one = {errors.damaged("KLM5678", "two as one", chance) for _ in range(60)}
    assert {len(text) for text in as_one} == {6}
    assert all(text[1:] == "M5678" or text[:-1] == "KLM56" for text in as_one)
    several = [errors.misread("KLM5678", chance) for _ in range(4_000)]
    assert abs(np.mean([text in cut for text in several]) - noise.CUT) < 0.02
    assert len(errors.damaged("KLM5", "drop", chance)) == 3
    assert not {"M5", "KL"} & {errors.misread("KLM5", chance) for _ in range(400)}


def test_a_swap_turns_two_neighbors_and_a_misread_is_never_the_truth() -> None:
    errors = noise.generic()
    swapped = {errors.damaged("ABCD", "swap", np.random.default_rng(s)) for s in range(60)}
    assert swapped == {"BACD", "ACBD", "ABDC", "ABCD"}
    assert all(errors.misread("AA11", np.random.default_rng(s)) != "AA11" for s in range(300))


# --- a file of pairs ---


def test_a_file_s_own_columns_are_taken_as_they_are(tmp_path: Path) -> None:
    path = write(
        tmp_path / "all.csv",
        "\ufefftruth,Read,state_truth,state_read,confidence,candidates,make_truth,make_read,"
        "colour_truth,color_read,body_truth,body_read,remark",
        'abc-123,A8C123,Kansas,ne,0.7,ABC123:0.2|ABC128,TOYT,Toyota,SIL,gray,4D,sedan,"x, y"',
        "XYZ777,XYZ777,KS,KS,,,,,,,,,",
        "KLM222,,KS,KS,,,,,,,,,",
        "KLM222,KLM22Z,KS,,,,Zeta,,,blue,,,",
    )
    pairs = load(path)
    first, second = pairs.misread
    assert (first.truth, first.read, first.line) == ("ABC123", "A8C123", 2)
    assert (len(pairs.exact), pairs.unread) == (1, 1)
    assert [text for text, _ in first.candidates] == ["ABC123", "ABC128"]
    cases = cases_of(pairs.misread, pairs.columns)
    drawn = draw_round(cases, rng())
    entries = WatchEntries(drawn.wanted, cases.lexicon)
    assert (facts_of(drawn.wanted, cases.lexicon) == facts_of_entries(entries)[0]).all()
    entry = entries[0]
    assert (entry.plate, entry.state, entry.make, entry.color, entry.style) == (
        "ABC123", "KS", "TOYT", "SIL", "4D",
    )  # fmt: skip
    every = frozenset(("state", "make", "color", "body", "confidence", "candidates"))
    read, other = reads(drawn.seen, cases.lexicon, every, 0, 2)
    assert (read.plate, read.state, read.confidence) == ("A8C123", "NB", 0.7)
    assert read.candidates[0].confidence == 0.2
    assert read.candidates[1].confidence is None
    assert read.vehicle is not None
    assert [read.vehicle.make[0].value, read.vehicle.color[0].value] == ["Toyota", "gray"]
    assert other.state == ""
    assert other.vehicle is not None
    assert other.vehicle.make == ()
    assert entries[1].make == "Zeta"
    (blank,) = reads(drawn.seen, cases.lexicon, frozenset(("plate",)), 0, 1)
    assert (blank.state, blank.vehicle, blank.confidence, blank.candidates) == ("", None, None, ())
    assert second.said["make_truth"] == "Zeta"


def test_a_missing_state_is_one_whose_plates_look_like_the_truth(pairs_file: Path) -> None:
    pairs = load(pairs_file)
    drawn = [draw_round(cases_of(pairs.misread, pairs.columns), rng()) for _ in range(3)]
    at = [p.truth for p in pairs.misread].index("7ABC123")
    assert {plates.STATES[r.wanted.states[at]] for r in drawn} == {"CA"}


def test_pairs_that_were_learned_from_are_counted(pairs_file: Path, tmp_path: Path) -> None:
    pairs = load(pairs_file)
    assert shared(pairs, tmp_path) is None
    first, second = TRUTH_READ[:2]
    rows = [",".join(first), ",".join(second), "QQQ111,QQQ11I"]
    write(tmp_path / "training.csv", "truth,read", *rows)
    assert shared(pairs, tmp_path) == 2


def test_the_test_pairs_of_the_repository_were_not_learned_from() -> None:
    here = FOLDER / "pairs.csv"
    if not here.exists():
        pytest.skip("the test pairs are not in this checkout")
    assert shared(load(here)) in {0, None}


def test_pairs_of_one_truth_described_alike_are_one_entry(tmp_path: Path) -> None:
    rows = ["truth,read,make_truth", "ABC123,A8C123,FORD", "ABC123,ABC12,FORD", "ABC123,X,KIA"]
    pairs = load(write(tmp_path / "p.csv", *rows))
    assert cases_of(pairs.misread, pairs.columns).entry_of.tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["plate,read", "A,B"], "line 1: no column 'truth'"),
        (["truth,read,truth", "A,B,C"], "line 1: two columns 'truth'"),
        (["truth,read"], "has no pairs"),
        (["truth,read", "ABC,AB8", "ABC"], "line 3: 1 cells, the first line has 2"),
        (["truth,read", "ABC,AB8", "UNKNOWN,AB8"], "line 3, truth: UNKNOWN says that there is no"),
        (["truth,read", "--,AB8"], "line 2, truth: has no letter or digit"),
        (["truth,read,state_read", "ABC,AB8,Q9"], "line 2, state_read: 'Q9' is no NCIC state"),
        (["truth,read,confidence", "ABC,AB8,930"], "line 2, confidence: '930' is no number"),
        (
            ["truth,read,confidence", "A1,AI,.9", "A2,AZ,.8", "A3,AE,7"],
            "line 4, confidence: 7 is no number from 0 to 1, as most others are; divide per cents",
        ),
        (["truth,read,truth_make,make-truth", "A,B,C,D"], "line 1: two columns 'make_truth'"),
        (["truth,read", "ABC,AB8,9"], "line 2: 3 cells, the first line has 2"),
        (["truth,read,candidates", "ABC,AB8,ABC:x"], "line 2, candidates: 'x' is no number"),
        (["truth,read", '"ABC,AB8'], "line 2: is no CSV"),
    ],
)
def test_a_bad_file_is_told_with_its_line(rows: list[str], said: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput) as bad:
        load(write(tmp_path / "bad.csv", *rows))
    assert said in str(bad.value)


def test_a_file_that_is_not_there_or_not_utf8_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        load(tmp_path / "none.csv")
    (tmp_path / "latin.csv").write_bytes("truth,read\nÄBC,1\n".encode("latin-1"))
    with pytest.raises(BadInput, match="save it as UTF-8"):
        load(tmp_path / "latin.csv")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"entries": 10}, "--entries: is from 1,000"),
        ({"budgets": (5.0,)}, "needs --innocents 20,000 or more"),
        ({"budgets": (0.01,)}, "needs --innocents 10,000,000 or more"),
        ({"budgets": (0.0,)}, "--budget: is a number above 0, 0 is none"),
        ({"budgets": (float("nan"),)}, "--budget: is a number above 0, nan is none"),
        ({"budgets": (float("inf"),)}, "--budget: is a number above 0, inf is none"),
        ({"evidence": ("plate", "smell")}, "'smell' is none of plate"),
        ({"evidence": ("candidates",)}, "has no column 'candidates'"),
    ],
)
def test_a_plan_that_cannot_be_run_is_told(
    changes: dict[str, object], said: str, pairs_file: Path
) -> None:
    with pytest.raises(BadInput) as bad:
        plan_of(pairs_file, **changes)
    assert said in str(bad.value)


# --- a small run ---


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder = tmp_path_factory.mktemp("quality")
    path = write(folder / "pairs.csv", "truth,read", *(f"{t},{r}" for t, r in TRUTH_READ))
    return measure(plan_of(path), silent)


def test_a_run_has_every_rule_every_step_and_every_budget(result: Result) -> None:
    assert [r.name for r in result.rules] == [r.name for r in RULES]
    assert [s.name for s in result.steps] == ["plate", "+ state", "+ make", "+ color", "+ body"]
    assert all([a.budget for a in s.at] == [50.0, 500.0] for s in result.steps)
    assert result.evidence == ("plate", "state", "make", "color", "body")
    assert (result.entries, result.innocents, result.rounds) == (2_000, 4_000, 20)
    for step in (*result.steps, *result.without):
        assert all(a.result.false_alerts <= a.budget for a in step.at)
        assert step.at[0].result.found <= step.at[1].result.found
    assert 0 < result.candidate_recall <= 1
    assert "all but the plate series" in [s.name for s in result.without]


def test_the_simpler_rules_find_what_they_must(result: Result) -> None:
    found = {r.name: r.result.found for r in result.rules}
    assert found["exact"] == 0
    assert found["OCR-equivalent 1"] == 3 / 8  # 8 for B twice, O for 0
    assert found["edit distance 1"] == 7 / 8  # all but the swap
    assert found["edit distance 1, with state"] < found["edit distance 1"]


def test_exact_reads_of_wanted_plates_are_never_lost(result: Result) -> None:
    assert result.exact.reads == 2_000
    assert (result.exact.lost, result.exact.contradicted_lost) == (0, 0)


def test_the_same_seed_gives_the_same_numbers_and_another_one_others(
    result: Result, pairs_file: Path
) -> None:
    def numbers(one: Result) -> dict[str, object]:
        return {key: value for key, value in one.as_json().items() if key != "seconds"}

    assert numbers(measure(plan_of(pairs_file), silent)) == numbers(result)
    assert numbers(measure(plan_of(pairs_file, seed=6), silent)) != numbers(result)


def test_what_is_blanked_changes_nothing_else(result: Result, pairs_file: Path) -> None:
    fewer = measure(plan_of(pairs_file, evidence=("plate", "state")), silent)
    assert fewer.steps == result.steps[:2]
    assert [r.result for r in fewer.rules] == [r.result for r in result.rules]


def test_the_score_without_a_part_is_a_run_without_it(pairs_file: Path) -> None:
    whole = Bench(plan_of(pairs_file), silent)
    everything = whole.plan.evidence
    body = next(n for n, v in enumerate(VARIANTS, start=1) if v.name == "all but body")
    subtracted = whole.sweeps(everything, VARIANTS)[0][body]
    blanked = whole.sweeps(everything[:-1])[0][0]
    both = np.isfinite(subtracted.wanted) & np.isfinite(blanked.wanted)
    assert both.mean() > 0.5
    assert np.allclose(subtracted.wanted[both], blanked.wanted[both], atol=0.002)


def test_the_report_and_the_picture_can_be_read(result: Result) -> None:
    said = "\n".join(lines(result))
    for words in (
        "OCR-equivalent 1, with state",
        "What earned what",
        "no worse than",
        "Seed 5",
        "0 of 2,000 lost",
    ):
        assert words in said
    picture = ElementTree.fromstring(svg(result))
    assert picture.tag.endswith("svg")
    assert len(list(picture.iter("{http://www.w3.org/2000/svg}circle"))) == 4


def test_a_threshold_below_the_floor_is_the_floor() -> None:
    """Exact texts score below it, too; nothing else there was looked at."""
    scores = np.array([5.0, -3.0, -14.0, -15.0] + [-np.inf] * 96)
    sweep = Sweep(np.array([[1.0], [-9.0]]), scores)
    exact = scores < -10
    made = counting.step("all", ("plate",), sweep, exact, (1000.0, 2000.0, 50_000.0), 1)
    assert [at.threshold for at in made.at] == [-3.0, FLOOR, FLOOR]


def test_nine_of_nine_is_not_told_as_certain() -> None:
    sweep = Sweep(np.full((9, 20), 3.0), np.linspace(-9, 0, 1_000))
    share = sweep.share(5, 1)
    assert share.found == 1.0
    assert 0.10 < share.plus_minus < 0.20


def test_a_sweep_counts_from_the_highest_score() -> None:
    sweep = Sweep(np.array([[5.0, 1.0], [-np.inf, 3.0]]), np.array([4.0, 2.0, 0.0, -np.inf]))
    assert [sweep.found(sweep.threshold(n)) for n in range(4)] == [0.25, 0.5, 0.75, 0.75]
    assert [sweep.rate(sweep.threshold(n)).alerts for n in range(4)] == [0, 1, 2, 3]
    low, high = wilson(5, 100)
    assert (round(low, 4), round(high, 4)) == (0.0215, 0.1118)  # Wilson 1927, worked by hand
    assert Rate(5, 100_000).per == pytest.approx(5)


# --- the command ---


def test_the_command_prints_json_and_writes_the_picture(pairs_file: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app,
        ["match", "evaluate", "--pairs", str(pairs_file), "--entries", "1000", "--seed", "2",
         "--budget", "100", "--innocents", "1000", "--curve", str(tmp_path / "c.svg"), "--json",
         "--evidence", "plate,state,make,color"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["engine"][0]["budget"] == 100
    at = found["steps"][-1]["at"][0]
    assert found["engine"][0]["found"] == at["result"]["found"]
    assert found["engine"][0]["false_alerts_per_100000"] == at["result"]["false_alerts"] <= 100
    assert found["engine"][0]["exact_texts_besides_per_100000"] == at["exact_shown"]
    assert found["evidence"] == ["plate", "state", "make", "color"]
    assert (tmp_path / "c.svg").read_text().startswith("<svg")
    assert "Drawing 1,000 entries" in done.stderr


def test_the_command_says_what_is_wrong_in_one_line(tmp_path: Path) -> None:
    bad = write(tmp_path / "bad.csv", "truth,read", "ABC123,A8C123", "ABC123")
    done = CliRunner().invoke(app, ["match", "evaluate", "--pairs", str(bad)])
    assert done.exit_code == 1
    assert (
        done.stderr
        == "bolo: bad.csv line 3: 1 cells, the first line has 2; quote cells with commas\n"
    )


def test_a_picture_without_a_place_is_told_before_the_run(pairs_file: Path, tmp_path: Path) -> None:
    away = tmp_path / "none" / "c.svg"
    done = CliRunner().invoke(
        app, ["match", "evaluate", "--pairs", str(pairs_file), "--curve", str(away)]
    )
    assert done.exit_code == 1
    assert done.stderr == f"bolo: --curve: {away.parent} is no folder; make it first\n"


def test_the_help_names_every_column() -> None:
    said = CliRunner().invoke(app, ["match", "evaluate", "--help"]).stdout
    for column in ("truth", "state_read", "candidates", "make_truth", "colour_truth", "body_read"):
        assert column in said
    for key in ("found", "found_plus_minus", "false_alerts_per_100000", "threshold"):
        assert f" {key} " in said
    assert "exact_texts_besides_per_100000" in said


def test_odd_but_clear_files_are_read(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    rows = (
        "\ufeff", "", " Truth,READ ,Note", "", "abc-1234,a8c 1234,\"one\x0btwo\u2028three\"", " ",
        ",,", "KLM 5678,UNKNOWN,x\x85y", "KLM5678,---,", "KLM5678,,", "klm5678,klm567b,", "A1,A1,",
    )  # fmt: skip
    path.write_bytes("\r\n".join(rows).encode())
    pairs = load(path)
    assert [(p.truth, p.read) for p in pairs.misread] == [
        ("ABC1234", "A8C1234"), ("KLM5678", "KLM567B"),
    ]  # fmt: skip
    assert (len(pairs.exact), pairs.unread) == (1, 3)


def test_confidences_and_candidates_of_a_file_are_given_to_innocents_as_well(
    tmp_path: Path,
) -> None:
    path = tmp_path / "sure.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["truth", "read", "confidence", "candidates"])
        rows.writerows([t, r, 0.6, f"{t}:0.3|ZZZ999:0.1"] for t, r in TRUTH_READ)
    bench = Bench(plan_of(path), silent)
    assert bench.plan.evidence[-2:] == ("confidence", "candidates")
    seen = bench.innocents.seen
    assert np.isfinite(seen.sure["plate"]).all()
    truths = texts(bench.innocents.true.plates)
    offered = [
        truth in [value for value, _ in some]
        for truth, some, wrong in zip(truths, seen.candidates, bench.innocents.misread, strict=True)
        if wrong
    ]
    assert np.mean(offered) > 0.95
    assert all(
        text not in [v for v, _ in c] for text, c in zip(seen.texts, seen.candidates, strict=True)
    )


def test_a_mix_has_the_shares_that_were_asked_for() -> None:
    rows = [{"truth": "ABC123", "read": r} for r in ("ABC12", "ABC124", "ABC1", "A1", "XBC124")]
    found = mixed(rows, (50, 25, 25), 4, 1)
    assert sorted(OSA.distance("ABC123", r["read"]) for r in found) == [1, 1, 2, 4]
    with pytest.raises(ValueError, match="the file has 2"):
        mixed(rows, (100, 0, 0), 3, 1)
