"""The LSM6DSV16X beside its samples: self-test, clock, rest, batches, bus and chip gone wrong."""

from contextlib import ExitStack

import pytest

from posturecore.faults import SENSOR_BUS, SENSOR_MISSING, SENSOR_SILENT, SENSOR_WRONG
from tests.firmware.parts import Bus, MpuRig, Rig, numbered_tape, write_tape

from drivers.finding import find_imu  # isort: skip - the package puts its folder on the path
from drivers.imu import SensorFault  # isort: skip
from lsm6dsv16x_model import Lsm6dsv16x  # isort: skip
from tape import Tape  # isort: skip

PERIOD_MS = 200


@pytest.fixture(scope="module")
def tape(tmp_path_factory):
    return numbered_tape(tmp_path_factory.mktemp("tape") / "tape")


@pytest.fixture
def make(tape):
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(Rig(tape, **options))


@pytest.fixture
def rig(make):
    rig = make()
    rig.imu.start()
    return rig


def fault_of(call):
    with pytest.raises(SensorFault) as caught:
        call()
    return caught.value.code, caught.value.detail


# Faults, each by its code


def stays_in_reset(rig):
    rig.chip._reset = lambda: None


def is_another(rig):
    rig.chip.identity = 0x6C


def is_gone(rig):
    rig.bus.address = 0x1E


def is_held(rig):
    rig.bus.held_clocks = 99


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        pytest.param(is_gone, (SENSOR_MISSING, 0), id="gone"),
        pytest.param(is_held, (SENSOR_MISSING, 0), id="held"),
        pytest.param(is_another, (SENSOR_WRONG, 0x6C), id="another"),
        pytest.param(stays_in_reset, (SENSOR_SILENT, 0), id="stays-in-reset"),
        pytest.param(lambda rig: rig.chip.brown_out(9), (SENSOR_SILENT, 0), id="misses-writes"),
        pytest.param(lambda rig: rig.bus.fail(20), (SENSOR_BUS, 1), id="fails-half-way"),
    ],
)
@pytest.mark.parametrize("call", ["start", "self_test", "rest"])
def test_what_is_wrong_is_one_code(make, spoil, expected, call):
    rig = make()
    spoil(rig)
    assert fault_of(getattr(rig.imu, call)) == expected


def test_bus_held_since_before_the_start_is_freed(make):
    rig = make()
    rig.bus.held_clocks = 4
    rig.imu.start()
    assert rig.imu.times_freed == 1
    rig.pass_ms(PERIOD_MS)
    assert rig.imu.read() == 12


@pytest.mark.parametrize(("clocks", "reads"), [(1, 3), (9, 3), (10, 6), (27, 9)])
def test_held_bus_is_freed_in_the_middle_of_a_day_and_nothing_is_lost(rig, clocks, reads):
    rig.pass_ms(PERIOD_MS)
    rig.bus.held_clocks = clocks
    for _ in range(reads):
        with pytest.raises(OSError, match="110"):
            rig.imu.read()
    assert rig.rows(rig.imu.read())[0][0] == 0
    assert (rig.imu.transfers_failed, rig.imu.times_freed) == (reads, reads // 3)


def test_single_failures_free_no_bus(rig):
    for _ in range(20):
        rig.pass_ms(PERIOD_MS)
        rig.bus.fail(0, 1)
        for _ in range(2):
            with pytest.raises(OSError, match="19"):
                rig.imu.read()
        assert rig.imu.read() > 0
    assert (rig.imu.transfers_failed, rig.imu.times_freed) == (40, 0)


def test_chip_that_lost_its_supply_is_told_by_the_next_read_and_once(rig):
    rig.pass_ms(PERIOD_MS)
    rig.imu.read()
    assert (rig.imu.read(), rig.imu.has_reset) == (0, False)  # only empty
    rig.chip.brown_out()
    assert (rig.imu.read(), rig.imu.has_reset) == (0, True)
    assert (rig.imu.read(), rig.imu.has_reset) == (0, False)
    rig.imu.start()
    rig.pass_ms(PERIOD_MS)
    assert (rig.imu.read(), rig.imu.has_reset) == (12, False)


# The sensor that is there


class Board:
    def __init__(self, bus):
        self.bus = bus
        self.MOUNTING = ((0, 1), (1, 1), (2, 1))
        self.sleep_ms = None

    def free_bus(self):
        return self.bus.free()


@pytest.mark.parametrize("held_clocks", [0, 5])
@pytest.mark.parametrize(
    ("kind", "address", "name"),
    [
        (Rig, 0x6A, "LSM6DSV16X"),
        (Rig, 0x6B, "LSM6DSV16X"),
        (MpuRig, 0x68, "MPU-6050"),
        (MpuRig, 0x69, "MPU-6050"),
    ],
)
def test_driver_is_that_of_the_sensor_that_answers(tape, kind, address, name, held_clocks):
    with kind(tape, address=address) as rig:
        rig.bus.held_clocks = held_clocks
        imu = find_imu(rig.bus, Board(rig.bus))
        assert name == imu.NAME
        imu.start()
        rig.pass_ms(PERIOD_MS)
        assert imu.read() in (11, 12)


def test_no_sensor_at_all_is_a_sensor_missing():
    bus = Bus(None, 0x1E)
    assert fault_of(lambda: find_imu(bus, Board(bus))) == (SENSOR_MISSING, 0)


# Self-test


def test_good_chip_passes_and_starts_after_it(make):
    rig = make()
    assert rig.imu.self_test() == 0
    rig.imu.start()
    rig.pass_ms(PERIOD_MS)
    assert rig.imu.read() == 12


@pytest.mark.parametrize("axes", [1, 2, 4, 8, 16, 32, 0b101010, 0b111111])
def test_dead_axes_are_named(make, axes):
    rig = make()
    rig.chip.dead_axes = axes
    assert rig.imu.self_test() == axes


def test_chip_with_gravity_on_an_axis_and_a_bias_still_passes(tmp_path):
    tape = write_tape(
        tmp_path / "tape", [[30, -30, 20]] * 9, [[0, 0, -4098]] * 9, [[0, 0, -16393]] * 9
    )
    with Rig(tape) as rig:
        assert rig.imu.self_test() == 0


# The clock


@pytest.mark.parametrize("error_ppm", [-15_000, 0, 12_000])
@pytest.mark.parametrize("trim", [0, -10])
def test_two_timestamps_show_the_real_rate(tape, trim, error_ppm):
    with Rig(tape, internal_freq=trim) as rig:
        rig.chip.__init__(rig._tape, trim, error_ppm)
        rig.imu.start()
        first = rig.imu.timestamp()
        rig.pass_ms(15_000)
        seen_mhz = rig.imu.rate_seen_mhz(first, rig.imu.timestamp(), 15_000)
    assert abs(seen_mhz - rig.imu.rate_mhz * (1 + error_ppm / 1e6)) <= 10


def test_timestamp_wraps(rig):
    # 8 * 65536 + 1190 - 65535 ticks of 21.75 us are 10.004 s.
    assert rig.imu.rate_seen_mhz((0xFFFF, 0xFFFF), (7, 1190), 10_004) == 59_998


@pytest.mark.parametrize("elapsed_ms", [0, 17_001])
def test_span_too_long_for_a_small_int_is_a_sentence(rig, elapsed_ms):
    with pytest.raises(ValueError, match=f"Found {elapsed_ms} ms; expected 1 to 17000"):
        rig.imu.rate_seen_mhz((0, 0), (1, 0), elapsed_ms)


# Batches


@pytest.mark.parametrize("samples", [1, 6, 50])
def test_interrupt_comes_after_as_many_samples_as_asked_for(rig, samples):
    rig.imu.set_watermark(samples)
    assert rig.chip.next_interrupt_us() == -(-samples * 1_000_000 // 60)
    rig.imu.start()  # it holds over a start
    rig.pass_samples(samples)
    assert rig.chip.interrupt()
    assert rig.imu.read() == samples


@pytest.mark.parametrize("samples", [0, 51])
def test_batch_that_the_fifo_may_not_hold_is_refused(rig, samples):
    with pytest.raises(ValueError, match=f"watermark of {samples} samples; expected 1 to 50"):
        rig.imu.set_watermark(samples)


# Rest


def pushed(path, counts):
    """Ten seconds upright and at rest, then a push of so many counts along y."""
    acc = [[4098, 0, 0]] * 600 + [[4098, counts, 0]] * 600
    return write_tape(path, [[0, 0, 0]] * 1200, acc, [[16393, 0, 0]] * 1200)


@pytest.mark.parametrize(("mg", "wakes"), [(50, False), (75, True)])
def test_motion_beyond_62_mg_raises_the_interrupt(tmp_path, mg, wakes):
    with Rig(pushed(tmp_path / "tape", mg * 4098 // 1000)) as rig:
        rig.imu.start()
        rig.imu.rest()
        rig.pass_ms(9_500)
        assert (rig.chip.interrupt(), rig.chip.next_interrupt_us()) == (False, None)
        rig.pass_ms(1_000)
        assert rig.chip.interrupt() == wakes
        assert rig.imu.has_moved() == wakes
        assert not rig.chip.interrupt()


def test_resting_chip_gathers_nothing_and_start_wakes_it(rig):
    rig.pass_ms(PERIOD_MS)
    rig.imu.rest()
    rig.pass_ms(5_000)
    assert (rig.imu.read(), rig.imu.has_reset) == (0, False)
    rig.imu.start()
    rig.pass_ms(PERIOD_MS)
    rows = rig.rows(rig.imu.read())
    assert len(rows) == 12
    assert rows[0][0] == 312  # the wearer has not waited


# What the model can do wrong


def test_gravity_is_wrong_while_it_settles(tape):
    with Rig(tape) as rig:
        rig.chip = Lsm6dsv16x(Tape(str(tape)), settle_us=300_000)
        rig.bus.chip = rig.chip
        rig.imu.start()
        rig.pass_ms(500)
        rows = rig.rows(rig.imu.read())
        rig.chip._tape.close()
    settled = [row[6] == 16393 for row in rows]
    assert settled == [False] * (rig.imu.settling_samples - 1) + [True] * 13
