"""The vibration motor: patterns played by a timer, within limits that hold whatever asks.

No pulse longer than 0.8 s and at most 2.5 s of vibration in any 10 s. A pulse's end is armed in
the timer before the motor starts, so that a stuck loop cannot leave it running.
"""

_MAX_PULSE_MS = 800
_WINDOW_MS = 10000
_MAX_ON_MS = 2500
_MOTOR_MV = 3000  # the motor's rated voltage; it is fed from the battery
_FULL = 65535


class Haptics:
    """Plays patterns (milliseconds on, off, on ...) on a PWM pin."""

    def __init__(self, pwm, timer, clock, battery_mv):
        self.refused = 0
        self._pwm = pwm
        self._timer = timer
        self._clock = clock
        self._battery_mv = battery_mv
        self._left = ()
        self._is_on = False
        self._has_run = False
        self._spent = []  # (start in ms, length in ms, ms on) of patterns in the last 10 s
        self._pwm.duty_u16(0)

    def play(self, pattern):
        """Start a pattern, ending any other; return False when the limits refuse it."""
        pulses_ms = [pattern[k] for k in range(0, len(pattern), 2)]
        on_ms = sum(pulses_ms)
        now_ms = self._clock.ticks_ms()
        self._spent = [row for row in self._spent if self._is_recent(now_ms, row)]
        spent_ms = sum([row[2] for row in self._spent])
        if max(pulses_ms) > _MAX_PULSE_MS or spent_ms + on_ms > _MAX_ON_MS:
            self.refused += 1
            return False
        self._spent.append((now_ms, sum(pattern), on_ms))
        self._timer.deinit()  # the old pattern's next step must not come in between
        self._left = pattern
        self._is_on = False
        self._next()
        return True

    def _is_recent(self, now_ms, row):
        # Below zero: so long ago that the clock has wrapped.
        start_ms, length_ms, _ = row
        return 0 <= self._clock.ticks_diff(now_ms, start_ms) < _WINDOW_MS + length_ms

    def stop(self):
        """Turn the motor off now."""
        self._timer.deinit()
        self._left = ()
        self._set(False)

    def has_run(self):
        """Tell whether the motor ran at any time since the last call."""
        has_run, self._has_run = self._has_run, self._is_on
        return has_run

    def _next(self, _timer=None):
        if not self._left:
            self._set(False)
            return
        period_ms, self._left = self._left[0], self._left[1:]
        self._timer.init(mode=self._timer.ONE_SHOT, period=period_ms, callback=self._next)
        self._set(not self._is_on)

    def _set(self, is_on):
        self._is_on = is_on
        self._has_run = self._has_run or is_on
        self._pwm.duty_u16(self._duty() if is_on else 0)

    def _duty(self):
        battery_mv = max(self._battery_mv(), _MOTOR_MV)  # an empty cell gives it all there is
        return _FULL * _MOTOR_MV // battery_mv
