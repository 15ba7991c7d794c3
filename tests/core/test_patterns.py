"""What the motor says can be felt, told apart, and does not tire."""

import pytest

from posturecore import patterns
from posturecore.patterns import MEANINGS, PATTERN_NAMES, PATTERNS


@pytest.mark.parametrize("pattern", PATTERNS, ids=PATTERN_NAMES)
def test_patterns_are_felt_and_do_not_tire(pattern):
    on, off = pattern[::2], pattern[1::2]
    assert all(30 <= pulse <= 800 for pulse in on)
    assert sum(on) <= 2500  # 25 % of any 10 s
    assert all(pause >= 60 for pause in off)
    assert len(off) == max(0, len(on) - 1)


def test_no_two_patterns_are_alike():
    assert len(set(PATTERNS)) == len(PATTERNS)


def test_every_pattern_has_a_name_and_a_meaning():
    assert len(PATTERN_NAMES) == len(MEANINGS) == len(PATTERNS)
    assert len(set(PATTERN_NAMES)) == len(PATTERNS)
    assert all(PATTERN_NAMES)
    assert all(MEANINGS)


@pytest.mark.parametrize(
    ("constant", "name"),
    [
        ("SLOUCHED", "slouched"),
        ("BENT", "bent"),
        ("IDENTIFY", "identify"),
        ("STRONGER", "slouched, stronger"),
        ("CORRECTED", "corrected"),
        ("BOW_NOW", "bow now"),
        ("CALIBRATED", "calibrated"),
        ("REFUSED", "refused"),
        ("SNOOZED", "snoozed"),
        ("AWAKE", "awake"),
        ("MARKED", "marked"),
        ("PAIRING", "pairing"),
        ("BATTERY_1", "battery 1 of 4"),
        ("BATTERY_4", "battery 4 of 4"),
        ("BATTERY_LOW", "battery low"),
        ("OFF", "off"),
        ("ERROR", "error"),
    ],
)
def test_a_constant_is_the_place_of_its_name(constant, name):
    assert PATTERN_NAMES[getattr(patterns, constant)] == name


def test_a_battery_level_is_as_many_pulses():
    levels = range(patterns.BATTERY_1, patterns.BATTERY_4 + 1)
    assert [len(PATTERNS[level][::2]) for level in levels] == [1, 2, 3, 4]


def test_what_repeats_within_a_slouch_is_stronger():
    weak, strong = PATTERNS[patterns.SLOUCHED], PATTERNS[patterns.STRONGER]
    assert sum(strong[::2]) > 2 * sum(weak[::2])
