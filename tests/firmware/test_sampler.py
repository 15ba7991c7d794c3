"""Samples into blocks: aligned to the count, with every loss stated, whatever the bus does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posturecore.blocks import FLAGS, MOTOR
from posturecore.wire import unpack_frame
from tests.firmware.parts import Rig, numbered_tape

from drivers.lsm6dsv16x import LSM6DSV16X  # isort: skip
from sampler import Sampler  # isort: skip - the package puts its folder on the path

SETTLING = LSM6DSV16X.settling_samples


class Ends:
    """A sampler, and what it gives: blocks and frames by their index."""

    def __init__(self, rig):
        self.rig = rig
        self.next_block = 0
        self.blocks, self.gaps, self.frames = {}, [], []
        rig.imu.start()
        self.sampler = Sampler(
            rig.imu, rig.clock, rig.haptics, self.on_block, self.on_gap, self.on_frame
        )

    def on_block(self, block):
        self.blocks[self.next_block] = block
        self.next_block += 1

    def on_gap(self, blocks):
        assert blocks > 0
        self.gaps.append((self.next_block, blocks))
        self.next_block += blocks

    def on_frame(self, writer, first, motor_blocks):
        length = writer.finish(first, motor_blocks, 0)
        self.frames.append(unpack_frame(bytes(writer.buffer[:length]), 0)[2:])

    def first_rows(self):
        """The tape row that begins each block; fails when a block's rows are not consecutive."""
        rows = {}
        for k, block in self.blocks.items():
            assert block[9] == block[10] == 5  # six rows in a row: largest minus smallest
            rows[k] = block[0] - 2  # floor of the mean of n to n + 5
        return rows


@pytest.fixture(scope="module")
def tape(tmp_path_factory):
    return numbered_tape(tmp_path_factory.mktemp("tape") / "tape")


@pytest.fixture
def ends(tape):
    with Rig(tape) as rig:
        yield Ends(rig)


@given(
    steps=st.lists(
        st.tuples(
            st.one_of(st.integers(1, 400), st.integers(2500, 7000)),
            st.sets(st.integers(0, 20), max_size=2),
        ),
        min_size=1,
        max_size=30,
    ),
    is_streaming=st.booleans(),
)
def test_block_k_holds_samples_6k_on_after_any_loss(tape, steps, is_streaming):
    with Rig(tape) as rig:
        ends = Ends(rig)
        ends.sampler.stream(is_streaming)
        for ms, failing in steps + [(200, set()), (200, set())]:
            rig.pass_ms(ms)
            rig.bus.fail(*failing)
            ends.sampler.run()
            check_count(ends)
    rows = ends.first_rows()
    for k, first in rows.items():
        # The clock says how many were lost to about two samples, each time.
        assert abs(first - 6 * k) <= 2 * ends.sampler.overruns
    assert sum(blocks for _, blocks in ends.gaps) + len(rows) == ends.next_block
    for (first, _), items in ends.frames:
        assert first % 6 == 0
        assert len(items) in (6, 12)
        begun = range(first // 6, first // 6 + len(items) // 6)
        assert [items[k][0] for k in range(0, len(items), 6)] == [rows[k] for k in begun]


def check_count(ends):
    """Every sample counted is in a block, in the unfinished one, or lost."""
    sampler = ends.sampler
    unfinished = (sampler.index - 6 * ends.next_block) % 6
    if sampler.index >= 6 * ends.next_block:
        assert sampler.lost + sampler.left_out == sampler.index - 6 * len(ends.blocks) - unfinished
    else:  # leaving out samples up to the next block
        assert 6 * ends.next_block - sampler.index < 6 + SETTLING
        assert sampler.lost == sampler.index - 6 * len(ends.blocks)


def test_failed_transfers_alone_lose_nothing(ends):
    for step in range(300):
        ends.rig.pass_ms(60)
        ends.rig.bus.fail(step % 3)
        ends.sampler.run()
    rows = ends.first_rows()
    assert len(rows) > 100
    assert all(first == 6 * k for k, first in rows.items())
    assert (ends.gaps, ends.sampler.lost) == ([], 0)
    assert ends.sampler.faults > 50


def test_overrun_right_after_an_overrun_keeps_the_count(ends):
    ends.rig.pass_ms(200)
    ends.sampler.run()
    for _ in range(3):
        ends.rig.pass_ms(4000)
        ends.rig.bus.fail(2)  # the overrun is told by the next read
        ends.sampler.run()
        ends.sampler.run()
    assert ends.sampler.overruns == 3
    assert 6 * ends.next_block - ends.sampler.index in range(-5, 6)
    assert abs(ends.sampler.index - 732) <= 6  # 12.2 s


def test_sample_that_never_came_is_a_stated_gap(ends):
    ends.rig.pass_ms(200)
    ends.sampler.run()
    ends.rig.pass_ms(200)
    # One word of the 14th slot gets a tag that nobody reads.
    ring = ends.rig.chip._fifo
    ring._ring[(ring._head + 7) % len(ring._ring)] ^= 0x1F << 3
    ends.sampler.run()
    ends.rig.pass_ms(200)
    ends.sampler.run()
    rows = ends.first_rows()
    assert ends.gaps == [(2, 1)]
    assert rows[3] == 18
    assert ends.sampler.index == 36


def test_chip_that_lost_its_supply_is_started_again(ends):
    ends.rig.pass_ms(1000)
    ends.sampler.run()
    ends.rig.chip.brown_out()
    for _ in range(30):
        ends.rig.pass_ms(100)
        ends.sampler.run()
    assert ends.sampler.faults == 1
    assert ends.gaps
    assert abs(ends.sampler.index - 240) <= 12  # 4 s, less what waits in the FIFO
    after = [k for k in ends.blocks if k > ends.gaps[0][0]]
    assert len(after) > 15


def test_chip_that_stays_away_is_tried_once_a_second(ends):
    ends.rig.pass_ms(1000)
    ends.sampler.run()
    ends.rig.chip.brown_out(10**9)  # no write is taken any more
    for _ in range(100):
        ends.rig.pass_ms(100)
        ends.sampler.run()
    assert 9 <= ends.sampler.faults <= 10
    assert abs(ends.sampler.index - 660) <= 66
    assert sum(blocks for _, blocks in ends.gaps) >= 90


# Streaming


def test_streaming_begins_with_a_whole_block(ends):
    ends.rig.pass_ms(50)  # three samples: in the middle of block 0
    ends.sampler.run()
    ends.sampler.stream(True)
    for _ in range(10):
        ends.rig.pass_ms(50)
        ends.sampler.run()
    assert [values[0] for values, _ in ends.frames] == [6, 18]
    assert [item[0] for item in ends.frames[0][1]] == list(range(6, 18))


def test_streaming_again_sends_nothing_from_before(ends):
    ends.sampler.stream(True)
    ends.rig.pass_ms(100)  # one block of the two that fill a frame
    ends.sampler.run()
    ends.sampler.stream(False)
    ends.rig.pass_ms(2000)
    ends.sampler.run()
    ends.sampler.stream(True)
    ends.rig.pass_ms(400)
    ends.sampler.run()
    for (first, _), items in ends.frames:
        assert [item[0] for item in items] == list(range(first, first + len(items)))


def test_flush_sends_whole_blocks(ends):
    ends.sampler.stream(True)
    ends.rig.pass_ms(100)
    ends.sampler.run()
    ends.sampler.flush()
    ends.sampler.flush()
    assert [(values[0], len(items)) for values, items in ends.frames] == [(0, 6)]


# Motor


def flags_of(ends):
    return [k for k, block in ends.blocks.items() if block[FLAGS] & MOTOR]


def test_motor_flag_covers_the_blocks_in_which_the_motor_ran(ends):
    for step in range(20):
        if step == 5:
            ends.rig.haptics.play((200,))
        ends.rig.pass_ms(100)
        ends.sampler.run()
    flagged = flags_of(ends)
    assert set(range(5, 7)) <= set(flagged) <= {4, 5, 6, 7}


def test_motor_that_stopped_early_in_a_block_still_flags_it(ends):
    ends.rig.haptics.play((30,))
    for _ in range(12):  # read every 50 ms: a block spans two reads
        ends.rig.pass_ms(50)
        ends.sampler.run()
    assert flags_of(ends) == [0]


def test_motor_that_ran_while_the_loop_was_held_up_flags_all_that_waited(ends):
    for _ in range(10):
        ends.rig.pass_ms(100)
        ends.sampler.run()
    begun = ends.next_block
    ends.rig.pass_ms(1500)  # 90 samples are two reads
    ends.rig.haptics.play((200,))
    ends.rig.pass_ms(400)
    ends.sampler.run()
    assert set(range(begun, ends.next_block)) - {begun} <= set(flags_of(ends))
    ends.rig.pass_ms(200)
    ends.sampler.run()
    ends.rig.pass_ms(400)
    ends.sampler.run()
    assert ends.next_block - 1 not in flags_of(ends)


def test_motor_blocks_on_the_wire_are_those_of_the_blocks(ends):
    ends.sampler.stream(True)
    for step in range(40):
        if step in (6, 23):
            ends.rig.haptics.play((60,))
        ends.rig.pass_ms(50)
        ends.sampler.run()
    on_wire = [
        first // 6 + k for (first, bits), _ in ends.frames for k in range(2) if bits >> k & 1
    ]
    sent = 2 * len(ends.frames)
    assert on_wire == [k for k in flags_of(ends) if k < sent]
    assert on_wire
