"""The vibration motor: patterns played by a timer, within limits that hold whatever asks.

No pulse longer than 0.8 s, a rest between two, and at most 2.5 s of vibration in any 10 s, counted
by how long the motor really ran. A pulse's end is armed in the timer before the motor starts, so
that a stuck loop cannot leave it running; should the timer's callback be lost, `tend` ends the
pulse. Call `stop` before any sleep: PWM and timer stop there, and the pin keeps its level.
"""

_MAX_PULSE_MS = 800
_REST_MS = 100  # between a pulse and another pattern's first: shorter, and two are felt as one
_LATE_MS = 50  # a callback waits for the interpreter, and that for a transfer or for its memory
_WINDOW_MS = 10000
_MAX_ON_MS = 2500
_MOTOR_MV = 3000  # the motor's rated voltage; it is fed from the battery
_FULL = 65535
_LIT, _DARK = 0, 1


class Haptics:
    """Plays patterns (milliseconds on, off, on ...) on a PWM pin; the LED, if any, shows them."""

    def __init__(self, pwm, timer, clock, battery_mv, led=None):
        self.refused = 0
        self.overdue = 0  # pulses that the timer did not end
        self._pwm = pwm
        self._timer = timer
        self._clock = clock
        self._battery_mv = battery_mv
        self._led = led
        self._left = ()
        self._is_on = False
        self._has_run = False
        self._began_ms = 0
        self._armed_ms = self._period_ms = 0  # when the timer was set, and to what
        self._spent = []  # (end in ms, length in ms) of pulses in the last 10 s
        self._pwm.duty_u16(0)

    @property
    def is_playing(self):
        """Tell whether a pattern has not ended yet."""
        return self._is_on or len(self._left) > 0

    def play(self, pattern):
        """Start a pattern, ending any other; return False when the limits refuse it."""
        pulses_ms = [pattern[k] for k in range(0, len(pattern), 2)]
        now_ms = self._clock.ticks_ms()
        if max(pulses_ms) > _MAX_PULSE_MS or self._spent_ms(now_ms) + sum(pulses_ms) > _MAX_ON_MS:
            self.refused += 1
            return False
        self.stop()
        self._left = pattern
        rest_ms = self._rest_ms(now_ms)
        if rest_ms > 0:
            self._arm(rest_ms)
        else:
            self._next()
        return True

    def stop(self):
        """Turn the motor off now, and nothing on later."""
        self._left = ()  # first: a callback that is already on its way then ends with nothing
        self._timer.deinit()
        self._set(False)

    def tend(self):
        """End a pulse that the timer has not; call it with every step of the loop."""
        if self.is_playing:
            passed_ms = self._clock.ticks_diff(self._clock.ticks_ms(), self._armed_ms)
            if passed_ms > self._period_ms + _LATE_MS:
                self.overdue += 1
                self.stop()

    def has_run(self):
        """Tell whether the motor ran at any time since the last call."""
        has_run, self._has_run = self._has_run, self._is_on
        return has_run

    def _spent_ms(self, now_ms):
        """Return how long the motor ran in the last 10 s."""
        # A timer's callback may end the pulse meanwhile: rather counted twice than not at all.
        is_on, spent = self._is_on, self._spent
        spent_ms = self._clock.ticks_diff(now_ms, self._began_ms) if is_on else 0
        while spent and self._left_ms(spent[0], now_ms) <= 0:
            spent.pop(0)  # in place: what the callback appends stays
        for row in spent:
            spent_ms += max(0, min(row[1], self._left_ms(row, now_ms)))
        return spent_ms

    def _left_ms(self, row, now_ms):
        # How long it still counts, at most; a callback's row may be younger than now. Far below
        # zero: so long ago that the clock has wrapped.
        ago_ms = self._clock.ticks_diff(now_ms, row[0])
        return _WINDOW_MS - ago_ms if ago_ms > -_WINDOW_MS else 0

    def _rest_ms(self, now_ms):
        """Return how long the motor must still rest after its last pulse."""
        if not self._spent:
            return 0
        ago_ms = self._clock.ticks_diff(now_ms, self._spent[-1][0])
        return _REST_MS - ago_ms if 0 <= ago_ms < _REST_MS else 0

    def _next(self, _timer=None):
        if not self._left:
            self._set(False)
            return
        period_ms, self._left = self._left[0], self._left[1:]
        self._arm(period_ms)
        self._set(not self._is_on)

    def _arm(self, period_ms):
        self._armed_ms, self._period_ms = self._clock.ticks_ms(), period_ms
        self._timer.init(mode=self._timer.ONE_SHOT, period=period_ms, callback=self._next)

    def _set(self, is_on):
        now_ms = self._clock.ticks_ms()
        if self._is_on:
            self._spent.append((now_ms, self._clock.ticks_diff(now_ms, self._began_ms)))
        self._is_on = is_on
        self._began_ms = now_ms
        self._has_run = self._has_run or is_on
        self._pwm.duty_u16(self._duty() if is_on else 0)
        if self._led is not None:
            self._led.value(_LIT if is_on else _DARK)

    def _duty(self):
        battery_mv = max(self._battery_mv(), _MOTOR_MV)  # an empty cell gives it all there is
        return _FULL * _MOTOR_MV // battery_mv
