"""What the wearer is told by touch: cues as the coach decided, state and battery when asked."""

from posturecore.coach import FELT, MOTOR_REFUSED
from posturecore.patterns import AWAKE, BATTERY_1, PATTERNS, SNOOZED
from posturecore.programme import OUTSIDE_HOURS, SILENT
from posturecore.programme import SNOOZED as IS_SNOOZED

_PAUSE_MS = (500,)  # between state and battery
# Baseline, faded hours and probe days feel as if cues were on: who knows better measures nothing.
_IS_QUIET = (SILENT, IS_SNOOZED, OUTSIDE_HOURS)


class Touch:
    """`percent` is called for the battery's state of charge."""

    def __init__(self, haptics, percent):
        self._haptics = haptics
        self._percent = percent

    def say(self, pattern):
        """Play a pattern; return whether the motor took it."""
        return self._haptics.play(PATTERNS[pattern])

    def state(self, coaching):
        """Tell whether cues are felt now, and then the battery: one to four pulses."""
        level = min(max(self._percent(), 0) // 25, 3)
        state = SNOOZED if coaching in _IS_QUIET else AWAKE
        return self._haptics.play(PATTERNS[state] + _PAUSE_MS + PATTERNS[BATTERY_1 + level])

    def cue(self, values):
        """Play a cue that is to be felt; return its values as they came true."""
        if values[3] == FELT and not self.say(values[2]):
            return values[:3] + (MOTOR_REFUSED,)
        return values
