"""A recording through what the device decides: the same at any rate and in any axes."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posturecore import params
from posturecore.decide import KIND_SLOUCH, LEDGER
from tests.core.worn import block, breathing, without_gravity
from trunkline import InputError, Recording, Wear, analyze
from trunkline.decide.analysis import block_seconds
from trunkline.decide.neutral import find_neutral, neutral_vector, up_counts
from trunkline.decide.replay import Replay
from trunkline.recordings.recording import axis_map

SHORT_HOLD = {"slouch_hold_s": 5}


def leaning(flexion_deg, rate_hz=60.0, noise_m_s2=0.04, placement="T4"):
    """A back that takes these angles, each for its seconds, turns between them, and breathes."""
    angle = np.concatenate([np.full(round(s * rate_hz), deg) for deg, s in flexion_deg])
    ramp = np.ones(round(2 * rate_hz)) / round(2 * rate_hz)  # 20° in 2 s is no fast bend
    padded = np.concatenate([np.full(len(ramp), angle[0]), angle])
    angle = np.radians(np.convolve(padded, ramp)[len(ramp) : len(ramp) + len(angle)])
    zero = np.zeros_like(angle)
    acc = 9.80665 * np.stack([np.cos(angle), zero, -np.sin(angle)], axis=1)
    # Leaning forward turns z down: about the axis to the right, from forward to down, negative.
    gyr = np.stack([zero, -np.gradient(angle) * rate_hz, zero], axis=1)
    acc[:, 0] += 0.05 * np.sin(2 * np.pi * 0.27 * np.arange(len(angle)) / rate_hz)
    acc += np.random.default_rng(3).normal(0, noise_m_s2, acc.shape)
    return Recording.from_arrays(rate_hz, acc, gyr, placement)


SLOUCHING = ((0, 20), (20, 90), (0, 20))


@pytest.mark.parametrize("rate_hz", [25, 31.25, 50, 60, 100, 104, 200, 1000])
def test_any_rate_gives_the_same_slouch(rate_hz):
    found = analyze(leaning(SLOUCHING, rate_hz))
    assert len(found.episodes) == 1
    assert found.episodes[0].start_s == pytest.approx(21.2, abs=0.3)
    assert found.episodes[0].duration_s == pytest.approx(90, abs=1.0)
    assert found.episodes[0].mean_deg == pytest.approx(20, abs=0.5)
    assert found.bends == ()
    assert found.wear.total_s == pytest.approx(130.0, abs=0.11)


@pytest.mark.parametrize("axes", ["SRA", "ASR", "RAS", "SLP", "ILA", "PSL"])
def test_the_way_a_sensor_is_mounted_changes_nothing(axes):
    worn = leaning(SLOUCHING)
    turn = axis_map(axes)
    turned = Recording.from_arrays(
        worn.rate_hz, worn.acc_m_s2 @ turn, worn.gyr_rad_s @ turn, "T4", axes=axes
    )
    straight, found = analyze(worn), analyze(turned)
    assert found.episodes == straight.episodes
    assert found.wear == straight.wear
    np.testing.assert_array_equal(found.timeline.flexion_deg, straight.timeline.flexion_deg)


def test_a_neutral_is_given_in_the_recording_s_own_axes():
    worn = leaning(((20, 100), (0, 10)))
    turn = axis_map("ASR")
    turned = Recording.from_arrays(
        worn.rate_hz, worn.acc_m_s2 @ turn, worn.gyr_rad_s @ turn, "T4", axes="ASR"
    )
    expected = analyze(worn, neutral=(9.8, 0, 0))
    assert len(expected.episodes) == 1
    assert analyze(turned, neutral=(0, 9.8, 0)).episodes == expected.episodes
    assert expected.neutral == pytest.approx((1.0, 0.0, 0.0), abs=1e-4)
    assert expected.neutral_source == "given"


def test_leaning_forward_is_positive_and_to_the_right_is_positive():
    forward = analyze(leaning(((0, 10), (15, 10))), neutral=(1, 0, 0))
    assert forward.timeline.flexion_deg[-30:] == pytest.approx(15, abs=0.5)
    angle = np.radians(10)
    acc = np.tile([9.8 * np.cos(angle), -9.8 * np.sin(angle), 0.0], (600, 1))
    right = analyze(Recording.from_arrays(60.0, acc), neutral=(1, 0, 0))
    assert right.timeline.lateral_deg[10:] == pytest.approx(10, abs=0.1)


@pytest.mark.parametrize(
    ("placement", "flexion_deg", "expected"),
    [("T4", 20, 1), ("T4", -15, 0), ("C7", 20, 1), ("T12", 14, 1), ("L5", -14, 1), ("L5", 14, 0)],
)
def test_a_slouch_has_the_sign_of_its_placement(placement, flexion_deg, expected):
    recording = leaning(((0, 20), (flexion_deg, 80), (0, 10)), placement=placement)
    found = analyze(recording)
    assert len(found.episodes) == expected
    assert found.placement == placement
    if expected:
        assert found.episodes[0].mean_deg == pytest.approx(abs(flexion_deg), abs=0.5)


def test_a_placement_set_by_hand_is_the_one_reported():
    found = analyze(leaning(((0, 20), (-14, 80), (0, 10))), {"placement": 3})
    assert found.placement == "L5"
    assert len(found.episodes) == 1


def test_an_accelerometer_alone_finds_the_same_slouch_and_says_what_is_less_exact():
    worn = leaning(SLOUCHING)
    found = analyze(Recording.from_arrays(worn.rate_hz, worn.acc_m_s2, None, "T4"))
    assert len(found.episodes) == 1
    assert found.episodes[0].duration_s == pytest.approx(90, abs=1.5)
    assert len([w for w in found.warnings if "gyroscope" in w or "ccelerometer" in w]) == 1


def test_a_short_lean_is_no_slouch_but_a_shorter_hold_makes_it_one():
    recording = leaning(((0, 20), (20, 15), (0, 20)))
    assert analyze(recording).episodes == ()
    assert len(analyze(recording, SHORT_HOLD).episodes) == 1


def test_without_a_still_upright_stretch_nothing_is_judged_and_it_is_said():
    rng = np.random.default_rng(0)
    acc = np.array([9.8, 0, 0]) + rng.normal(0, 2.0, (3600, 3))
    found = analyze(Recording.from_arrays(60.0, acc, rng.normal(0, 1, (3600, 3))))
    assert found.neutral is None
    assert found.episodes == found.bends == found.cues == ()
    assert found.wear.uncalibrated_s == found.wear.total_s == 60.0
    assert np.isnan(found.timeline.flexion_deg).all()
    assert sum(found.timeline.angle_bands_s().values()) == 0.0
    assert any("neutral pose" in warning for warning in found.warnings)
    json.dumps(found.to_json(), allow_nan=False)


def test_a_recording_shorter_than_a_block_is_empty_and_no_crash():
    found = analyze(Recording.from_arrays(60.0, [[9.8, 0, 0]] * 5, [[0, 0, 0]] * 5))
    assert found.wear.total_s == 0.0
    assert len(found.timeline.context) == 0
    json.dumps(found.to_json(), allow_nan=False)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        pytest.param({"slouch_hold": 5}, "the setting slouch_hold", id="name"),
        pytest.param({"slouch_hold_s": 0}, "from 1 to 900 s", id="low"),
        pytest.param({"slouch_hold_s": 901}, "from 1 to 900 s", id="high"),
        pytest.param({"slouch_hold_s": 5.5}, "whole number", id="fraction"),
        pytest.param({"slouch_hold_s": "5"}, "whole number", id="text"),
        pytest.param({"slouch_hysteresis_cdeg": 1200}, "less than", id="two together"),
    ],
)
def test_a_setting_that_cannot_be_is_one_sentence(settings, words):
    with pytest.raises(InputError, match=words) as refusal:
        analyze(leaning(((0, 10),)), settings)
    assert "\n" not in str(refusal.value)
    assert "trunkline settings" in refusal.value.hint


@pytest.mark.parametrize(
    "neutral",
    [
        pytest.param((0, 0, 0), id="zero"),
        pytest.param((1, 0), id="two"),
        pytest.param((np.nan, 0, 0), id="nan"),
        pytest.param((np.inf, 0, 0), id="infinite"),
        pytest.param((0, 0, 1), id="forward"),
        pytest.param((0, 0, -1), id="backward"),
        pytest.param("upright", id="text"),
        pytest.param([[1, 0, 0], [1]], id="ragged"),
        pytest.param(5, id="number"),
    ],
)
def test_a_neutral_that_cannot_be_is_one_sentence(neutral):
    with pytest.raises(InputError, match="the neutral") as refusal:
        analyze(leaning(((0, 10),)), neutral=neutral)
    assert "\n" not in str(refusal.value)


def test_the_length_of_a_neutral_does_not_matter():
    recording = leaning(SLOUCHING)
    assert (
        analyze(recording, neutral=(1, 0.1, 0)).episodes
        == analyze(recording, neutral=(1000, 100, 0)).episodes
    )


@given(st.lists(st.integers(0, 300_000), min_size=len(LEDGER), max_size=len(LEDGER)))
def test_the_parts_of_wear_sum_exactly_to_the_total(ledger):
    for rate_mhz in (60000, 60370, 58123, 50000):
        block_s = block_seconds(rate_mhz)
        wear = Wear.from_ledger(ledger, block_s)
        parts_ms = [round(part * 1000) for part in wear.by_context_s.values()]
        assert sum(parts_ms) == round(wear.total_s * 1000)
        apart = (
            *(wear.off_body_s, wear.unknown_s, wear.uncalibrated_s),
            *(wear.lost_s, wear.charging_s, wear.link_lost_s),
        )
        assert round(wear.worn_s * 1000) + sum(round(s * 1000) for s in apart) == sum(parts_ms)
        blocks = [round(part / block_s) for part in wear.by_context_s.values()]
        assert blocks == ledger
        assert wear.total_s == pytest.approx(sum(ledger) * block_s, abs=0.0005 * len(LEDGER))


@given(
    st.lists(
        st.tuples(st.sampled_from(["sit", "lean", "walk", "blind", "gap"]), st.integers(1, 200)),
        min_size=1,
        max_size=12,
    )
)
def test_every_block_is_in_the_ledger_and_on_the_timeline_once(stretches):
    replay = Replay(params.complete(SHORT_HOLD))
    replay.set_neutral((16393, 0, 0))
    kinds = {
        "sit": lambda n: breathing(n),
        "lean": lambda n: breathing(n, 18),
        "walk": lambda n: [block(jolt_mg=200 * (-1) ** k) for k in range(n)],
        "blind": without_gravity,
    }
    for kind, count in stretches:
        if kind == "gap":
            replay.gap(count)
        else:
            replay.blocks(np.array(kinds[kind](count)))
    replay.finish()
    total = sum(count for _, count in stretches)
    assert sum(replay.decider.ledger) == total == replay.decider.at
    timeline = replay.timeline()
    assert len(timeline.flexion_deg) == total
    unseen = sum(count for kind, count in stretches if kind in ("blind", "gap"))
    assert np.isnan(timeline.flexion_deg).sum() == unseen
    for episode in replay.episodes(KIND_SLOUCH):
        assert 0 <= episode.start_block < episode.end_block <= total


def test_decisions_start_anew_at_the_device_s_own_block_number():
    plain, late = (
        Replay(params.complete(SHORT_HOLD)),
        Replay(params.complete(SHORT_HOLD), first_block=5000),
    )
    for replay in (plain, late):
        replay.set_neutral((16393, 0, 0))
        replay.blocks(np.array([*breathing(50), *breathing(100, 18), *breathing(50)]))
        replay.finish()
    assert plain.episodes(KIND_SLOUCH) == late.episodes(KIND_SLOUCH)
    assert late.decisions.episodes[0][3] == plain.decisions.episodes[0][3] + 5000


def test_the_first_still_upright_stretch_is_the_neutral():
    settings = params.defaults()
    moving = [block(jolt_mg=300 * (-1) ** k) for k in range(30)]
    lying = [block(85)] * 60
    found = find_neutral(np.array([*moving, *lying, *[block(10, 5)] * 60]), settings)
    assert found is not None
    up, start = found
    assert up == pytest.approx(up_of(10, 5), abs=3)
    assert 90 <= start <= 100
    assert find_neutral(np.array([*moving, *lying]), settings) is None


def up_of(flexion_deg, lateral_deg):
    return block(flexion_deg, lateral_deg)[6:9]


def test_a_neutral_goes_into_counts_and_back():
    assert up_counts((1, 0, 0)) == (16393, 0, 0)
    assert neutral_vector(up_counts((0.6, 0, -0.8))) == pytest.approx((0.6, 0, -0.8), abs=1e-4)
