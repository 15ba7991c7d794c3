"""The motor's limits and patterns, on a virtual timer."""

import itertools

import pytest

from posturecore.patterns import IDENTIFY, PATTERNS, SLOUCHED
from tests.firmware.parts import WRAP_MS, Clock, Pwm, Timer

from haptics import Haptics  # isort: skip - its folder is put on the path by `parts`

DUTY = 65535 * 3000 // 3900


class Bench:
    def __init__(self, start_ms=0, battery_mv=3900):
        self.clock = Clock(start_ms)
        self.pwm, self.timer = Pwm(self.clock), Timer(self.clock)
        self.haptics = Haptics(self.pwm, self.timer, self.clock, lambda: battery_mv)

    def pass_ms(self, ms):
        self.timer.run_until(self.clock.now_ms + ms)


@pytest.fixture
def bench():
    return Bench()


def test_pattern_is_played_on_off_on(bench):
    assert bench.haptics.play((200, 150, 100))
    bench.pass_ms(1000)
    assert bench.pwm.changes == [(0, 0), (0, DUTY), (200, 0), (350, DUTY), (450, 0)]


def test_end_of_a_pulse_is_armed_before_the_motor_starts(bench):
    armed = []
    on = bench.pwm.duty_u16
    bench.pwm.duty_u16 = lambda value: (armed.append((value, bench.timer.due_ms)), on(value))
    bench.haptics.play((300,))
    assert armed == [(DUTY, 300)]


def test_pulse_of_the_longest_time_is_played_and_a_longer_one_refused(bench):
    assert bench.haptics.play((800,))
    assert not bench.haptics.play((801,))
    assert bench.haptics.refused == 1


@pytest.mark.parametrize("start_ms", [0, WRAP_MS - 3000], ids=["usual", "clock-wraps"])
def test_no_ten_seconds_hold_more_than_two_and_a_half_of_vibration(start_ms):
    bench = Bench(start_ms)
    while bench.clock.now_ms < start_ms + 60_000:
        bench.haptics.play(PATTERNS[IDENTIFY if bench.clock.now_ms // 100 % 3 else SLOUCHED])
        bench.pass_ms(100)
    bench.pass_ms(5000)
    spans, changes = [], bench.pwm.changes[1:]
    for (on_ms, duty), (off_ms, _) in itertools.pairwise(changes):
        if duty:
            spans.append((on_ms, off_ms))
    assert all(off - on <= 800 for on, off in spans)
    for at in range(start_ms, start_ms + 55_000, 50):
        inside = sum(max(0, min(off, at + 10_000) - max(on, at)) for on, off in spans)
        assert inside <= 2500
    assert len(spans) > 10


@pytest.mark.parametrize(
    "later_ms", [13_000, WRAP_MS * 2 // 3, WRAP_MS + 13_000], ids=["seconds", "days", "weeks"]
)
def test_motor_may_run_again_after_a_long_rest(bench, later_ms):
    assert bench.haptics.play(PATTERNS[IDENTIFY])
    bench.pass_ms(later_ms)
    assert bench.haptics.play(PATTERNS[IDENTIFY])


def test_new_pattern_ends_the_old_one(bench):
    bench.haptics.play((500, 100, 500))
    bench.pass_ms(550)  # in the pause
    bench.haptics.play((80,))
    bench.pass_ms(2000)
    assert bench.pwm.changes[1:] == [(0, DUTY), (500, 0), (550, DUTY), (630, 0)]


def test_stop_turns_the_motor_off_for_good(bench):
    bench.haptics.play((500, 100, 500))
    bench.pass_ms(100)
    bench.haptics.stop()
    bench.pass_ms(5000)
    assert bench.pwm.changes[1:] == [(0, DUTY), (100, 0)]


def test_motor_ran_is_told_for_every_stretch_it_ran_in(bench):
    assert not bench.haptics.has_run()
    bench.haptics.play((250,))
    told = []
    for _ in range(4):
        bench.pass_ms(100)
        told.append(bench.haptics.has_run())
    assert told == [True, True, True, False]


@pytest.mark.parametrize(
    ("battery_mv", "duty"),
    [
        pytest.param(4200, 46810, id="full-cell"),
        pytest.param(3000, 65535, id="rated-voltage"),
        pytest.param(2700, 65535, id="empty-cell"),
    ],
)
def test_duty_gives_the_motor_its_rated_voltage(battery_mv, duty):
    bench = Bench(battery_mv=battery_mv)
    bench.haptics.play((50,))
    assert bench.pwm.changes[-1] == (0, duty)
