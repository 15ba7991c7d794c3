import pytest
from hypothesis import given
from hypothesis import strategies as st

from posturecore.frames import SETTINGS
from posturecore.params import (
    NAMES,
    PARAMS,
    PLACEMENTS,
    SLOUCH_SIGN,
    complete,
    defaults,
    fingerprint,
    problem,
)
from posturecore.wire import items_per_frame


def test_defaults_can_be_used():
    assert complete({}) == defaults()
    assert all(problem(name, value) == "" for name, value in defaults().items())


@pytest.mark.parametrize("row", PARAMS, ids=NAMES)
def test_a_row_says_what_it_means(row):
    name, default, low, high, _, meaning, source = row
    assert low <= default <= high
    assert meaning
    assert source or name == "placement"


def test_all_settings_fit_one_frame():
    assert len(PARAMS) <= items_per_frame(SETTINGS)


def test_names_are_unique():
    assert len(set(NAMES)) == len(PARAMS)


@pytest.mark.parametrize("row", PARAMS, ids=NAMES)
@pytest.mark.parametrize("beyond", [-1, 1])
def test_a_value_outside_its_range_is_named_with_the_range(row, beyond):
    name, default, low, high = row[:4]
    value = low - 1 if beyond < 0 else high + 1
    sentence = problem(name, value)
    for part in (name, str(value), str(low), str(high), str(default)):
        assert part in sentence
    with pytest.raises(ValueError, match=name):
        complete({name: value})


@pytest.mark.parametrize("row", PARAMS, ids=NAMES)
def test_both_ends_of_a_range_can_be_used(row):
    assert problem(row[0], row[2]) == problem(row[0], row[3]) == ""


@pytest.mark.parametrize("value", [12.0, "12", None])
def test_what_is_no_whole_number_is_refused(value):
    assert "whole number" in problem("slouch_hold_s", value)


def test_an_unknown_setting_is_answered_with_the_known_ones():
    sentence = problem("slouch_angle", 12)
    assert "slouch_angle" in sentence
    assert "slouch_entry_cdeg" in sentence
    with pytest.raises(ValueError, match="slouch_angle"):
        complete({"slouch_angle": 12})


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"bend_exit_cdeg": 2000}, id="exit at the fast entry"),
        pytest.param(
            {"bend_entry_cdeg": 1500, "bend_exit_cdeg": 2000, "bend_fast_entry_cdeg": 6000},
            id="exit above the entry",
        ),
        pytest.param(
            {"slouch_entry_cdeg": 300, "slouch_hysteresis_cdeg": 300},
            id="good only beyond neutral",
        ),
    ],
)
def test_a_prescription_that_could_never_end_is_refused(settings):
    with pytest.raises(ValueError, match="expected less than"):
        complete(settings)


def test_completing_leaves_what_was_given_alone():
    given_settings = {"slouch_hold_s": 30}
    full = complete(given_settings)
    assert given_settings == {"slouch_hold_s": 30}
    assert full["slouch_hold_s"] == 30
    assert set(full) == set(NAMES)


def test_only_l5_slouches_backward():
    assert dict(zip(PLACEMENTS, SLOUCH_SIGN, strict=True)) == {
        "C7": 1,
        "T4": 1,
        "T12": 1,
        "L5": -1,
    }


@given(st.sampled_from(PARAMS), st.data())
def test_every_change_of_a_value_changes_the_fingerprint(row, data):
    name, default, low, high = row[:4]
    value = data.draw(st.integers(low, high).filter(lambda number: number != default))
    assert fingerprint({**defaults(), name: value}) != fingerprint(defaults())


def test_the_fingerprint_is_a_crc_of_the_values_in_order():
    # Changing this number orphans every stored episode from its prescription.
    assert fingerprint(defaults()) == 2258264737
