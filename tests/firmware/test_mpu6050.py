"""The MPU-6050 driver against the register model of the chip."""

import struct
from contextlib import ExitStack
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posturecore.faults import (
    SENSOR_BUS,
    SENSOR_CLONE,
    SENSOR_MISSING,
    SENSOR_SILENT,
    SENSOR_WRONG,
)
from tests.firmware.parts import Bus, MpuRig, numbered_tape

from drivers.imu import SensorFault  # isort: skip - the package puts its folder on the path

FIFO_SAMPLES = 85
ENDS = (32767, -32768, 0), (32767, -32768, 0)


class BreakingBus(Bus):
    """A failing transfer breaks off after some bytes: the FIFO has given them up."""

    breaks_after = 0

    def readfrom_mem_into(self, address, register, buffer):
        fails = 0 in self.failing
        if fails and register == 0x74 and address == self.address:
            self.chip.read(register, bytearray(min(self.breaks_after, len(buffer))))
        super().readfrom_mem_into(address, register, buffer)


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


def row_of(sample):
    """The tape row a sample shows, by each of its channels; fails when they differ."""
    gyr_x, gyr_y, gyr_z, acc_x, acc_y, acc_z = sample[:6]
    assert (gyr_z, acc_x) == (7, 4098), "framing is lost"
    n = round(acc_y / (1 + 1 / 2048))
    assert abs(acc_z + acc_y) <= 1
    # Counts go to the chip's own scale and back: half a count of each.
    assert abs(gyr_x - n) <= 2
    assert abs(gyr_y + n) <= 2
    return n


def rows_of_a_read(rig):
    try:
        return [row_of(sample) for sample in rig.rows(rig.imu.read())]
    except OSError:
        return []


# Start


@pytest.mark.parametrize("address", [0x68, 0x69])
def test_chip_is_found_at_both_addresses_and_woken(make, address):
    rig = make(address=address)
    rig.imu.start()
    rig.pass_ms(200)
    assert rig.imu.read() == 11
    assert rig.imu.warning == 0


def test_nothing_on_the_bus_is_a_sensor_missing(make):
    with pytest.raises(SensorFault, match=r"Found nothing at 0x68 and 0x69; .* wiring") as caught:
        make(address=0x1E).imu.start()
    assert (caught.value.code, caught.value.detail) == (SENSOR_MISSING, 0)


@pytest.mark.parametrize("identity", [0x70, 0x72, 0x98], ids=hex)
def test_clone_works_with_a_warning(make, identity):
    rig = make()
    rig.chip.identity = identity
    rig.imu.start()
    rig.pass_ms(200)
    assert rig.imu.read() == 11
    assert (rig.imu.warning, rig.imu.identity) == (SENSOR_CLONE, identity)


def test_other_chip_is_a_wrong_sensor(make):
    rig = make()
    rig.chip.identity = 0x24
    with pytest.raises(SensorFault, match="Found identity 0x24 at 0x68; expected 0x68") as caught:
        rig.imu.start()
    assert (caught.value.code, caught.value.detail) == (SENSOR_WRONG, 0x24)


@pytest.mark.parametrize("missed", range(1, 14))
def test_start_on_a_chip_that_misses_writes_is_an_error_or_right(make, missed):
    rig = make()
    rig.chip.brown_out(missed)
    codes = list(codes_until_it_starts(rig.imu))
    assert set(codes) <= {SENSOR_SILENT}
    rig.pass_ms(200)
    assert rig.imu.read() == 11


def codes_until_it_starts(imu):
    while True:
        try:
            imu.start()
        except SensorFault as fault:
            yield fault.code
        else:
            return


def test_failed_transfer_in_a_start_is_a_bus_fault(make):
    rig = make()
    rig.bus.fail(6)
    with pytest.raises(SensorFault, match="Found transfer 1 to fail") as caught:
        rig.imu.start()
    assert (caught.value.code, caught.value.detail) == (SENSOR_BUS, 1)


# Bytes in, counts out


@pytest.mark.parametrize(
    ("acc", "gyr", "expected_acc", "expected_gyr"),
    [  # 4096 a g becomes 4098, 32.8 a deg/s becomes 28.571
        pytest.param((4096, -4096, 0), (3280, -3280, 0), (4098, -4098, 0), (2857, -2857, 0)),
        pytest.param((1, -1, 2048), (1, -1, 328), (1, -1, 2049), (1, -1, 286), id="small"),
        pytest.param((32752, 0, 0), (32766, 0, 0), (32767, 0, 0), (28542, 0, 0), id="large"),
        pytest.param((32767, -32768, 0), (32767, -32768, 0), *ENDS, id="ends"),
    ],
)  # fmt: skip
def test_bytes_of_the_fifo_become_counts(rig, acc, gyr, expected_acc, expected_gyr):
    rig.chip._fifo.extend(struct.pack(">6h", *acc, *gyr))
    assert rig.imu.read() == 1
    sample = rig.rows(1)[0]
    assert sample[3:6] == expected_acc
    assert sample[:3] == expected_gyr


@pytest.mark.parametrize(
    "mounting",
    [
        pytest.param(((0, 1), (1, -1), (2, -1)), id="turned-over"),
        pytest.param(((1, 1), (0, -1), (2, 1)), id="quarter-turn"),
        pytest.param(((2, -1), (1, 1), (0, 1)), id="on-its-edge"),
    ],
)
def test_mounting_turns_every_channel_alike(tape, mounting):
    with MpuRig(tape) as straight, MpuRig(tape, mounting=mounting) as turned:
        for rig in (straight, turned):
            rig.imu.start()
            rig.pass_ms(200)
            rig.imu.read()
        chip, seen = straight.rows(6)[5], turned.rows(6)[5]
    for part in (0, 3, 6):
        wanted = [chip[part + axis] * sign for axis, sign in mounting]
        assert max(abs(a - b) for a, b in zip(seen[part : part + 3], wanted)) <= 2


@pytest.mark.parametrize("error_ppm", [0, 10_000, -20_000])
def test_samples_come_whole_and_in_order_at_the_stated_rate(make, error_ppm):
    rig = make(error_ppm=error_ppm)
    rig.imu.start()
    seen = []
    for _ in range(100):
        rig.pass_ms(237)
        seen += rows_of_a_read(rig)
    expected = 23.7 * rig.imu.rate_mhz / 1000 * (1 + error_ppm / 1e6)
    assert abs(len(seen) - expected) <= 1
    # The tape has 60 rows a second: one in 51 is passed over.
    assert {b - a for a, b in pairwise(seen)} <= {0, 1, 2}
    assert not rig.imu.has_overrun


# Losses


def test_overflow_loses_the_framing_and_the_next_samples_tell(rig):
    rig.pass_ms(200)
    before = rows_of_a_read(rig)
    rig.pass_ms(3000)
    assert rig.imu.read() == 0
    assert not rig.imu.has_overrun  # nothing to tell it with
    rig.pass_ms(100)
    seen = rows_of_a_read(rig)
    assert rig.imu.has_overrun
    assert seen[0] - before[-1] in range(178, 184)  # 3 s
    rig.pass_ms(100)
    assert rows_of_a_read(rig)[0] - seen[-1] in (1, 2)
    assert not rig.imu.has_overrun


def test_full_fifo_is_not_yet_an_overflow(rig):
    rig.pass_ms(FIFO_SAMPLES * 17)
    came = 0
    while came < FIFO_SAMPLES:
        came += rig.imu.read()
        assert rig.imu.left == FIFO_SAMPLES - came
        assert not rig.imu.has_overrun


def test_failed_status_read_loses_nothing(rig):
    rig.pass_ms(200)
    seen = rows_of_a_read(rig)
    for transfer in (0, 1):
        rig.pass_ms(200)
        rig.bus.fail(transfer)
        assert rows_of_a_read(rig) == []
    rig.pass_ms(200)
    seen += rows_of_a_read(rig)
    assert not rig.imu.has_overrun
    assert {b - a for a, b in pairwise(seen)} <= {1, 2}


@pytest.mark.parametrize("given_up", [0, 1, 12, 100])
def test_transfer_that_breaks_off_keeps_the_framing_and_tells_the_loss(rig, given_up):
    rig.bus.__class__, rig.bus.breaks_after = BreakingBus, given_up
    rig.pass_ms(800)  # 47 samples: five bursts, two of them in one read
    rig.bus.fail(3)
    first = rows_of_a_read(rig)
    assert (len(first), rig.imu.has_failed, rig.imu.left) == (10, True, 37)
    rig.pass_ms(100)
    assert rows_of_a_read(rig) == []  # emptied
    rig.pass_ms(100)
    then = rows_of_a_read(rig)
    assert rig.imu.has_overrun
    assert then[0] > first[-1] + 37


def test_transfer_that_breaks_off_at_once_is_told_later(rig):
    rig.bus.__class__, rig.bus.breaks_after = BreakingBus, 7
    rig.pass_ms(200)
    rig.bus.fail(2)
    with pytest.raises(OSError, match="19"):
        rig.imu.read()
    rig.imu.read()
    rig.pass_ms(100)
    assert len(rows_of_a_read(rig)) in (5, 6)
    assert rig.imu.has_overrun


def test_framing_that_is_lost_unseen_is_found_before_a_sample_is_given(rig):
    rig.chip._fifo.extend(b"\x00")
    for _ in range(3):
        rig.pass_ms(20)
        assert rig.imu.read() == 0
    rig.pass_ms(100)
    assert len(rows_of_a_read(rig)) in (5, 6)
    assert rig.imu.has_overrun


@given(
    steps=st.lists(
        st.tuples(
            st.one_of(st.integers(1, 400), st.integers(1300, 4000)),
            st.sets(st.integers(0, 8), max_size=2),
            st.integers(0, 250),
        ),
        min_size=1,
        max_size=25,
    )
)
def test_no_read_ever_gives_a_sample_that_is_not_one(tape, steps):
    with MpuRig(tape) as rig:
        rig.imu.start()
        rig.bus.__class__ = BreakingBus
        last = -1
        for ms, failing, rig.bus.breaks_after in steps:
            rig.pass_ms(ms)
            rig.bus.fail(*failing)
            seen = rows_of_a_read(rig)
            assert seen == sorted(seen)
            if seen:
                # Rows pass by time; a hole is told.
                assert rig.imu.has_overrun or seen[0] - last <= 2
                last = seen[-1]
                assert last <= rig.clock.now_ms * 60 // 1000
