import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from posturecore.blocks import ACC, ACC_RANGE, FLAGS, GYR, MOTOR, SATURATED, UP, WIDTH, BlockMaker

SIX = arrays.arrays(np.int16, (6, 9))


def made(samples, flags=0):
    maker = BlockMaker()
    return [
        maker.take(flags)
        for sample in np.asarray(samples).tolist()
        if maker.add(sample, 0)
    ]  # fmt: skip


@given(SIX)
def test_a_block_holds_floored_means_and_ranges(samples):
    (block,) = made(samples)
    wide = samples.astype(np.int64)
    assert len(block) == WIDTH
    assert list(block[:9]) == [int(np.floor(mean)) for mean in wide.mean(axis=0)]
    assert list(block[9:15]) == np.ptp(wide[:, :6], axis=0).tolist()


def test_a_mean_below_zero_is_floored_and_not_cut():
    samples = np.zeros((6, 9), np.int16)
    samples[0] = -1
    assert made(samples)[0][:9] == (-1,) * 9


@pytest.mark.parametrize("value", [32767, -32768])
@pytest.mark.parametrize("at", [0, 3, 5])
@pytest.mark.parametrize(("channel", "flag"), [(0, SATURATED), (5, SATURATED), (6, 0)])
def test_only_the_ends_of_the_gyr_and_acc_scales_are_saturated(value, at, channel, flag):
    samples = np.zeros((6, 9), np.int16)
    samples[at, channel] = value
    assert made(samples)[0][FLAGS] == flag


@pytest.mark.parametrize("value", [32766, -32767])
def test_one_count_off_the_end_is_not_saturated(value):
    assert made(np.full((6, 9), value, np.int16))[0][FLAGS] == 0


def test_flags_that_are_given_stay():
    assert made(np.zeros((6, 9)), MOTOR)[0][FLAGS] == MOTOR
    assert made(np.full((6, 9), 32767), MOTOR)[0][FLAGS] == MOTOR | SATURATED


@given(arrays.arrays(np.int16, st.tuples(st.integers(0, 60), st.just(9))))
def test_numpy_makes_the_same_blocks(samples):
    blocks = pytest.importorskip("trunkline.decide.blocks")
    assert blocks.make_blocks(samples).tolist() == [list(block) for block in made(samples)]


@given(arrays.arrays(np.int16, (30, 9)), st.lists(st.booleans(), min_size=5, max_size=5))
def test_numpy_puts_the_motor_where_it_ran(samples, has_motor):
    blocks = pytest.importorskip("trunkline.decide.blocks")
    found = blocks.make_blocks(samples, np.array(has_motor))
    assert [bool(flags & MOTOR) for flags in found[:, FLAGS]] == has_motor
    assert (found[:, FLAGS] & SATURATED).tolist() == [b[FLAGS] & SATURATED for b in made(samples)]


def test_no_block_remembers_the_one_before():
    first = np.full((6, 9), 30000, np.int16)
    second = np.arange(54, dtype=np.int16).reshape(6, 9)
    assert made(np.vstack([first, second]))[1] == made(second)[0]


@given(SIX, st.integers(0, 5))
def test_samples_before_a_gap_leave_no_trace(samples, before):
    maker = BlockMaker()
    for _ in range(before):
        maker.add([32767] * 9, 0)
    assert maker.drop() == before
    done = [maker.add(sample, 0) for sample in samples.tolist()]
    assert done == [False] * 5 + [True]
    assert maker.take() == made(samples)[0]
    assert maker.drop() == 0


def test_a_sample_is_read_where_it_stands():
    maker = BlockMaker()
    for i in range(6):
        maker.add([7] * (9 * i) + [i] * 9 + [7] * 9, 9 * i)
    block = maker.take()
    assert block[GYR], block[ACC] == (2, 2)
    assert block[UP] == 2
    assert block[ACC_RANGE] == 5
