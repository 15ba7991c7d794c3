"""The MPU-6050 beside its samples: rest, self-test, and its losses as the sampler counts them."""

from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.firmware.parts import MpuRig, numbered_tape, write_tape

from drivers.self_test import mpu6050_trims  # isort: skip - the package puts its folder on the path
from sampler import Sampler  # isort: skip


@pytest.fixture(scope="module")
def tape(tmp_path_factory):
    return numbered_tape(tmp_path_factory.mktemp("tape") / "tape")


@pytest.fixture
def make(tape):
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(MpuRig(tape, **options))


@pytest.fixture
def rig(make):
    rig = make()
    rig.imu.start()
    return rig


# Supply and bus


def test_chip_that_lost_its_supply_is_told_once_and_starts_again(rig):
    rig.pass_ms(200)
    rig.imu.read()
    rig.chip.brown_out()
    rig.pass_ms(20)
    assert (rig.imu.read(), rig.imu.has_reset) == (0, True)
    assert (rig.imu.read(), rig.imu.has_reset) == (0, False)
    rig.imu.start()
    rig.pass_ms(200)
    assert rig.imu.read() == 11


def test_held_bus_is_freed_after_three_failures(rig):
    rig.pass_ms(100)
    rig.bus.held_clocks = 9
    for _ in range(3):
        with pytest.raises(OSError, match="110"):
            rig.imu.read()
    assert rig.imu.read() == 5
    assert (rig.imu.times_freed, rig.imu.transfers_failed) == (1, 3)


def test_overflow_whose_flag_was_read_in_vain_is_seen_by_the_count(rig):
    rig.pass_ms(3000)
    rig.bus.fail(1)  # the status was read, and that has cleared it
    with pytest.raises(OSError, match="19"):
        rig.imu.read()
    assert rig.imu.read() == 0
    rig.pass_ms(100)
    assert rig.imu.read() in (5, 6)
    assert rig.imu.has_overrun


def test_up_is_found_anew_after_a_long_loss(tmp_path):
    """Upright for 20 s, then on the back; the turn falls into a hole of 4 s."""
    still = [[0, 0, 0]] * 2400
    acc = [[4098, 0, 0]] * 1200 + [[0, 0, 4098]] * 1200
    with MpuRig(write_tape(tmp_path / "tape", still, acc, still)) as rig:
        rig.imu.start()
        for _ in range(199):
            rig.pass_ms(100)
            rig.imu.read()
        assert rig.rows(1)[0][6:] == (16393, 0, 0)
        rig.pass_ms(4000)
        assert rig.imu.read() == 0
        rig.pass_ms(100)
        assert rig.imu.read() > 0
        x, _, z = rig.rows(1)[0][6:]
    assert abs(x) < 300
    assert z > 16000


# Rest


def moved_tape(path, counts):
    """Ten seconds upright and at rest, then a push of so many counts along y."""
    gyr = [[0, 0, 0]] * 1200
    acc = [[4098, 0, 0]] * 600 + [[4098, counts, 0]] * 600
    return write_tape(path, gyr, acc, [[16393, 0, 0]] * 1200)


@pytest.mark.parametrize(("mg", "wakes"), [(40, False), (80, True)])
def test_motion_beyond_62_mg_raises_the_interrupt(tmp_path, mg, wakes):
    with MpuRig(moved_tape(tmp_path / "tape", mg * 4098 // 1000)) as rig:
        rig.imu.rest()
        rig.pass_ms(9_500)
        assert not rig.chip.interrupt()
        rig.pass_ms(2_000)
        assert rig.chip.interrupt() == wakes
        assert rig.imu.has_moved() == wakes
        assert not rig.chip.interrupt()
        rig.imu.start()
        rig.pass_ms(200)
        assert rig.imu.read() == 11


def test_watermark_is_how_long_the_board_may_wait(rig):
    rig.imu.set_watermark(50)
    assert rig.imu.poll_ms == 849
    rig.pass_ms(rig.imu.poll_ms + 400)
    assert rig.imu.read() + rig.imu.left > 50
    with pytest.raises(ValueError, match="Found a watermark of 51 samples; expected 1 to 50"):
        rig.imu.set_watermark(51)


# Self-test


def test_good_chip_passes_and_starts_after_it(make):
    rig = make()
    assert rig.imu.self_test() == 0
    rig.imu.start()
    rig.pass_ms(200)
    assert rig.imu.read() == 11


@pytest.mark.parametrize("axis", range(6))
@pytest.mark.parametrize("identity", [0x68, 0x70], ids=hex)
def test_dead_axis_is_named(make, axis, identity):
    rig = make()
    rig.chip.identity = identity
    rig.chip.dead_axes = 1 << axis
    assert rig.imu.self_test() == 1 << axis


@pytest.mark.parametrize(
    ("code", "gyr", "acc"),
    [(0, 0, 0), (1, 3275, 1393), (2, 3426, 1440), (16, 6430, 2291), (31, 12624, 3768)],
)
def test_factory_responses_are_those_of_the_register_map(rig, code, gyr, acc):
    """25 * 131 * 1.046**(n-1) and 4096 * 0.34 * (0.92 / 0.34)**((n-1)/30)."""
    for axis in range(3):
        rig.chip._main[0x0D + axis] = (code >> 2) << 5 | code
    rig.chip._main[0x10] = (code & 3) * 0x15
    trims = mpu6050_trims(rig.imu)
    assert max(abs(trim - gyr) for trim in trims[:3]) <= gyr // 500
    assert max(abs(trim - acc) for trim in trims[3:]) <= acc // 500


# The count


class Ends:
    def __init__(self):
        self.blocks = self.lost = 0

    def on_block(self, block):
        self.blocks += 1

    def on_gap(self, blocks):
        self.lost += blocks


@given(
    steps=st.lists(
        st.tuples(
            st.one_of(st.integers(20, 400), st.integers(1500, 4000)),
            st.sets(st.integers(0, 6), max_size=2),
        ),
        min_size=1,
        max_size=25,
    )
)
def test_the_count_of_samples_keeps_to_the_clock_over_any_loss(tape, steps):
    with MpuRig(tape) as rig:
        rig.imu.start()
        ends = Ends()
        sampler = Sampler(rig.imu, rig.clock, rig.haptics, ends.on_block, ends.on_gap, None)
        # A start that fails is tried again after a second.
        for ms, failing in steps + [(1200, set()), (200, set()), (200, set())]:
            rig.pass_ms(ms)
            rig.bus.fail(*failing)
            sampler.run()
        expected = rig.clock.now_ms * rig.imu.rate_mhz / 1e6
        # The clock says how many were lost to about two samples, each time.
        assert abs(sampler.index - expected) <= 2 + 2 * (sampler.overruns + sampler.faults)
        assert ends.blocks + ends.lost in range(sampler.index // 6, sampler.index // 6 + 2)
