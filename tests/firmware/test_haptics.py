"""The motor's limits and patterns, on a virtual timer."""

import itertools
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from posturecore.patterns import IDENTIFY, PATTERNS, SLOUCHED
from tests.firmware.parts import WRAP_MS, Clock, Pwm, Timer

from haptics import Haptics  # isort: skip - the package puts its folder on the path

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
    assert [row for row in armed if row[0]] == [(DUTY, 300)]


def test_pulse_of_the_longest_time_is_played_and_a_longer_one_refused(bench):
    assert bench.haptics.play((800,))
    assert not bench.haptics.play((801,))
    assert bench.haptics.refused == 1


@pytest.mark.long_on_vm("a minute")
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
    assert bench.pwm.changes[1:] == [(0, DUTY), (500, 0), (600, DUTY), (680, 0)]


def test_two_patterns_in_a_row_are_felt_as_two(bench):
    bench.haptics.play((800,))
    bench.pass_ms(700)
    assert bench.haptics.play((800,))
    bench.pass_ms(2000)
    assert bench.pwm.changes[1:] == [(0, DUTY), (700, 0), (800, DUTY), (1600, 0)]


def test_a_pattern_that_was_stopped_early_counts_as_long_as_it_ran(bench):
    for _ in range(3):
        assert bench.haptics.play((800,))
        bench.pass_ms(300)
        bench.haptics.stop()
        bench.pass_ms(200)
    assert bench.haptics.play((800, 100, 800))  # 0.9 s ran, 1.6 s are left
    bench.pass_ms(2000)
    assert not bench.haptics.play((50,))


def test_a_pulse_that_is_running_counts_too(bench):
    bench.haptics.play((800, 100, 800))
    bench.pass_ms(2000)
    bench.haptics.play((700,))
    bench.pass_ms(300)
    assert not bench.haptics.play((700,))  # 1.6 s, 0.3 s of the one that runs, and 0.7 s
    assert bench.haptics.play((600,))


@pytest.mark.parametrize("call", range(5))
def test_a_pulse_that_ends_while_the_sum_is_made_counts(bench, call):
    bench.haptics.play((700,))
    bench.pass_ms(1000)
    bench.haptics.play((800,))
    bench.pass_ms(799)
    calls, ticks_diff = [], bench.clock.ticks_diff

    def interrupted(later, earlier):
        calls.append(later)
        if len(calls) == call + 1:
            bench.pass_ms(1)  # the timer's callback comes between two lines of the loop's
        return ticks_diff(later, earlier)

    bench.clock.ticks_diff = interrupted
    for _ in range(2):
        assert not bench.haptics.play((600, 100, 600))  # 1.5 s ran, 1 s is left
    bench.pass_ms(1)
    assert not bench.haptics.is_playing
    assert bench.haptics.play((500, 100, 500))


def test_playing_lasts_to_the_end_of_the_last_pulse(bench):
    told = [bench.haptics.is_playing]
    bench.haptics.play((100, 100, 100))
    for _ in range(4):
        told.append(bench.haptics.is_playing)
        bench.pass_ms(100)
    assert told == [False, True, True, True, False]


def test_a_stopped_motor_plays_nothing(bench):
    bench.haptics.play((500, 100, 500))
    bench.haptics.stop()
    assert not bench.haptics.is_playing
    assert bench.timer.due_ms is None


def test_a_callback_that_comes_late_after_a_stop_starts_nothing(bench):
    bench.haptics.play((500, 100, 500))
    bench.pass_ms(550)
    on_its_way = bench.timer._callback
    bench.haptics.stop()
    on_its_way(bench.timer)
    bench.pass_ms(2000)
    assert bench.pwm.changes[1:] == [(0, DUTY), (500, 0)]


def test_a_pulse_whose_callback_is_lost_is_ended_by_the_loop(bench):
    bench.haptics.play((500,))
    bench.timer.deinit()  # the interpreter's queue was full
    for _ in range(10):
        bench.pass_ms(100)
        bench.haptics.tend()
    assert bench.pwm.changes[1:] == [(0, DUTY), (600, 0)]
    assert bench.haptics.overdue == 1


def test_a_pattern_whose_callback_is_lost_in_a_pause_is_over(bench):
    bench.haptics.play((100, 200, 100))
    bench.pass_ms(150)
    bench.timer.deinit()
    for _ in range(4):
        bench.pass_ms(100)
        bench.haptics.tend()
    assert not bench.haptics.is_playing
    assert bench.haptics.overdue == 1


def test_a_pulse_in_time_is_left_alone(bench):
    bench.haptics.play((800,))
    for _ in range(8):
        bench.pass_ms(99)
        bench.haptics.tend()
    bench.pass_ms(500)
    assert bench.pwm.changes[1:] == [(0, DUTY), (800, 0)]
    assert bench.haptics.overdue == 0


def test_the_led_is_lit_while_the_motor_runs():
    bench, levels = Bench(), []
    led = SimpleNamespace(value=lambda level: levels.append((bench.clock.now_ms, level)))
    haptics = Haptics(bench.pwm, bench.timer, bench.clock, lambda: 3900, led)
    haptics.play((200, 100, 50))
    bench.pass_ms(1000)
    assert levels[-4:] == [(0, 0), (200, 1), (300, 0), (350, 1)]


PATTERN = st.lists(st.integers(30, 900), min_size=1, max_size=9).map(
    lambda parts: tuple(parts if len(parts) % 2 else parts[:-1])
)
DOINGS = st.lists(
    st.one_of(
        st.tuples(st.just("play"), PATTERN | st.sampled_from(PATTERNS[1:])),
        st.tuples(st.just("stop"), st.none()),
        st.tuples(st.just("tend"), st.none()),
        st.tuples(st.just("pass"), st.integers(0, 2000) | st.sampled_from([1, 12_000, 2**29])),
    ),
    max_size=60,
)


@hypothesis_settings(max_examples=200)
@given(DOINGS, st.sampled_from([0, WRAP_MS - 5000, WRAP_MS - 15_000]))
def test_whatever_asks_the_limits_hold(doings, start_ms):
    bench = Bench(start_ms)
    for what, value in doings:
        if what == "pass":
            bench.pass_ms(value)
        else:
            getattr(bench.haptics, what)(*([value] if value else []))
    bench.pass_ms(5000)
    assert bench.pwm.changes[-1][1] == 0
    spans = [
        (on_ms, off_ms)
        for (on_ms, duty), (off_ms, _) in itertools.pairwise(bench.pwm.changes)
        if duty and off_ms > on_ms
    ]
    for _, end_ms in spans:
        window = [(max(on, end_ms - 10_000), off) for on, off in spans if off <= end_ms]
        assert sum(max(0, off - on) for on, off in window) <= 2500
    assert all(off - on <= 800 for on, off in spans)
    assert all(later[0] > earlier[1] for earlier, later in itertools.pairwise(spans))


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
