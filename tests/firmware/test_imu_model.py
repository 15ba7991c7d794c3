"""The register-level LSM6DSV16X, driven as a driver drives it. The same file runs on the VM."""

import struct

import pytest

from tests.firmware.tapes import write_tape

from lsm6dsv16x_model import Lsm6dsv16x  # isort: skip
from tape import Tape  # isort: skip

GYR, ACC, GRAVITY = 0x01, 0x02, 0x17
SECOND_US = 1_000_000
TICKS = 5000


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Row n holds gyr (n, 0, -n), acc (4098, n, 0), gravity (16393, 0, n)."""
    ticks = range(TICKS)
    return write_tape(
        tmp_path_factory.mktemp("tape") / "tape",
        [(n, 0, -n) for n in ticks],
        [(4098, n, 0) for n in ticks],
        [(16393, 0, n) for n in ticks],
    )


@pytest.fixture
def tape(written):
    opened = Tape(str(written))
    yield opened
    opened.close()


@pytest.fixture
def imu(tape):
    return Lsm6dsv16x(tape)


def put(imu, register, value):
    imu.write(register, bytes([value]))


def get(imu, register, count=1):
    buffer = bytearray(count)
    imu.read(register, buffer)
    return buffer if count > 1 else buffer[0]


def start(imu, watermark=18, odr=5, sflp=2):
    """Configure as the product does: 8 g, 1000 dps, three words a slot at 60 Hz."""
    put(imu, 0x17, 0x02)
    put(imu, 0x15, 0x03)
    put(imu, 0x07, watermark)
    put(imu, 0x09, odr << 4 | odr)
    put(imu, 0x01, 0x80)
    put(imu, 0x44, 0x10)
    put(imu, 0x5E, sflp << 3)
    put(imu, 0x04, 0x02)
    put(imu, 0x01, 0x00)
    put(imu, 0x0D, 0x08)
    put(imu, 0x10, odr)
    put(imu, 0x11, odr)
    put(imu, 0x0A, 0x06)


def level(imu):
    low, high = get(imu, 0x1B, 2)
    return low | (high & 1) << 8


def words(imu, count=None):
    """Read words as (tag, slot counter, x, y, z)."""
    raw = get(imu, 0x78, 7 * (level(imu) if count is None else count))
    found = (raw[i : i + 7] for i in range(0, len(raw), 7))
    return [(w[0] >> 3, w[0] >> 1 & 3) + struct.unpack_from("<3h", w, 1) for w in found]


# Registers


@pytest.mark.parametrize(
    ("register", "value"),
    [
        pytest.param(0x0F, 0x70, id="who-am-i"),
        pytest.param(0x12, 0x44, id="ctrl3"),
        pytest.param(0x02, 0x23, id="pin-ctrl"),
        pytest.param(0x54, 0x04, id="inactivity-dur"),
        pytest.param(0x0A, 0x00, id="fifo-ctrl4"),
    ],
)
def test_register_has_its_reset_value(imu, register, value):
    assert get(imu, register) == value


@pytest.mark.parametrize("register", [0x0F, 0x1B, 0x1C, 0x1E, 0x22, 0x2D, 0x40, 0x4F])
def test_read_only_register_ignores_writes(imu, register):
    before = get(imu, register)
    put(imu, register, before ^ 0x5A)
    assert get(imu, register) == before


@pytest.mark.parametrize(("register", "bit"), [(0x12, 0x01), (0x01, 0x04)], ids=["sw", "por"])
def test_reset_restores_everything_and_clears_itself(imu, register, bit):
    start(imu)
    imu.advance(SECOND_US)
    put(imu, register, bit | (0x44 if register == 0x12 else 0))
    assert get(imu, 0x12) == 0x44
    assert get(imu, 0x01) == 0
    assert (get(imu, 0x07), get(imu, 0x10), level(imu)) == (0, 0, 0)
    imu.advance(2 * SECOND_US)
    assert level(imu) == 0


def test_embedded_page_hides_the_main_page(imu):
    put(imu, 0x07, 0x55)
    put(imu, 0x01, 0x80)
    put(imu, 0x44, 0x10)
    assert get(imu, 0x44) == 0x10
    assert get(imu, 0x07) == 0
    put(imu, 0x01, 0x00)
    assert get(imu, 0x07) == 0x55
    assert get(imu, 0x44) == 0


def test_addresses_count_up_only_with_if_inc(imu):
    imu.write(0x07, bytes([11, 0, 0x55]))
    assert get(imu, 0x07, 3) == bytes([11, 0, 0x55])
    put(imu, 0x12, 0x40)
    assert get(imu, 0x07, 3) == bytes([11, 11, 11])


# Rates


@pytest.mark.parametrize(
    ("code", "rate_hz"),
    [(1, 1.875), (2, 7.5), (3, 15), (4, 30), (5, 60), (6, 120), (7, 240), (13, 0), (0, 0)],
)
def test_rate_code_gives_that_many_accelerations_a_second(imu, code, rate_hz):
    put(imu, 0x10, code)
    put(imu, 0x09, code)
    put(imu, 0x0A, 0x06)
    imu.advance(2 * SECOND_US)
    assert level(imu) == int(2 * rate_hz)


def test_slower_sensor_is_batched_in_every_second_slot(imu):
    start(imu)
    put(imu, 0x09, 0x45)  # gyro 30 Hz, acceleration 60 Hz
    imu.advance(SECOND_US)
    tags = [word[0] for word in words(imu)]
    assert (tags.count(GYR), tags.count(ACC), tags.count(GRAVITY)) == (30, 60, 60)


def test_no_gravity_when_a_sensor_is_slower_than_sflp(imu):
    start(imu, sflp=3)  # SFLP at 120 Hz, sensors at 60
    imu.advance(SECOND_US)
    assert {word[0] for word in words(imu)} == {GYR, ACC}


def test_sleeping_gyro_gives_nothing(imu):
    start(imu)
    put(imu, 0x11, 0x45)
    imu.advance(SECOND_US)
    assert {word[0] for word in words(imu)} == {ACC}


@pytest.mark.parametrize("internal_freq", [0, 9, -12, 127])
def test_trim_makes_the_chip_faster_or_slower(tape, internal_freq):
    imu = Lsm6dsv16x(tape, internal_freq)
    start(imu)
    read = 0
    for second in range(1, 51):
        imu.advance(second * SECOND_US)
        read += len(words(imu))
    assert get(imu, 0x4F) == internal_freq & 0xFF
    assert read == 3 * int(50 * 60 * (1 + 0.0013 * internal_freq))


def test_timestamp_counts_21_75_us_from_when_it_is_enabled(imu):
    imu.advance(SECOND_US)
    assert get(imu, 0x40, 4) == bytes(4)
    put(imu, 0x50, 0x40)
    imu.advance(SECOND_US + 87_000)
    assert int.from_bytes(get(imu, 0x40, 4), "little") == 4000
    put(imu, 0x42, 0xAA)
    assert get(imu, 0x40, 4) == bytes(4)


# The FIFO


def test_first_sample_comes_with_the_first_tick_after_the_fifo_is_on(imu):
    imu.advance(3 * SECOND_US)
    start(imu)
    imu.advance(3 * SECOND_US + 16_666)
    assert level(imu) == 0
    imu.advance(3 * SECOND_US + 16_667)
    assert words(imu) == [
        (GYR, 0, 0, 0, 0),
        (ACC, 0, 4098, 0, 0),
        (GRAVITY, 0, 16393, 0, 0),
    ]


def test_slots_keep_their_order_and_count_modulo_four(imu):
    start(imu)
    imu.advance(SECOND_US)
    found = words(imu)
    assert [word[0] for word in found] == [GYR, ACC, GRAVITY] * 60
    assert [word[1] for word in found[::3]] == [n % 4 for n in range(60)]
    assert [word[2] for word in found[::3]] == list(range(60))


def test_word_leaves_with_its_seventh_byte(imu):
    start(imu)
    imu.advance(SECOND_US // 10)
    tag = get(imu, 0x78)
    assert level(imu) == 18
    assert get(imu, 0x78) == tag
    assert get(imu, 0x79, 6) == bytes(6)  # gyro of row 0
    assert level(imu) == 17


def test_burst_goes_round_over_the_end_of_the_ring(imu):
    start(imu)
    seen = []
    for tenth in range(1, 301):
        imu.advance(tenth * SECOND_US // 10)
        seen += [word[2] for word in words(imu) if word[0] == GYR]
    assert seen == list(range(1800))


def test_empty_fifo_reads_as_zeros(imu):
    start(imu)
    assert get(imu, 0x78, 14) == bytes(14)


def test_bypass_empties_the_fifo_and_the_tape_runs_on(imu):
    start(imu)
    imu.advance(SECOND_US)
    put(imu, 0x0A, 0x00)
    assert level(imu) == 0
    imu.advance(2 * SECOND_US)
    assert level(imu) == 0
    put(imu, 0x0A, 0x06)
    imu.advance(2 * SECOND_US + 20_000)
    assert words(imu)[0][2] == 120


def test_overrun_loses_the_oldest_and_is_latched_until_read(imu):
    start(imu)
    imu.advance(10 * SECOND_US)  # 1800 words into 512
    low, high = get(imu, 0x1B, 2)
    assert low | (high & 1) << 8 == 511
    assert high & 0x48 == 0x48
    assert get(imu, 0x1C) & 0x48 == 0
    newest = words(imu, 512)[-3:]
    assert newest[0] == (GYR, 599 % 4, 599, 0, -599)


def test_fifo_mode_stops_when_full(imu):
    start(imu)
    put(imu, 0x0A, 0x00)
    put(imu, 0x0A, 0x01)
    imu.advance(10 * SECOND_US)
    assert get(imu, 0x1C) & 0x40 == 0
    assert words(imu, 3)[0][2] == 0


def test_watermark_raises_int1_until_the_fifo_is_below_it(imu):
    start(imu, watermark=18)
    due_us = imu.next_interrupt_us()
    assert due_us == 100_000
    imu.advance(due_us - 1)
    assert not imu.interrupt()
    imu.advance(due_us)
    assert imu.interrupt()
    assert get(imu, 0x1C) & 0x80
    words(imu, 1)
    assert not imu.interrupt()
    assert not get(imu, 0x1C) & 0x80


@pytest.mark.parametrize("watermark", [1, 4, 17, 20, 255])
@pytest.mark.parametrize("batch", [0x55, 0x45, 0x05, 0x50], ids=hex)
def test_next_interrupt_is_when_it_comes(imu, watermark, batch):
    start(imu, watermark=watermark)
    put(imu, 0x09, batch)
    imu.advance(40_000)
    words(imu)
    due_us = imu.next_interrupt_us()
    imu.advance(due_us - 1)
    assert not imu.interrupt()
    imu.advance(due_us)
    assert imu.interrupt()


def test_int1_stays_low_when_it_is_not_enabled(imu):
    start(imu)
    put(imu, 0x0D, 0x00)
    imu.advance(SECOND_US)
    assert not imu.interrupt()
    assert imu.next_interrupt_us() is None


# Values


@pytest.mark.parametrize(
    ("register", "code", "tag", "expected"),
    [
        pytest.param(0x17, 0, ACC, (4098 * 4, 80, 0), id="2g"),
        pytest.param(0x17, 1, ACC, (4098 * 2, 40, 0), id="4g"),
        pytest.param(0x17, 3, ACC, (2049, 10, 0), id="16g"),
        pytest.param(0x15, 0, GYR, (160, 0, -160), id="125dps"),
        pytest.param(0x15, 2, GYR, (40, 0, -40), id="500dps"),
        pytest.param(0x15, 4, GYR, (10, 0, -10), id="2000dps"),
        pytest.param(0x15, 0xC, GYR, (5, 0, -5), id="4000dps"),
    ],
)
def test_full_scale_rescales_the_counts(imu, register, code, tag, expected):
    start(imu)
    put(imu, register, code)
    imu.advance(SECOND_US)
    row = [word for word in words(imu) if word[0] == tag][20]
    assert row[2:] == expected


def test_value_beyond_full_scale_sticks_at_the_limit(imu):
    start(imu)
    put(imu, 0x15, 0x00)  # 125 dps: eight times the counts
    reached = []
    for second in range(1, 81):
        imu.advance(second * SECOND_US)
        reached += [(word[2], word[4]) for word in words(imu) if word[0] == GYR]
    assert reached[4095] == (32760, -32760)
    assert reached[4097] == (32767, -32768)


def test_output_registers_show_the_latest_sample(imu):
    start(imu)
    imu.advance(SECOND_US)
    assert get(imu, 0x1E) == 0x03
    assert struct.unpack("<3h", get(imu, 0x22, 6)) == (59, 0, -59)
    assert struct.unpack("<3h", get(imu, 0x28, 6)) == (4098, 59, 0)
    assert get(imu, 0x1E) == 0x00
    imu.advance(SECOND_US + 20_000)
    assert get(imu, 0x1E) == 0x03


def test_wearer_holds_still_after_the_end_of_the_tape(imu):
    start(imu)
    for second in range(1, 86):  # the tape has 83.3 s
        imu.advance(second * SECOND_US)
        last = words(imu)[-3:]
    assert [word[2:] for word in last] == [(0, 0, 0), (4098, 4999, 0), (16393, 0, 4999)]


def test_without_a_tape_the_wearer_stands_upright():
    imu = Lsm6dsv16x(Tape())
    start(imu)
    imu.advance(SECOND_US // 10)
    assert words(imu)[-3:] == [(GYR, 1, 0, 0, 0), (ACC, 1, 4098, 0, 0), (GRAVITY, 1, 16393, 0, 0)]


def test_file_that_is_no_tape_is_refused(tmp_path):
    path = tmp_path / "tape"
    path.write_bytes(b"RIFF" + bytes(60))
    with pytest.raises(ValueError, match="write_tape"):
        Tape(str(path))


# Faults


def test_brown_out_stops_the_samples_until_it_is_configured_again(imu):
    start(imu)
    imu.advance(SECOND_US)
    imu.brown_out(writes_to_ignore=2)
    imu.advance(2 * SECOND_US)
    assert (level(imu), get(imu, 0x10)) == (0, 0)
    put(imu, 0x10, 5)
    put(imu, 0x10, 5)
    assert get(imu, 0x10) == 0
    start(imu)
    imu.advance(2 * SECOND_US + 20_000)
    assert words(imu)[0][2] == 120  # the wearer did not wait
