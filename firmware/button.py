"""What a finger on the button means: presses counted, holds timed, bounces ignored.

    ▔▔▁▁▔▔▔▔▔▔▔▔▔▔▔    one press, told when no second can follow any more
    ▔▔▁▁▔▔▁▁▔▔▔▔▔▔▔    two: pressed again within 0.4 s
    ▔▔▁▁▁▁▁▁▁▁▁▁▁▔▔    a hold, told while it lasts, at 3 s and again at 10 s

Between a press and a hold lies nothing: who leans against a chair has not asked for anything. Four
presses, or more than five, mean nothing either, and a button that is down at the start counts from
its first release.
"""

NOTHING, PRESSED, TWICE, THRICE, FIVE_TIMES, HELD, HELD_LONG = range(7)
_MEANS = {1: PRESSED, 2: TWICE, 3: THRICE, 5: FIVE_TIMES}

_STEADY_MS = 25  # bounces of a tact switch are over within 10 ms
_PRESS_MS = 1000  # the longest press
_PAUSE_MS = 400  # the longest pause between two presses that belong together
_HOLD_MS = 3000
_LONG_HOLD_MS = 10000
_DOWN, _UP = 0, 1  # the pin has a pull-up


class Button:
    """Give `feed` the pin's level as often as you look; it returns what was meant, or NOTHING."""

    def __init__(self, ticks_diff):
        self._diff = ticks_diff
        self._level = None  # that was steady; None: not looked yet
        self._seen, self._seen_ms = None, 0  # the level last seen, and since when
        self._began_ms = None  # of the press under way
        self._ended_ms = 0  # of the last press
        self._presses = 0
        self._told = NOTHING  # of the hold under way

    def feed(self, level, now_ms):
        """Take the level at a time in ticks."""
        if self._level is None:
            self._level = self._seen = level
        if self._seen != self._level and self._diff(now_ms, self._seen_ms) >= _STEADY_MS:
            self._level = self._seen
            if self._level == _DOWN:
                self._began_ms, self._told = self._seen_ms, NOTHING
            else:
                self._release()
        if level != self._seen:
            self._seen, self._seen_ms = level, now_ms
        if self._began_ms is not None:
            return self._hold(now_ms)
        return self._count(now_ms)

    def _release(self):
        is_press = (
            self._began_ms is not None
            and self._diff(self._seen_ms, self._began_ms) <= _PRESS_MS
            and self._told == NOTHING
        )
        self._presses = self._presses + 1 if is_press else 0
        self._began_ms, self._ended_ms = None, self._seen_ms

    def _hold(self, now_ms):
        held_ms = self._diff(now_ms, self._began_ms)
        if held_ms >= _LONG_HOLD_MS and self._told != HELD_LONG:
            self._told = HELD_LONG
            return HELD_LONG
        if held_ms >= _HOLD_MS and self._told == NOTHING:
            self._told = HELD
            return HELD
        return NOTHING

    def _count(self, now_ms):
        is_over = self._seen == _UP and self._diff(now_ms, self._ended_ms) >= _PAUSE_MS
        if not (self._presses and is_over):
            return NOTHING
        presses, self._presses = self._presses, 0
        return _MEANS.get(presses, NOTHING)
