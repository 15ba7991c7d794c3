"""A recording at any rate becomes device samples without losing what it measured."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posturecore.scales import ACC_LSB_PER_G, UP_LSB_PER_G
from trunkline import Recording
from trunkline.decide.blocks import make_blocks
from trunkline.decide.counts import (
    ACC_COUNTS_PER_M_S2,
    GYR_COUNTS_PER_RAD_S,
    UP_COUNTS,
    average_to,
    to_counts,
)

RATES_HZ = (25.0, 31.25, 50.0, 59.9, 60.0, 60.37, 100.0, 104.0, 128.0, 200.0, 952.0, 1000.0)


def test_scales_are_the_device_s():
    assert round(ACC_COUNTS_PER_M_S2 * 9.80665) == ACC_LSB_PER_G
    assert round(UP_COUNTS) == UP_LSB_PER_G
    assert np.rad2deg(1 / GYR_COUNTS_PER_RAD_S) == pytest.approx(0.035)


@given(
    st.sampled_from(RATES_HZ),
    st.sampled_from(RATES_HZ),
    st.integers(1, 400),
    st.integers(0, 2**32 - 1),
)
def test_averaging_conserves_the_integral(rate_hz, new_rate_hz, count, seed):
    values = np.random.default_rng(seed).normal(0, 10, (count, 3))
    averaged = average_to(values, rate_hz, new_rate_hz)
    covered = len(averaged) / new_rate_hz * rate_hz  # in old samples
    whole = min(int(covered), count)
    rest = (covered - whole) * values[whole] if whole < count else 0.0
    expected = (values[:whole].sum(axis=0) + rest) / rate_hz
    np.testing.assert_allclose(averaged.sum(axis=0) / new_rate_hz, expected, atol=1e-9)
    assert count / rate_hz - len(averaged) / new_rate_hz < 1 / new_rate_hz + 1e-6
    assert np.all(averaged <= values.max(axis=0) + 1e-9)
    assert np.all(averaged >= values.min(axis=0) - 1e-9)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_a_constant_stays_what_it_is_at_any_rate(rate_hz):
    values = np.tile([1.5, -2.0], (500, 1))
    np.testing.assert_allclose(average_to(values, rate_hz, 60.0) - [1.5, -2.0], 0.0, atol=1e-12)


def test_fast_shaking_is_averaged_away_and_not_picked():
    # 300 Hz seen at 600 Hz: picking every tenth sample would give a constant 1.
    shaking = np.tile([[1.0], [-1.0]], (300, 1))
    np.testing.assert_allclose(average_to(shaking, 600.0, 60.0), 0.0, atol=1e-12)


def test_halving_the_rate_gives_the_mean_of_each_pair():
    values = np.arange(20.0).reshape(10, 2)
    np.testing.assert_allclose(
        average_to(values, 120.0, 60.0), values.reshape(5, 2, 2).mean(axis=1)
    )


@given(st.integers(0, 2**32 - 1))
def test_device_samples_survive_unchanged(seed):
    counts = np.random.default_rng(seed).integers(-1500, 1500, (60, 9)).astype(np.int16)
    counts[:, 3] += 4098
    counts[:, 6:] = (16393, 0, 0)
    recording = Recording(  # unchecked: noise is no motion
        60.0, counts[:, 3:6] / ACC_COUNTS_PER_M_S2, counts[:, :3] / GYR_COUNTS_PER_RAD_S
    )
    np.testing.assert_array_equal(to_counts(recording, counts[:, 6:] / 16393.0), counts)


def test_what_passes_the_range_is_clipped_and_the_block_says_so():
    acc = np.tile([9.81, 0.0, 0.0], (60, 1))
    acc[13] = [90.0, 0.0, -90.0]
    counts = to_counts(Recording.from_arrays(60.0, acc), np.tile([1.0, 0.0, 0.0], (60, 1)))
    assert counts[13, 3] == 32767
    assert counts[13, 5] == -32768
    assert make_blocks(counts)[:, -1].tolist() == [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]


def test_gravity_keeps_its_length_through_averaging():
    angle = np.linspace(0, 40, 2000)  # fast enough that plain means would shrink
    up = np.stack([np.cos(angle), np.sin(angle), np.zeros_like(angle)], axis=1)
    acc = np.tile([9.81, 0.0, 0.0], (2000, 1))
    counts = to_counts(Recording.from_arrays(1000.0, acc), up)
    length = np.linalg.norm(counts[:, 6:].astype(float), axis=1)
    np.testing.assert_allclose(length, UP_COUNTS, atol=1.0)


def test_no_gyroscope_counts_as_no_turning():
    acc = np.tile([9.81, 0.0, 0.0], (60, 1))
    counts = to_counts(Recording.from_arrays(60.0, acc), np.tile([1.0, 0.0, 0.0], (60, 1)))
    assert counts[:, :3].tolist() == [[0, 0, 0]] * 60
