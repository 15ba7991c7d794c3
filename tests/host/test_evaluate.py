"""The evaluation finds what is right, and what is wrong; it cannot do otherwise."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from posturecore import params
from posturecore.context import CHANGING, OFF_BODY, STILL, WALKING
from trunkline import analyze
from trunkline.cli import app
from trunkline.decide.analysis import Cue
from trunkline.errors import InputError
from trunkline.evaluate import (
    HELD_OUT_SEEDS,
    SEEDS,
    Case,
    choose_seeds,
    claims_of,
    clips,
    corpus,
    evaluate,
    pick,
    summary,
    truth,
)
from trunkline.evaluate.intervals import poisson, wilson
from trunkline.evaluate.outcome import Lift
from trunkline.evaluate.page import refreshed
from trunkline.evaluate.score import run_day, score
from trunkline.evaluate.tables import Table, provenance
from trunkline.evaluate.truth import Blocks

ROOT = Path(__file__).parents[2]
DESK = Case("desk", "desk_hour")


@pytest.fixture(scope="module")
def desk():
    return run_day(DESK, 1, 25.0)


@pytest.fixture(scope="module")
def sample():
    """A small share of the corpus that holds every kind of event."""
    cases = pick(["desk_hour T4", "warehouse T4", "off_body strict", "sofa T4"])
    return evaluate(cases, choose_seeds(1), 30.0, workers=1)


def leaned(day, degrees):
    """Judge a day from a neutral pose that is off by so much flexion."""
    angle = np.radians(degrees)
    return analyze(day.recording, neutral=[np.cos(angle), 0.0, -np.sin(angle)])


def blocks(*parts):
    """Make truth of (seconds, flexion, context)."""
    flexion = np.concatenate([np.full(round(10 * s), float(deg)) for s, deg, _ in parts])
    context = np.concatenate([np.full(round(10 * s), code, np.uint8) for s, _, code in parts])
    return Blocks(flexion, context)


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [(10, 10, 0.7225, 1.0), (0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (0, 0, 0.0, 1.0)],
)
def test_wilson_is_the_published_interval(hits, trials, low, high):
    assert wilson(hits, trials) == pytest.approx((low, high), abs=1e-4)


@pytest.mark.parametrize(
    ("count", "low", "high"), [(0, 0.0, 3.6889), (1, 0.0253, 5.5716), (10, 4.7954, 18.3904)]
)
def test_poisson_is_the_published_interval(count, low, high):
    assert poisson(count, 2.0) == pytest.approx((low / 2, high / 2), abs=1e-3)


def test_auc_is_the_share_of_pairs_in_order():
    scores = {"stoop": [0.9, 0.0, -0.2, 0.5], "squat": [-0.9, 0.0, 0.5]}
    among = [Lift(kind, "", value) for kind in scores for value in scores[kind]]
    pairs = [(a > b) + (a == b) / 2 for a in scores["stoop"] for b in scores["squat"]]
    assert summary.auc(among).value == pytest.approx(np.mean(pairs))


@pytest.mark.parametrize(
    ("parts", "due"),
    [
        pytest.param([(5, 0, STILL), (61, 13, STILL), (5, 0, STILL)], 1, id="a minute over"),
        pytest.param([(5, 0, STILL), (59, 13, STILL), (5, 0, STILL)], 0, id="less than a minute"),
        pytest.param([(40, 13, STILL), (1, 5, STILL), (40, 13, STILL)], 1, id="a moment up"),
        pytest.param([(40, 13, STILL), (3, 5, STILL), (40, 13, STILL)], 0, id="up for longer"),
        pytest.param([(90, 13, WALKING)], 0, id="walking bent"),
        pytest.param([(40, 13, STILL), (30, 13, CHANGING)], 0, id="half of it in movement"),
    ],
)
def test_a_slouch_is_due_after_a_minute_over_the_angle(parts, due):
    assert len(truth.slouches(blocks(*parts), params.defaults())) == due


def test_an_alert_may_last_until_the_back_is_under_the_lower_angle():
    may = truth.allowed(
        blocks((10, 9, STILL), (10, 13, STILL), (10, 9, STILL), (10, 4, STILL)), params.defaults()
    )
    assert may[150]
    assert may[250]
    assert not may[350]


def test_a_peak_at_the_limit_is_neither_missed_nor_false():
    day = blocks((5, 0, STILL), (3, 41, STILL), (5, 0, STILL), (3, 60, STILL), (5, 0, STILL))
    assert [bend.is_border for bend in truth.bends(day, params.defaults())] == [True, False]


def test_a_good_decision_scores_well(desk):
    outcome = score(DESK, 1, *desk)
    assert outcome.slouched
    assert all(each.delay_s is not None for each in outcome.slouched)
    assert all(-0.5 < each.delay_s < 5 for each in outcome.slouched)
    assert outcome.false_alerts == ()
    assert outcome.alerted_minutes == 0
    assert outcome.quiet_minutes > 5


def test_a_neutral_that_is_off_costs_false_alerts(desk):
    outcome = score(DESK, 1, desk[0], leaned(desk[0], -15))
    assert len(outcome.false_alerts) > 3
    assert outcome.alerted_minutes > 3
    assert {alert.context for alert in outcome.false_alerts} <= {"upright-still", "changing"}


def test_a_neutral_that_hides_slouches_costs_sensitivity(desk):
    outcome = score(DESK, 1, desk[0], leaned(desk[0], 15))
    assert [each.delay_s for each in outcome.slouched] == [None] * len(outcome.slouched)


def test_a_bend_that_is_logged_twice_or_not_at_all_is_an_error():
    case = Case("lifts", "warehouse")
    day, analysis = run_day(case, 1, 10.0)
    found, missed, false = score(case, 1, day, analysis).bends
    assert found > 10
    assert (missed, false) == (0, 0)
    none = replace(analysis, bends=())
    assert score(case, 1, day, none).bends == (0, found, 0)
    twice = replace(analysis, bends=analysis.bends * 2)
    assert score(case, 1, day, twice).bends == (found, 0, len(analysis.bends))


def test_a_transition_that_is_told_twice_or_not_at_all_is_an_error():
    case = Case("seats", "therapy")
    day, analysis = run_day(case, 1, 15.0)
    found, missed, false = score(case, 1, day, analysis).transitions["sit-to-stand"]
    assert found > 5
    assert (missed, false) == (0, 0)
    none = score(case, 1, day, replace(analysis, transitions=()))
    assert none.transitions["sit-to-stand"] == (0, found, 0)
    twice = score(case, 1, day, replace(analysis, transitions=analysis.transitions * 2))
    assert twice.transitions["sit-to-stand"] == (found, 0, found)
    assert summary.transition_f1([none], "sit-to-stand").value == 0
    assert summary.transition_f1([twice], "sit-to-stand").value == pytest.approx(2 / 3)


def test_the_sample_meets_its_claims(sample):
    found = {claim.what: claim for claim in claims_of(sample) if claim.is_measured}
    for name in (
        "slouches of 60 s or more over the angle are found",
        "false alerts per worn hour",
        "alerts per hour, walking",
        "alerts per hour, bending",
        "alerts per hour, reclined",
        "bends, F1",
        "sit-to-stands, F1",
        "stand-to-sits, F1",
        "stoop or squat, AUC, firm and straight",
    ):
        assert found[name].is_met, found[name]


def test_a_bag_is_never_told_to_sit_up():
    ran = evaluate(pick(["in_bag T4", "in_bag strict"]), choose_seeds(1), 30.0, workers=1)
    assert summary.hours(ran.outcomes, "off-body") > 0.7
    assert [run.false_alerts for run in ran.outcomes] == [(), ()]


@pytest.mark.parametrize(
    ("context", "is_false"), [("off-body", True), ("upright-still", True), ("slouched", False)]
)
def test_an_alert_is_false_where_nobody_slouches(context, is_false):
    case = Case("table", "off_body")
    day, analysis = run_day(case, 1, 30.0)
    truths = Blocks.of(day)
    at = {
        "off-body": np.flatnonzero(truths.context == OFF_BODY)[1000],
        "upright-still": 40,
        "slouched": truth.slouches(truths, analysis.settings)[0][0] + 650,
    }[context]
    cue = Cue(at_s=at / 10, block=int(at), reason="slouch", pattern="slouched", outcome="felt")
    alerted = replace(analysis, cues=(cue,))
    assert len(score(case, 1, day, alerted).false_alerts) == is_false


def test_the_corpus_is_large_and_its_names_are_unique():
    names = [case.name for case in corpus()]
    assert len(names) == len(set(names)) >= 50
    assert {case.placement for case in corpus()} == set(params.PLACEMENTS)
    assert {case.rule for case in corpus()} == {"default", "strict", "dose", "far", "apart"}


def test_twenty_seeds_hold_the_three_that_nothing_is_tuned_on():
    assert len(choose_seeds(20)) == 20
    assert set(HELD_OUT_SEEDS) <= set(choose_seeds(20))
    assert not set(HELD_OUT_SEEDS) & set(SEEDS)
    mentions = [
        path.name
        for folder in ("tests", "host", "firmware", "docs")
        for path in (ROOT / folder).rglob("*.py")
        if f"{HELD_OUT_SEEDS[0]}" in path.read_text("utf-8")
    ]
    assert mentions == ["corpus.py"]


def test_what_there_was_no_time_for_is_said():
    evaluation = evaluate(pick(["therapy T4"]), (1, 2, 3), 2.0, workers=1, budget_s=0.0)
    assert evaluation.left_out_seeds == (2, 3)
    assert "left out for lack of time 2, 3" in provenance(evaluation)


def test_processes_and_one_process_agree():
    cases = pick(["therapy strict", "in_bag strict"])
    one, two = (evaluate(cases, (1,), 3.0, workers=workers) for workers in (1, 2))
    assert one.outcomes == two.outcomes


def test_a_page_keeps_its_prose():
    mark = "<!-- table: {} -->\nold\n<!-- end -->\n"
    page = "Before.\n" + mark.format("bends") + "After.\n" + mark.format("another")
    table = Table("bends", ("a",), (("1",),))
    once = refreshed(page, [table], "told")
    assert once == page.replace("old\n", "| a |\n| --- |\n| 1 |\n", 1)
    assert refreshed(once, [table], "told") == once


def test_nobody_is_alerted_while_the_reference_walks():
    rows = {what: found for _, what, found in clips.table(None).rows}
    assert rows["slouch alerts while the reference walks"].startswith("0 in 24 runs")
    assert float(rows["walking by the second, F1 (target ≥ 0.85)"]) >= 0.85


def test_the_seats_of_the_clip_that_comes_along_are_counted():
    rows = {what: found for _, what, found in clips.table(None).rows}
    seats = rows["transitions (no reference; read off the signal: 2 and 2)"]
    assert seats == "2 sit-to-stands and 2 stand-to-sits"


def test_the_command_writes_a_page_pictures_and_json(tmp_path):
    wanted = ["evaluate", "--seeds", "1", "--scenarios", "therapy T4 lifts", "--minutes", "8"]
    done = CliRunner().invoke(app, [*wanted, "--workers", "1", "--json", "-o", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["seeds"] == [1]
    page = (tmp_path / "validation.md").read_text("utf-8")
    assert "trunkline evaluate --seeds 1" in page
    assert "stoop or squat, AUC" in page
    pictures = sorted(path.name for path in (tmp_path / "img").iterdir())
    assert pictures == ["validation-alerts.png", "validation-detectors.png"]


def test_an_unknown_case_is_refused_with_those_there_are():
    with pytest.raises(InputError, match="in_bag T4"):
        pick(["on_the_moon"])


def test_a_folder_without_the_clips_is_refused(tmp_path):
    with pytest.raises(InputError, match="skdh_lumbar_gait"):
        clips.table(tmp_path)
