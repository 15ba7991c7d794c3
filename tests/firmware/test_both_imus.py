"""The same motion through both sensors, drivers and all: the same blocks, the same decisions."""

import math

import numpy as np
import pytest

from posturecore.blocks import ACC, ACC_RANGE, GYR, UP, BlockMaker
from posturecore.decide import Decider
from posturecore.frames import EPISODE
from posturecore.params import defaults
from tests.firmware.parts import MpuRig, Rig
from trunkline.simulator import write_tape

RATE_HZ = 60
UP_COUNTS, ACC_COUNTS, DPS_COUNTS = 16393, 4098, 1 / 0.035


def lean_deg(time_s):
    """Upright, then every 10 s a lean of up to 50° and back, in 2 s each way."""
    if time_s < 20:
        return 0.0
    phase_s = (time_s - 20) % 10
    if phase_s < 2:
        return 25 * (1 - math.cos(math.pi * phase_s / 2))
    if phase_s < 4:
        return 50.0
    if phase_s < 6:
        return 25 * (1 + math.cos(math.pi * (phase_s - 4) / 2))
    return 0.0


@pytest.fixture(scope="module")
def tape(tmp_path_factory):
    """A minute of leans, with the noise of a sensor; simulated."""
    noise = np.random.default_rng(3)
    lean = np.radians([lean_deg(row / RATE_HZ) for row in range(60 * RATE_HZ + 1)])
    rate_dps = np.degrees(np.diff(lean)) * RATE_HZ
    lean, zero = lean[1:], np.zeros(len(lean) - 1)
    up = np.stack([np.cos(lean), zero, -np.sin(lean)], axis=1)
    gyr = np.stack([zero, -rate_dps, zero], axis=1) * DPS_COUNTS
    gyr += noise.normal(0, 0.7, gyr.shape)
    acc = up * ACC_COUNTS + noise.normal(0, 2, up.shape)
    columns = [np.rint(values).astype(np.int16) for values in (gyr, acc, up * UP_COUNTS)]
    return write_tape(tmp_path_factory.mktemp("leans") / "tape", *columns)


def blocks_of(kind, tape):
    """The blocks of the whole tape, and how long one lasts."""
    with kind(tape) as rig:
        rig.imu.start()
        maker, blocks = BlockMaker(), []
        for _ in range(590):
            rig.pass_ms(100)
            for k in range(rig.imu.read()):
                if maker.add(rig.imu.samples, 9 * k):
                    blocks.append(maker.take())
        return blocks, 6000 / rig.imu.rate_mhz, rig.imu.rate_mhz


@pytest.fixture(scope="module")
def both(tape):
    return blocks_of(Rig, tape), blocks_of(MpuRig, tape)


def at_times(blocks, block_s, times_s, channels):
    """Block means on another clock."""
    middle_s = (np.arange(len(blocks)) + 0.5) * block_s
    values = np.array(blocks)[:, channels : channels + 3]
    return np.stack([np.interp(times_s, middle_s, column) for column in values.T], axis=1)


TIMES_S = np.arange(5, 58, 0.1)


@pytest.mark.parametrize(
    ("channels", "tolerance"),
    [
        # A sample is up to a row away: 79 deg/s at most, so 1.3° and 23 mg between two rows.
        pytest.param(GYR, 5 * DPS_COUNTS, id="gyr-5-dps"),
        pytest.param(ACC, 0.03 * ACC_COUNTS, id="acc-30-mg"),
        pytest.param(UP, 0.035 * UP_COUNTS, id="up-2-deg"),
    ],
)
def test_blocks_agree(both, channels, tolerance):
    (lsm, lsm_s, _), (mpu, mpu_s, _) = both
    apart = at_times(lsm, lsm_s, TIMES_S, channels) - at_times(mpu, mpu_s, TIMES_S, channels)
    assert np.abs(apart).max() < tolerance
    assert np.sqrt(np.mean(apart**2)) < tolerance / 3


def test_still_blocks_agree_to_the_noise(both):
    for channels, counts in ((GYR, 1), (ACC, 2), (UP, 40)):  # 40 counts of up are 0.14°
        lsm, mpu = (np.array(blocks)[50:180, channels : channels + 3] for blocks, _, _ in both)
        assert np.abs(lsm.mean(axis=0) - mpu.mean(axis=0)).max() < counts
    for blocks, _, _ in both:
        assert np.array(blocks)[50:180, ACC_RANGE : ACC_RANGE + 3].max() < 25


def bends(blocks, block_s, rate_mhz):
    """Start and end in seconds, peak and mean in degrees, peak rate in deg/s, of each bend."""
    decider = Decider(defaults(), rate_mhz)
    decider.set_neutral((UP_COUNTS, 0, 0))
    events = [event for block in blocks for event in decider.block(block)]
    assert {frame for frame, _ in events} == {EPISODE}
    return [
        (values[3] * block_s, values[4] * block_s, *[value / 100 for value in values[5:8]])
        for _, values in events
    ]


def test_bends_are_the_same(both):
    lsm, mpu = (np.array(bends(*blocks)) for blocks in both)
    assert lsm.shape == mpu.shape == (4, 5)
    assert np.abs(lsm - mpu).max(axis=0) == pytest.approx([0] * 5, abs=0.25)
