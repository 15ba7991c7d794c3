"""How awake the device is: off, stored, alone or linked; and what sleeps in each.

    linked  a host is trusted, or was a minute ago, as after a press: radio on, no light sleep
    alone   worn without a host: light sleep between FIFO watermarks, the radio on for 2 s a minute
    stored  not worn for a while: the IMU waits for motion, the radio is on for 2 s in ten minutes
    off     by the button, or the cell is empty: deep sleep; the button starts it again

Stored is light sleep, not deep: the clock runs on, so that what is logged next morning is still of
the same boot and can be dated by an anchor of the day before.
"""

from posturecore.faults import BATTERY_EMPTY, BATTERY_LOW
from posturecore.flash import POWER
from posturecore.scales import SAMPLES_PER_BLOCK

OFF, STORED, ALONE, LINKED = range(4)

_WAIT_MS = 500
_LONGEST_SLEEP_MS = 4000  # below the watchdog's time
_HOST_MS = 60000  # after a host has gone, after a press, after switching on: it may come again
_WINDOW_MS = 2000
_ALONE_PERIOD_MS = 60000
_STORED_PERIOD_MS = 600000
_STORED_AFTER_MS = 300000  # of being off the body
_BATTERY_MS = 60000
_TOUCHED_MS = 1000
LOW_MV, EMPTY_MV = 3500, 3300  # a LiPo cell; the protection cuts near 3000 [from memory]
_EMPTY_READINGS = 3
_LINKED_SAMPLES, _ALONE_SAMPLES = 12, 30  # a batch: 0.2 s and 0.5 s; the FIFO holds 1.1 s


class Power:
    """Call `tend` every step and `sleep` between two.

    hosts and radio: the ways to a host, and the one that can rest. tell(frame, values) hears every
    change, fault(code, detail) of an empty cell, on_rest(blocks, is_charging) of blocks in which
    nobody wore the device.
    """

    def __init__(self, board, imu, sampler, hosts, radio, haptics, uptime, tell, fault, on_rest):
        self.state = LINKED
        self.battery_mv = board.battery_mv()
        self.is_over = False  # the device should switch off
        self._board, self._imu, self._sampler = board, imu, sampler
        self._hosts, self._radio, self._haptics = hosts, radio, haptics
        self._uptime, self._tell, self._fault, self._on_rest = uptime, tell, fault, on_rest
        self._battery_from_ms = uptime.ms
        self._empty_readings = 0
        self._has_usb = board.has_usb()
        self._off_body_from_ms = None
        self._rest_from_ms = 0
        self._has_rest = False  # the sensor sleeps and will tell of motion
        self._touched_ms = None
        self.invite()

    def invite(self):
        """Keep the radio on for a minute: after a start, a press, a host that has gone."""
        self._invited_ms = self._window_ms = self._uptime.ms
        self._is_invited = True

    def tend(self, is_off_body):
        """Choose the state. `is_off_body`: nobody wears the device, as far as it can tell."""
        now_ms = self._uptime.ms
        if _since(now_ms, self._battery_from_ms) >= _BATTERY_MS:
            self._battery_from_ms = now_ms
            self._check_battery()
        self._note_cable(now_ms)
        if not self._board.button.value():
            self._touched_ms = now_ms
        if self._hosts.is_open:  # a link alone may be a stranger's
            self.invite()
        elif _since(now_ms, self._invited_ms) >= _HOST_MS:
            self._is_invited = False
        self._note_wear(now_ms, is_off_body)
        state = self._wanted(now_ms)
        if state != self.state:
            self._enter(state, now_ms)
        self._tend_radio(now_ms)

    def sleep(self):
        """Wait for the next thing to do, as deeply as the state and the parts allow."""
        may_sleep = (
            self.state != LINKED
            and self._radio.is_resting
            and not self._board.has_usb()  # light sleep would take the serial line away
            and not self._haptics.is_playing  # the motor's pin would keep its level
            and not self._is_touched()
        )
        wait_ms = min(_WAIT_MS, self._imu.poll_ms)  # a sensor without an interrupt for its FIFO
        if not may_sleep:
            self._board.wait(wait_ms)
        else:
            self._board.sleep(_LONGEST_SLEEP_MS if self.state == STORED else wait_ms)

    def _is_touched(self):
        # What a press means is known half a second after it.
        if not self._board.button.value():
            return True
        touched_ms = self._touched_ms
        return touched_ms is not None and _since(self._uptime.ms, touched_ms) < _TOUCHED_MS

    def ask_off(self):
        """Switch off once the motor has said so."""
        self.is_over = True

    def off(self):
        """Let all go to sleep; then the board may switch off."""
        self._haptics.stop()
        self._enter(OFF, self._uptime.ms)
        self._radio.rest()

    def _note_cable(self, now_ms):
        has_usb = self._board.has_usb()
        if has_usb == self._has_usb:
            return
        if self.state == STORED:  # the ledger keeps the time on the charger apart
            self._sampler.resume(_since(now_ms, self._rest_from_ms), self._rested)
            self._sampler.rest()
            self._rest_from_ms = now_ms
        self._has_usb = has_usb
        self.invite()

    def _note_wear(self, now_ms, is_off_body):
        if not is_off_body:
            self._off_body_from_ms = None
        elif self._off_body_from_ms is None:
            self._off_body_from_ms = now_ms

    def _wanted(self, now_ms):
        if self._is_invited:
            return LINKED
        if self.state == STORED:
            return ALONE if self._has_moved() else STORED
        from_ms = self._off_body_from_ms
        if from_ms is not None and _since(now_ms, from_ms) >= _STORED_AFTER_MS:
            return STORED
        return ALONE

    def _has_moved(self):
        try:
            return not self._has_rest or self._imu.has_moved()
        except OSError:  # rather awake for nothing than asleep on a back
            return True

    def _enter(self, state, now_ms):
        if self.state == STORED:
            self._wake(now_ms)
        self.state = state
        if state in (OFF, STORED):
            self._rest(now_ms)
        else:
            self._set_batch(_LINKED_SAMPLES if state == LINKED else _ALONE_SAMPLES)
        self._board.note("state", state)
        block = self._sampler.index // SAMPLES_PER_BLOCK
        self._tell(POWER, (now_ms, state, self.battery_mv, block))

    def _set_batch(self, samples):
        try:
            self._imu.set_watermark(samples)
        except OSError:  # the batch stays as it was
            self._sampler.faults += 1

    def _rest(self, now_ms):
        self._sampler.rest()
        self._rest_from_ms = now_ms
        self._has_rest = False
        try:
            self._imu.rest()
            self._has_rest = True
        except OSError:  # it goes on measuring; `start` will reset it
            self._sampler.faults += 1

    def _wake(self, now_ms):
        self._off_body_from_ms = None
        try:
            self._imu.start()
        except OSError:  # the sampler tries again after a second of silence
            self._sampler.faults += 1
        self._sampler.resume(_since(now_ms, self._rest_from_ms), self._rested)

    def _rested(self, blocks):
        self._on_rest(blocks, self._has_usb)

    def _tend_radio(self, now_ms):
        if self.state == LINKED:
            self._radio.wake()
            return
        passed_ms = _since(now_ms, self._window_ms)
        period_ms = _STORED_PERIOD_MS if self.state == STORED else _ALONE_PERIOD_MS
        if passed_ms >= period_ms:
            self._window_ms = now_ms
            self._radio.wake()
        elif passed_ms >= _WINDOW_MS and not self._radio.is_busy:  # it may be about to be trusted
            self._radio.rest()

    def _check_battery(self):
        self.battery_mv = self._board.battery_mv()
        if self.battery_mv >= LOW_MV or self._has_usb:
            self._empty_readings = 0
            return
        self._fault(BATTERY_LOW, self.battery_mv)
        if self.battery_mv < EMPTY_MV:
            self._empty_readings += 1
            if self._empty_readings >= _EMPTY_READINGS:
                self._fault(BATTERY_EMPTY, self.battery_mv)
                self.ask_off()


def _since(now_ms, from_ms):
    return (now_ms - from_ms) & 0xFFFFFFFF
