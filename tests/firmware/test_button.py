"""Gestures told from levels and times: at every rhythm of looking, and over the clock's wrap."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.firmware.parts import WRAP_MS, Clock

from button import FIVE_TIMES, HELD, HELD_LONG, NOTHING, PRESSED, THRICE, TWICE, Button  # isort: skip

STEPS_MS = [5, 20, 100]


def meant(spans, every_ms=20, start_ms=0, until_ms=16_000, button=None):
    """Look at a button that is down in these spans of ms; return what was meant, and when."""
    clock = Clock(start_ms)
    button = button or Button(clock.ticks_diff)
    told = []
    for at in range(0, until_ms, every_ms):
        clock.now_ms = start_ms + at
        level = 0 if any(start <= at < end for start, end in spans) else 1
        code = button.feed(level, clock.ticks_ms())
        if code != NOTHING:
            told.append((code, at))
    return told


def codes(*spans, **kwargs):
    return [code for code, _ in meant(spans, **kwargs)]


@pytest.mark.parametrize("every_ms", STEPS_MS)
@pytest.mark.parametrize("start_ms", [0, WRAP_MS - 1000, WRAP_MS - 300])
@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        pytest.param([(500, 700)], [PRESSED], id="press"),
        pytest.param([(500, 600), (800, 900)], [TWICE], id="twice"),
        pytest.param([(500, 600), (800, 900), (1100, 1300)], [THRICE], id="thrice"),
        pytest.param([(k, k + 100) for k in range(500, 2000, 300)], [FIVE_TIMES], id="five"),
        pytest.param([(k, k + 100) for k in range(500, 2300, 300)], [], id="six"),
        pytest.param([(500, 600), (700, 800), (900, 1000), (1100, 1200)], [], id="four"),
        pytest.param([(500, 700), (1500, 1700)], [PRESSED, PRESSED], id="one-and-one"),
        pytest.param([(500, 2500)], [], id="leaning"),
        pytest.param([(500, 4000)], [HELD], id="hold"),
        pytest.param([(500, 11_500)], [HELD, HELD_LONG], id="long-hold"),
        pytest.param([(500, 600), (800, 4500)], [HELD], id="press-and-hold"),
        pytest.param([], [], id="nothing"),
    ],
)
def test_a_gesture_is_told_once(spans, expected, every_ms, start_ms):
    assert codes(*spans, every_ms=every_ms, start_ms=start_ms) == expected


def test_a_hold_is_told_while_it_lasts():
    assert [at for _, at in meant([(500, 12_000)])] == [3500, 10_500]


def test_a_press_is_told_when_no_second_can_follow():
    assert meant([(500, 700)]) == [(PRESSED, 1100)]


def test_bounces_are_one_press():
    bounces = [(500, 502), (503, 506), (508, 700), (702, 704), (705, 706)]
    assert codes(*bounces, every_ms=1) == [PRESSED]


def test_a_spike_is_no_press():
    assert codes((500, 515), every_ms=5) == []


def test_a_button_that_is_down_at_the_start_counts_from_its_release():
    assert codes((0, 12_000)) == []
    assert codes((0, 700), (2000, 2200)) == [PRESSED]


def test_a_button_that_hangs_for_weeks_is_told_once():
    clock = Clock()
    button = Button(clock.ticks_diff)
    told = [button.feed(1, clock.ticks_ms())]
    for _ in range(60):
        clock.now_ms += WRAP_MS // 18
        told.append(button.feed(0, clock.ticks_ms()))
    assert [code for code in told if code] == [HELD_LONG]


def test_a_press_after_weeks_is_a_press():
    clock = Clock()
    button = Button(clock.ticks_diff)
    for start_ms in (0, WRAP_MS * 3 // 4, WRAP_MS * 2 + 999):
        assert codes((500, 700), start_ms=start_ms, until_ms=3000, button=button) == [PRESSED]


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(1, 5000)), max_size=60))
def test_any_levels_mean_something_that_is_in_the_list(looks):
    clock = Clock()
    button = Button(clock.ticks_diff)
    for level, later_ms in looks:
        clock.now_ms += later_ms
        assert button.feed(level, clock.ticks_ms()) in range(7)
