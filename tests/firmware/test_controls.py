"""What a finger on the button does, from the pin to the motor and the frames."""

import pytest

from posturecore.calibrate import DONE
from posturecore.flash import COACHING, MARK
from posturecore.frames import CALIBRATION
from posturecore.patterns import AWAKE, MARKED, OFF, PAIRING, REFUSED
from posturecore.programme import FELT, SNOOZED
from tests.core.bows import bow_blocks
from tests.firmware.coached import Coached, pulses_of

from button import FIVE_TIMES, HELD, HELD_LONG, PRESSED, THRICE, TWICE  # isort: skip
from controls import GESTURES  # isort: skip

QUICK = {"slouch_hold_s": 5, "slouch_refractory_s": 10, "cues_per_hour": 30}


@pytest.fixture
def coached(tmp_path):
    return Coached(tmp_path, **QUICK)


def answered(coached, pattern, since_ms=0):
    coached.pass_ms(4000)
    return coached.pulses(since_ms) == pulses_of(pattern)


def test_the_table_of_gestures_is_all_that_the_button_knows():
    assert [row[0] for row in GESTURES] == [
        PRESSED,
        TWICE,
        THRICE,
        FIVE_TIMES,
        HELD,
        HELD_LONG,
    ]


def test_a_press_begins_a_snooze_and_another_ends_it(coached):
    coached.press()
    coached.pass_ms(3000)
    first = len(coached.pulses())
    coached.press()
    coached.pass_ms(3000)
    assert [code for _, code in coached.of(COACHING)] == [SNOOZED, FELT]
    assert coached.pulses()[:first] == [700, 150, 150, 150, 150]
    assert coached.pulses()[first:] == [80, 400, 150, 150, 150, 150]


def test_two_presses_mark_the_last_cue(coached):
    coached.hold(15, 60)
    since_ms = coached.clock.now_ms
    coached.press(2)
    assert coached.of(MARK) == [(60, 49)]
    assert coached.of(COACHING) == []
    assert answered(coached, MARKED, since_ms)


def test_two_presses_with_nothing_to_mark_are_refused(coached):
    coached.press(2)
    assert coached.of(MARK) == []
    assert answered(coached, REFUSED)


def test_a_hold_lets_a_new_host_pair_once(coached):
    coached.press(down_ms=5000)
    assert coached.actions == ["pair"]
    assert answered(coached, PAIRING)


def test_five_presses_forget_every_host_and_let_a_new_one_pair(coached):
    coached.press(5)
    assert answered(coached, PAIRING)
    assert coached.actions == ["forget"]


def test_five_presses_that_flash_does_not_take_are_refused(coached):
    coached.can_forget = False
    coached.press(5)
    assert answered(coached, REFUSED)


def test_a_long_hold_switches_off(coached):
    coached.press(down_ms=10_500)
    assert coached.actions == ["pair", "off"]
    assert answered(coached, OFF, since_ms=10_000)


def test_leaning_on_the_button_does_nothing(coached):
    coached.press(down_ms=2000)
    coached.pass_ms(2000)
    assert coached.told == coached.actions == coached.pulses() == []


def test_three_presses_calibrate_with_the_bow(coached):
    coached.press(3)
    assert answered(coached, AWAKE)
    coached.hold(40, 50)  # the hand comes back from the button: not looked at
    coached.hold(0, 50)
    coached.wear(bow_blocks(50))
    assert [values[:2] for values in coached.of(CALIBRATION)] == [(0, DONE)]


def test_three_presses_during_a_calibration_are_refused(coached):
    coached.calibration.start(0, False)
    coached.press(3)
    assert answered(coached, REFUSED)
