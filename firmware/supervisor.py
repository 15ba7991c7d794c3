"""Feeds the watchdog only while every task of the firmware gets its turn.

The watchdog cannot be stopped once it runs. Whatever sleeps must come back before it bites, and
nothing may hold the loop longer than that.
"""

# What hangs, in the order of the loop; a row's number is its bit, and in a fault's detail.
TASKS = ("radio", "cable", "commands", "samples", "log", "coach", "button", "power")
RADIO, CABLE, COMMANDS, SAMPLES, LOG, COACH, BUTTON, POWER = range(len(TASKS))
TIMEOUT_MS = 8000  # a whole flash block's erase and a garbage collection fit in many times
_FEED_MS = 500  # not oftener: RTC memory and the watchdog are slow


class Supervisor:
    """One owner of the watchdog; `watched` are the rows of TASKS that must check in."""

    def __init__(self, watchdog, crumbs, clock, watched):
        self._watchdog = watchdog
        self._crumbs = crumbs
        self._clock = clock
        self._wanted = 0
        for task in watched:
            self._wanted |= 1 << task
        self._done = 0
        self._fed_ms = clock.ticks_ms()
        crumbs.watch(self._wanted)

    def check_in(self, task):
        """Say that a task has had its turn and came back."""
        self._done |= 1 << task
        self._crumbs.done(self._done, task)

    def tend(self, uptime_ms):
        """Feed if all have checked in since the last time."""
        now_ms = self._clock.ticks_ms()
        if self._done & self._wanted != self._wanted:
            return
        if self._clock.ticks_diff(now_ms, self._fed_ms) >= _FEED_MS:
            self._fed_ms = now_ms
            self._done = 0
            self._watchdog.feed()
            self._crumbs.alive(uptime_ms)
