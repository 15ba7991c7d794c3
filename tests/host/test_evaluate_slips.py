"""A slip is scored by when it was due, and what is measured apart counts nowhere else."""

from dataclasses import replace

import pytest

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
