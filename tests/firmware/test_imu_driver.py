"""The LSM6DSV16X driver against the register model of the chip."""

import re
from contextlib import ExitStack, contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.firmware.parts import STRAIGHT, Rig, numbered_tape, write_tape

PERIOD_MS = 200  # one watermark: 12 samples
FIFO_SLOTS = 170


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


def row(n):
    return (n, -n, 7, 4098, n, -n, 16393, n, 3)


def rows_of_a_read(rig):
    try:
        return rig.rows(rig.imu.read())
    except OSError:
        return []


@contextmanager
def suppress_sentence(sentence):
    try:
        yield
    except OSError as error:
        if not sentence.match(str(error)):
            raise


# Start


@pytest.mark.parametrize("address", [0x6A, 0x6B])
def test_chip_is_found_at_both_addresses(make, address):
    rig = make(address=address)
    rig.imu.start()
    rig.pass_ms(PERIOD_MS)
    assert rig.imu.read() == 12


def test_nothing_on_the_bus_is_a_sentence(make):
    with pytest.raises(OSError, match=r"Found nothing at 0x6A and 0x6B; .* check the wiring\."):
        make(address=0x1E).imu.start()


def test_other_chip_is_a_sentence(make):
    rig = make()
    rig.chip.identity = 0x6C
    with pytest.raises(OSError, match=r"Found identity 0x6c at 0x6a; expected 0x70"):
        rig.imu.start()


def test_start_leaves_the_main_page_selected(rig):
    assert rig.chip._main[0x01] == 0


def test_chip_left_on_its_embedded_page_is_found(make):
    rig = make()
    rig.chip.write(0x01, b"\x80")
    rig.imu.start()
    rig.pass_ms(PERIOD_MS)
    assert rig.imu.read() == 12


def test_bits_of_the_sflp_rate_register_that_are_not_ours_stay(make):
    rig = make()
    reset = rig.chip._reset

    def reset_with_defaults():
        reset()
        rig.chip._embedded[0x5E] = 0x5B  # the data sheet's value after power-on

    rig.chip._reset = reset_with_defaults
    rig.imu.start()
    assert rig.chip._embedded[0x5E] == 0x5B & 0xC7 | 0x10


@pytest.mark.parametrize("missed", range(1, 30, 4))
def test_start_on_a_chip_that_misses_writes_is_an_error_or_right(make, missed):
    rig = make()
    rig.chip.brown_out(missed)
    sentence = re.compile("Found 0x.. in register 0x..; expected the 0x.. just written")
    with suppress_sentence(sentence):
        rig.imu.start()
        rig.pass_ms(PERIOD_MS)
        assert rig.imu.read() == 12


def test_chip_that_stays_in_reset_is_an_error(make):
    rig = make()
    rig.chip._reset = lambda: None  # SW_POR never clears
    with pytest.raises(OSError, match="still in reset"):
        rig.imu.start()


@pytest.mark.parametrize(
    ("trim", "rate_mhz"),
    [
        pytest.param(0, 60000, id="nominal"),
        pytest.param(12, 60936, id="fast"),
        pytest.param(-15, 58830, id="slow"),
        pytest.param(127, 69906, id="largest"),
        pytest.param(-128, 50016, id="smallest"),
    ],
)
def test_rate_comes_from_the_chips_own_trim(make, trim, rate_mhz):
    rig = make(internal_freq=trim)
    rig.imu.start()
    assert rig.imu.rate_mhz == rate_mhz
    rig.pass_ms(2000)
    assert abs(len(rig.drained()) - 2 * rate_mhz / 1000) <= 1


# Samples


def test_samples_come_whole_and_in_order(rig):
    seen = []
    for _ in range(50):
        rig.pass_ms(PERIOD_MS + 37)
        seen += rig.rows(rig.imu.read())
    assert len(seen) > 600
    assert seen == [row(n) for n in range(len(seen))]
    assert rig.imu.incomplete == 0
    assert not rig.imu.has_overrun


@pytest.mark.parametrize(
    ("mounting", "first"),
    [
        pytest.param(STRAIGHT, (5, -5, 7), id="straight"),
        pytest.param(((0, 1), (1, -1), (2, -1)), (5, 5, -7), id="turned-over"),
        pytest.param(((1, 1), (0, -1), (2, 1)), (-5, -5, 7), id="quarter-turn"),
        pytest.param(((2, -1), (1, 1), (0, 1)), (-7, -5, 5), id="on-its-edge"),
    ],
)
def test_mounting_turns_every_channel_alike(make, mounting, first):
    rig = make(mounting=mounting)
    rig.imu.start()
    rig.pass_ms(PERIOD_MS)
    sample = rig.rows(rig.imu.read())[5]
    chip = row(5)
    assert sample[:3] == first
    for part in (0, 3, 6):
        turned = tuple(chip[part + axis] * sign for axis, sign in mounting)
        assert sample[part : part + 3] == turned


def test_most_negative_count_flips_to_the_most_positive(tmp_path):
    low = [[-32768, -32767, 32767]] * 20
    tape = write_tape(tmp_path / "low", low, low, low)
    with Rig(tape, mounting=((0, -1), (1, -1), (2, -1))) as rig:
        rig.imu.start()
        rig.pass_ms(PERIOD_MS)
        assert rig.rows(rig.imu.read())[0] == (32767, 32767, -32767) * 3


@pytest.mark.parametrize("transfer", range(6))
def test_no_answer_in_the_middle_loses_no_sample(rig, transfer):
    rig.pass_ms(1000)  # 60 samples: a status read and five bursts
    rig.bus.fail(transfer)
    seen = rows_of_a_read(rig)
    assert len(seen) == 12 * max(0, transfer - 1)
    rig.pass_ms(100)
    seen += rows_of_a_read(rig)
    assert seen == [row(n) for n in range(66)]


def test_slot_cut_between_two_reads_is_put_together(rig):
    rig.pass_ms(PERIOD_MS)
    whole = rig.chip._fifo.words
    rig.chip._fifo.words = whole - 2  # acceleration and gravity are still on their way
    assert rig.imu.read() == 11
    rig.chip._fifo.words = 2
    rig.pass_ms(100)
    count = rig.imu.read()
    assert rig.rows(count) == [row(n) for n in range(11, 11 + count)]
    assert rig.imu.incomplete == 0


def test_slot_without_one_word_is_left_out_and_counted(rig):
    rig.pass_ms(PERIOD_MS)
    rig.chip._fifo._ring[7 * 13] ^= 0x1F << 3  # the fifth slot's acceleration gets another tag
    count = rig.imu.read()
    assert rig.rows(count) == [row(n) for n in range(12) if n != 4]
    assert rig.imu.incomplete == 1


def test_overrun_is_told_once_and_what_is_left_is_good(rig):
    rig.pass_ms(5000)
    seen = rig.rows(rig.imu.read())
    assert rig.imu.has_overrun
    assert FIFO_SLOTS - 2 <= len(seen) + rig.imu.left <= FIFO_SLOTS
    seen += rig.drained()
    assert not rig.imu.has_overrun
    assert seen == [row(n) for n in range(seen[0][0], seen[0][0] + len(seen))]
    rig.pass_ms(PERIOD_MS)
    again = rig.rows(rig.imu.read())
    assert not rig.imu.has_overrun
    assert again == [row(n) for n in range(seen[-1][0] + 1, seen[-1][0] + 1 + len(again))]


def test_overrun_is_told_even_when_the_read_after_it_fails(rig):
    rig.pass_ms(5000)
    rig.bus.fail(1)  # the status was read, and that has cleared it
    with pytest.raises(OSError, match="19"):
        rig.imu.read()
    rig.imu.read()
    assert rig.imu.has_overrun


def test_read_that_fails_half_way_gives_what_came_and_says_what_is_left(rig):
    rig.pass_ms(5000)
    rig.bus.fail(3)
    assert rig.imu.read() == 24 - 1  # the overrun has cut the first slot
    assert (rig.imu.has_failed, rig.imu.has_overrun, rig.imu.left) == (True, True, 146)
    assert len(rig.drained()) >= 146
    assert (rig.imu.has_failed, rig.imu.has_overrun, rig.imu.left) == (False, False, 0)


def test_bus_that_fails_every_other_time_loses_nothing(rig):
    seen = []
    for step in range(120):
        rig.pass_ms(150)
        rig.bus.fail(step % 4)
        seen += rows_of_a_read(rig)
    assert seen == [row(n) for n in range(len(seen))]
    assert len(seen) > 1000


@given(
    steps=st.lists(
        st.tuples(
            st.one_of(st.integers(1, 400), st.integers(2500, 5000)),
            st.sets(st.integers(0, 12), max_size=3),
        ),
        min_size=1,
        max_size=25,
    )
)
def test_rows_come_once_and_in_order_and_every_hole_is_told(tape, steps):
    with Rig(tape) as rig:
        rig.imu.start()
        last = -1
        for ms, failing in steps:
            rig.pass_ms(ms)
            rig.bus.fail(*failing)
            rows = rows_of_a_read(rig)
            if rows:
                first = rows[0][0]
                assert rows == [row(n) for n in range(first, first + len(rows))]
                assert first == last + 1 or (first > last and rig.imu.has_overrun)
                last = rows[-1][0]
