"""A slip is scored by when it was due, and what is measured apart counts nowhere else."""

from dataclasses import replace

import pytest

from posturecore.coach import DOUBTED, OUTCOMES
from trunkline.evaluate import pick, summary, truth
from trunkline.evaluate.claims import claims
from trunkline.evaluate.score import run_day, score


@pytest.fixture(scope="module")
def slipped():
    return run_day(*pick(["slipped T4"]), 3, 30.0)


def test_a_slip_is_due_when_the_case_stands_far_off_for_an_hour(slipped):
    (slip,) = slipped[0].truth.of_kind("strap_slip")
    assert truth.slipped_s(slipped[0]) == slip.end_s
    real = slipped[0].truth
    end = round((slip.end_s + 3000) * slipped[0].recording.rate_hz)
    cut = {name: getattr(real, name)[:end] for name in ("flexion_deg", "lateral_deg", "up")}
    assert truth.slipped_s(replace(slipped[0], truth=replace(real, **cut))) is None


def test_a_crooked_case_that_stays_where_it_is_has_not_slipped():
    case = pick(["desk_hour crooked"])[0]
    outcome = score(case, 1, *run_day(case, 1, 30.0))
    assert (outcome.slipped_s, outcome.slip_told_s) == (None, None)


def test_a_slip_is_scored_as_told_missed_or_false(slipped):
    case, firm = pick(["slipped T4"])[0], pick(["sofa T4"])[0]
    told = score(case, 3, *slipped)
    assert told.slip_told_s > told.slipped_s
    missed = replace(told, slip_told_s=None)
    assert summary.slips_told([told, missed]).value == 0.5
    false = replace(told, case=firm.name, slipped_s=None, hours=dict.fromkeys(told.hours, 1.0))
    cases = {each.name: each for each in (case, firm)}
    found = {claim.what: claim.found for claim in claims(cases, [told, false], [])}
    worn_h = len(summary.ON_BACK)
    assert found["slips of 10° or more are told by the end"].value == 1.0
    assert found["slips told where none is, per 8 hours worn"].value == pytest.approx(8 / worn_h)


def test_what_is_measured_apart_counts_in_no_other_claim(slipped):
    case = pick(["slipped T4"])[0]
    apart = score(case, 3, *slipped)
    assert apart.false_alerts
    found = {claim.what: claim for claim in claims({case.name: case}, [apart], [])}
    assert not found["false alerts per worn hour"].is_measured
    assert not found["bends, F1"].is_measured
    assert sum(apart.transitions["sit-to-stand"]) > 0
    assert not found["sit-to-stands, F1"].is_measured


def test_what_is_held_back_in_doubt_neither_alerts_nor_finds(slipped):
    case = pick(["slipped T4"])[0]
    day, analysis = slipped
    plain = score(case, 3, day, analysis)
    assert plain.alerts
    assert any(each.delay_s is not None for each in plain.slouched)
    told = tuple(replace(cue, outcome=OUTCOMES[DOUBTED]) for cue in analysis.cues)
    doubted = score(case, 3, day, replace(analysis, cues=told))
    assert (doubted.alerts, doubted.false_alerts, doubted.alerted_minutes) == (0, (), 0)
    assert [each.delay_s for each in doubted.slouched] == [None] * len(plain.slouched)


def test_a_slouch_that_goes_beyond_doubt_is_found_then(slipped):
    case = pick(["slipped T4"])[0]
    day, analysis = slipped
    plain = score(case, 3, day, analysis)
    first = next(k for k, cue in enumerate(analysis.cues) if cue.reason == "slouch")
    cues = list(analysis.cues)
    later_s = (cues[first + 1].block - cues[first].block) / truth.BLOCKS_PER_S
    cues[first] = replace(cues[first], outcome=OUTCOMES[DOUBTED])
    late = score(case, 3, day, replace(analysis, cues=tuple(cues)))
    assert late.slouched[0].delay_s - plain.slouched[0].delay_s == pytest.approx(later_s, abs=0.2)
