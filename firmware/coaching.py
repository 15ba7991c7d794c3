"""Whether cues are felt: keeps the wearer's time and the snooze, and tells every change.

Time comes from the host's last anchor and goes on with the uptime; before the first anchor of a
boot it is unknown, and hours and programme cannot hold (posturecore.programme). A snooze needs no
clock; a restart ends it.
"""

from posturecore import programme
from posturecore.coach import FELT, REASON_BEND, REASON_SLOUCH
from posturecore.flash import COACHING, MARK

_MINUTE_MS = 60000
_MARK_BLOCKS = 3000  # a cue may be marked for 5 minutes [D]


class Coaching:
    """Call `tend` with every step; `tell(frame, values)` sends and keeps what changed."""

    def __init__(self, prescription, decider, tell):
        self._prescription = prescription
        self._decider = decider
        self._tell = tell
        self._uptime_ms = 0
        self._minute = programme.UNKNOWN_TIME  # since 1970, on the wearer's clock
        self._rest_ms = 0  # of the next minute, that has passed
        self._snooze_ms = 0  # that is left
        self._settled_for = None  # the minute, and whether snoozed, of the code in force
        self._cue_block = None  # of the last cue that was felt and not marked

    @property
    def has_time(self):
        """Tell whether the wearer's time is known."""
        return self._minute >= 0

    @property
    def code(self):
        """The code in force, an index in COACHINGS."""
        return self._decider.coach.coaching

    def set_time(self, uptime_ms, utc_s, utc_ms, utc_offset_min):
        """Take what the wearer's clock says at this uptime, from a time anchor."""
        self._pass(uptime_ms)
        local_s = utc_s + utc_offset_min * 60
        self._minute, self._rest_ms = local_s // 60, local_s % 60 * 1000 + utc_ms
        self.settle()

    def tend(self, uptime_ms):
        """Let time pass, and change the code when it is due."""
        self._pass(uptime_ms)
        if self._settled_for != (self._minute, self._snooze_ms > 0):
            self.settle()

    def settle(self):
        """Find the code that holds now; call it when the prescription has changed."""
        is_snoozed = self._snooze_ms > 0
        self._settled_for = (self._minute, is_snoozed)
        code = programme.coaching(self._prescription.settings, self._minute, is_snoozed)
        if code != self.code:
            self._decider.set_coaching(code)
            self.say()

    def say(self, tell=None):
        """Tell the code in force, to everybody by default; who has just come cannot know it."""
        (tell or self._tell)(COACHING, (self._decider.at, self.code))

    def press(self):
        """Begin a snooze, or end it."""
        snooze_ms = self._prescription.settings["snooze_min"] * _MINUTE_MS
        self._snooze_ms = 0 if self._snooze_ms else snooze_ms
        self.settle()

    def note(self, cue):
        """Remember a cue, as it came true, for a mark; an answer to good posture is none."""
        if cue[3] == FELT and cue[1] in (REASON_SLOUCH, REASON_BEND):
            self._cue_block = cue[0]

    def mark(self):
        """Mark the last cue as wrong; return False when there is none to mean."""
        block, at = self._cue_block, self._decider.at
        if block is None or at - block > _MARK_BLOCKS:
            return False
        self._cue_block = None
        self._tell(MARK, (at, block))
        return True

    def _pass(self, uptime_ms):
        passed_ms = (uptime_ms - self._uptime_ms) & 0xFFFFFFFF
        self._uptime_ms = uptime_ms
        self._snooze_ms = max(0, self._snooze_ms - passed_ms)
        if self.has_time:
            self._rest_ms += passed_ms
            self._minute += self._rest_ms // _MINUTE_MS
            self._rest_ms %= _MINUTE_MS
