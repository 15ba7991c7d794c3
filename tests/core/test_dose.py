"""The dose rule: how far over the angle, added up, with a leak."""

import math

import pytest

from posturecore.decide import KIND_SLOUCH
from posturecore.slouch import GOOD, PROLONGED

from .worn import Worn, block, walking

DOSE = {"slouch_rule": 1, "slouch_entry_cdeg": 1000}


def blocks_until_prolonged(flexion_deg, limit=6000, **settings):
    worn = Worn(**{**DOSE, **settings})
    for count in range(1, limit):
        if worn.hold(flexion_deg, 1).decider.slouch_state == PROLONGED:
            return count
    return None


@pytest.mark.parametrize("excess_deg", [10, 18, 12.5, 6])
def test_a_constant_slouch_counts_when_the_formula_says(excess_deg):
    # D = e·τ·(1 - exp(-t/τ)) reaches D* at t = -τ·ln(1 - D*/(e·τ)).
    expected_s = -60 * math.log(1 - 300 / (excess_deg * 60))
    found = blocks_until_prolonged(10 + excess_deg)
    assert found / 10 == pytest.approx(expected_s, rel=0.01)


def test_a_little_too_much_never_counts():
    assert blocks_until_prolonged(14.9) is None


def test_good_posture_lets_the_dose_leak():
    worn = Worn(**DOSE).hold(19, 400).hold(0, 600).hold(19, 300)
    assert worn.episodes(KIND_SLOUCH) == []
    assert worn.decider.slouch_state != PROLONGED


def test_a_short_rest_forgives_little():
    rested = Worn(**DOSE).hold(19, 400).hold(0, 30).hold(19, 130)
    assert rested.decider.slouch_state == PROLONGED
    assert Worn(**DOSE).hold(19, 130).decider.slouch_state != PROLONGED


def test_walking_adds_nothing_to_the_dose():
    worn = Worn(**DOSE).feel(walking(3000, 30))
    assert worn.decider.slouch_state == GOOD
    assert worn.cues == []


def test_a_slouch_that_counted_starts_from_nothing_again():
    worn = Worn(**DOSE).hold(19, 500).hold(0, 20)
    assert len(worn.episodes(KIND_SLOUCH)) == 1
    assert worn.hold(19, 400).decider.slouch_state != PROLONGED


def test_at_l5_the_dose_counts_backward():
    settings = {"placement": 3, "slouch_entry_cdeg": 300, "slouch_hysteresis_cdeg": 100}
    assert blocks_until_prolonged(-13, **settings) == pytest.approx(416, abs=4)
    assert blocks_until_prolonged(13, **settings) is None


def test_a_slouch_says_which_share_of_it_was_over():
    worn = Worn(slouch_hold_s=5).feel([block(15)] * 40 + [block()] * 10 + [block(15)] * 30)
    (slouch,) = worn.hold(0, 20).episodes(KIND_SLOUCH)
    assert slouch[-1] == 100 * 70 // 80
