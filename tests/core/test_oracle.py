"""The integer decision against the textbook, on streams whose angles keep off every threshold."""

import math

import numpy as np
import pytest
from hypothesis import assume, event, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from posturecore.blocks import MOTOR, BlockMaker
from posturecore.coach import OUTCOMES, REASONS
from posturecore.decide import IS_CUT, IS_HELD, KIND_BEND, KIND_SLOUCH, Decider
from posturecore.frames import CUE, EPISODE
from posturecore.params import complete

from .. import oracle

RATE_MHZ = 60000
MARGIN_DEG = 0.05


def up_of(flexion_deg, lateral_deg):
    flexion, lateral = math.radians(flexion_deg), math.radians(lateral_deg)
    level = math.cos(lateral)
    return np.array([level * math.cos(flexion), -math.sin(lateral), -level * math.sin(flexion)])


class Script:
    """Samples written piece by piece, every block at an angle half a degree off a whole one."""

    def __init__(self, neutral):
        self.neutral = neutral
        self._turn = turn_to(neutral)
        self._samples = []
        self._motor = []
        self._at_deg = 0
        self._dice = np.random.default_rng(7)

    def piece(self, target_deg, step_deg, blocks, lateral_deg=0, kind="still"):
        for _ in range(blocks):
            away = target_deg - self._at_deg
            self._at_deg += max(-step_deg, min(step_deg, away))
            self._block(self._at_deg + 0.5, lateral_deg, kind)
        return self

    def _block(self, flexion_deg, lateral_deg, kind):
        up = self._turn @ up_of(flexion_deg, lateral_deg)
        block = np.zeros((6, 9))
        block[:, 3:6], block[:, 6:] = up * 4098, up * 16393
        block[:, :6] += self._dice.integers(-3, 4, (6, 6)) if kind != "table" else 0
        index = len(self._samples)
        if kind in ("walk", "motor"):
            block[:, 3:6] += up * 900 * (-1) ** index
        if kind in ("turn", "motor"):
            block[:, index % 3] += 900
        if kind == "hit":
            block[index % 6, index % 6] = 32767 if index % 2 else -32768
        if kind == "blind":
            block[:, 6:] *= 0.5
        if kind == "still":
            block[:, 3] += 30 * math.sin(index / 6)  # breathing
        self._samples.append(np.round(block).astype(np.int16))
        self._motor.append(kind == "motor")

    @property
    def samples(self):
        return np.concatenate(self._samples)

    @property
    def has_motor(self):
        return np.array(self._motor)


def turn_to(neutral):
    """Return the rotation from an upright sensor to one mounted with this neutral pose."""
    above = np.array(neutral, float) / np.linalg.norm(neutral)
    right = np.cross([0, 0, 1.0], above)
    right /= np.linalg.norm(right)
    return np.column_stack([above, right, np.cross(above, right)])


def decided(script, settings):
    decider = Decider(settings, RATE_MHZ)
    decider.set_neutral(script.neutral)
    maker, said, rows = BlockMaker(), [], []
    for index, sample in enumerate(script.samples.tolist()):
        if maker.add(sample, 0):
            said += decider.block(maker.take(MOTOR if script.has_motor[index // 6] else 0))
            rows.append((decider.context, decider.flexion_cdeg, decider.lateral_cdeg))
    return rows, said + decider.finish()


def thresholds_deg(settings):
    sign = -1 if settings["placement"] == 3 else 1
    entry = settings["slouch_entry_cdeg"]
    cdeg = [
        settings[f"bend_{name}_cdeg"] for name in ("entry", "fast_entry", "exit", "peak", "cue")
    ]
    cdeg += [sign * entry, sign * (entry - settings["slouch_hysteresis_cdeg"])]
    return [value / 100 for value in [*cdeg, -settings["reclined_cdeg"]]]


def is_clear(truth, settings):
    """Tell whether a hundredth of a degree could decide nothing."""
    offs = [truth.flexion_deg - threshold for threshold in thresholds_deg(settings)]
    offs += [truth.inclination_deg - value for value in (60, settings["lying_cdeg"] / 100)]
    rates = np.abs(np.diff(truth.flexion_deg)) * 10
    is_rate_clear = np.abs(rates - settings["bend_fast_rate_cdeg_s"] / 100) > 1
    return all(np.abs(off).min() > MARGIN_DEG for off in offs) and bool(is_rate_clear.all())


def judged(script, settings):
    return oracle.judge(script.samples, script.has_motor, script.neutral, settings, 0.1)


def compare(truth, script, settings):
    rows, said = decided(script, settings)
    assert [row[0] for row in rows] == truth.context
    has_gravity = np.linalg.norm(script.samples[::6, 6:].astype(float), axis=1) > 13000
    found = np.array(rows)[has_gravity] / 100
    np.testing.assert_allclose(found[:, 1], truth.flexion_deg[has_gravity], atol=0.05)
    np.testing.assert_allclose(found[:, 2], truth.lateral_deg[has_gravity], atol=0.05)
    compare_bends(said, truth.bends)
    compare_slouches(said, truth.slouches)
    cues = [values for frame, values in said if frame == CUE]
    assert [(k, REASONS[reason], OUTCOMES[out]) for k, reason, _, out in cues] == truth.cues


def compare_bends(said, expected):
    found = [v for frame, v in said if frame == EPISODE and v[0] == KIND_BEND]
    assert [(v[2], v[3], v[4]) for v in found] == [
        (IS_HELD * b.is_held | IS_CUT * b.is_cut, b.start, b.end) for b in expected
    ]
    for values, bend in zip(found, expected, strict=True):
        assert values[5] / 100 == pytest.approx(bend.peak_deg, abs=0.05)
        assert values[6] / 100 == pytest.approx(bend.mean_deg, abs=0.25)  # kept in decidegrees
        # Rates are kept in an int16: 327.67 °/s is the most that is told.
        assert values[7] / 100 == pytest.approx(min(bend.peak_rate_dps, 327.67), abs=1)


def compare_slouches(said, expected):
    found = [v for frame, v in said if frame == EPISODE and v[0] == KIND_SLOUCH]
    assert [(v[2], v[3], v[4]) for v in found] == [
        (IS_CUT * s.is_cut, s.start, s.end) for s in expected
    ]
    for values, slouch in zip(found, expected, strict=True):
        assert values[5] / 100 == pytest.approx(slouch.peak_deg, abs=0.05)
        assert values[6] / 100 == pytest.approx(slouch.mean_deg, abs=0.25)


PRESCRIPTIONS = st.fixed_dictionaries(
    {
        "placement": st.integers(0, 3),
        "slouch_entry_cdeg": st.sampled_from([800, 1200, 2500]),
        "slouch_hysteresis_cdeg": st.sampled_from([0, 400, 700]),
        "slouch_hold_s": st.integers(1, 4),
        "slouch_reset_s": st.integers(1, 3),
        "slouch_pause_s": st.integers(1, 6),
        "slouch_refractory_s": st.integers(10, 15),
        "cues_per_hour": st.integers(0, 4),
        "bend_entry_cdeg": st.sampled_from([2500, 3000, 4000]),
        "bend_fast_entry_cdeg": st.sampled_from([2000, 3500]),
        "bend_peak_cdeg": st.sampled_from([2000, 4000]),
        "bend_min_ms": st.sampled_from([200, 800, 2000]),
        "bend_held_s": st.integers(2, 5),
        "bend_cue_cdeg": st.sampled_from([3000, 6000]),
        "lying_s": st.integers(5, 8),
    }
)
KINDS = st.sampled_from(["still", "still", "still", "walk", "turn", "motor", "hit", "blind"])
PIECES = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 4, 9, 14, 14, 20, 28, 45, 45, 70, 100, -5, -13, -13, -30, -80]),
        st.sampled_from([1, 2, 7, 200]),
        st.integers(3, 60),
        st.sampled_from([0, 0, 0, 10, -25]),
        KINDS,
    ),
    min_size=6,
    max_size=30,
)
NEUTRALS = st.sampled_from([(16393, 0, 0), (15600, -1500, 4800), (14500, 2600, -7200)])


@hypothesis_settings(max_examples=80)
@given(PRESCRIPTIONS, PIECES, NEUTRALS)
def test_the_integers_decide_what_the_textbook_decides(prescription, pieces, neutral):
    script = Script(neutral)
    for piece in pieces:
        script.piece(*piece)
    settings = complete(prescription)
    truth = judged(script, settings)
    assume(is_clear(truth, settings))
    compare(truth, script, settings)
    event(f"bends {min(len(truth.bends), 2)}, slouches {min(len(truth.slouches), 2)}")


def test_the_textbook_agrees_about_five_minutes_on_a_table():
    script = Script((16393, 0, 0)).piece(10, 1, 30).piece(-90, 20, 3050, kind="table")
    script.piece(0, 5, 40)
    truth = judged(script, complete({}))
    assert is_clear(truth, complete({}))
    compare(truth, script, complete({}))
    assert set(truth.context) >= {oracle.names.OFF_BODY, oracle.names.LYING, oracle.names.STILL}


def test_the_textbook_agrees_about_slouching_bending_and_walking():
    script = Script((15600, -1500, 4800))
    for _ in range(2):
        script.piece(14, 1, 900, kind="still").piece(3, 2, 100)
        script.piece(70, 7, 20).piece(0, 6, 30).piece(2, 1, 200, kind="walk").piece(14, 2, 650)
        script.piece(45, 7, 200).piece(1, 4, 40)
    settings = complete({"cues_per_hour": 3})
    truth = judged(script, settings)
    assert is_clear(truth, settings)
    compare(truth, script, settings)
    outcomes = {outcome for _, _, outcome in truth.cues}
    assert outcomes == {"felt", "held back: too soon", "held back: hourly cap"}
    assert len(truth.slouches) >= 2
    assert len(truth.bends) >= 4


DOUBTED = "held back: the sensor may have slipped"
SLUMPS = st.tuples(
    st.sampled_from([14, 18, 22, 26, 29, -14, -19, -24, 3]),
    st.sampled_from([1, 2]),
    st.integers(20, 90),
    st.just(0),
    st.sampled_from(["still", "still", "still", "still", "turn", "motor"]),
)
STROLLS = st.lists(
    st.tuples(
        st.sampled_from([3, 9, 13, 16, -14]),  # how the walk leans
        st.integers(310, 340),
        st.lists(SLUMPS, min_size=1, max_size=6),
    ),
    min_size=1,
    max_size=3,
)


@hypothesis_settings(max_examples=40)
@given(PRESCRIPTIONS, STROLLS, st.sampled_from([500, 1000, 3000]))
def test_the_integers_doubt_what_the_textbook_doubts(prescription, strolls, limit_cdeg):
    script = Script((15600, -1500, 4800))
    for lean_deg, blocks, pieces in strolls:
        script.piece(lean_deg, 200, blocks, kind="walk").piece(lean_deg, 1, 20)
        for piece in pieces:
            script.piece(*piece)
    settings = complete({**prescription, "walk_doubt_cdeg": limit_cdeg})
    truth = judged(script, settings)
    assume(is_clear(truth, settings) and is_clear_in_doubt(truth, settings))
    compare(truth, script, settings)
    outcomes = [outcome for _, reason, outcome in truth.cues if reason == "slouch"]
    event(f"in doubt {bool((truth.doubt_deg > 0).any())}, {sorted(set(outcomes))}")


def is_clear_in_doubt(truth, settings):
    """Tell whether what is beyond doubt is so by more than the tenth that a mean is kept to."""
    sign = -1 if settings["placement"] == 3 else 1
    is_on = truth.doubt_deg > 0
    offset = (sign * truth.flexion_deg - truth.doubt_deg)[is_on]
    entry = settings["slouch_entry_cdeg"] / 100
    limits = (entry, entry - settings["slouch_hysteresis_cdeg"] / 100)
    half = settings["walk_doubt_cdeg"] / 200
    # Nor may a walk's own mean be near the limit: then the doubt is near half of it.
    is_far = bool((truth.doubt_deg[is_on] - half > 0.2).all())
    return is_far and all((np.abs(offset - limit) > 0.2).all() for limit in limits)


def test_the_textbook_agrees_about_a_sensor_that_slipped():
    script = Script((15600, -1500, 4800))
    script.piece(14, 200, 330, kind="walk").piece(1, 1, 30).piece(15, 1, 700).piece(23, 1, 700)
    script.piece(1, 1, 60).piece(3, 1, 330, kind="walk").piece(1, 1, 60).piece(15, 1, 700)
    settings = complete({})
    truth = judged(script, settings)
    assert is_clear(truth, settings)
    assert is_clear_in_doubt(truth, settings)
    compare(truth, script, settings)
    assert [outcome for _, _, outcome in truth.cues] == [DOUBTED, DOUBTED, "felt", "felt"]
