"""The virtual board: virtual time, the register-level IMU, motor, button and the link to the host.

Time stands still until the host plays it. While it plays, `wait` goes straight to the next thing
that happens: INT1, the timer, the time asked for, or the end of the play. While the radio's queue
fills up, time stalls. So a run depends on the tape and on the commands given while time stands,
and on nothing else.
"""

import os
import struct
import sys
from binascii import unhexlify

from chip import Chip
from console import Console
from hostlink import FAULT, MOTOR, PLAY, PRESS, QUEUE_NOTIFICATIONS, REACHED, hostlink
from i2c import I2c
from imu_faults import ImuFaults
from tape import Tape

_TICKS_WRAP = 1 << 30
_POLL_MS = 2
# Time stalls while the radio's queue is more than half full, so that a firmware that sends a few
# notifications between two waits is never refused because of how fast the host happens to be.
_FEW_CREDITS = QUEUE_NOTIFICATIONS // 2


class _Motor:
    """machine.PWM's duty; the host hears every change."""

    def __init__(self, board):
        self._board = board
        self._duty = 0

    def duty_u16(self, value=None):
        if value is None:
            return self._duty
        if value != self._duty:
            self._duty = value
            self._board.link.send(MOTOR, struct.pack("<IH", self._board.now_us // 1000, value))


class _Timer:
    """machine.Timer on virtual time."""

    ONE_SHOT = 0
    PERIODIC = 1

    def __init__(self, board):
        self._board = board
        self.due_us = None

    def init(self, *, mode=PERIODIC, period=-1, callback=None):
        self._mode, self._period_us, self._callback = mode, period * 1000, callback
        self.due_us = self._board.now_us + self._period_us

    def deinit(self):
        self.due_us = None

    def fire(self):
        self.due_us = self.due_us + self._period_us if self._mode == self.PERIODIC else None
        self._callback(self)


class _Button:
    def __init__(self, board):
        self._board = board
        self._held_until_us = 0
        self._is_new = False  # pressed, and nobody has been woken by it

    def press(self, ms):
        self._held_until_us = self._board.now_us + ms * 1000
        self._is_new = True

    def wakes(self):
        """Tell once of a press: else one that came with the order to play on went unseen."""
        is_new, self._is_new = self._is_new, False
        return is_new

    def value(self):
        return 0 if self._board.now_us < self._held_until_us else 1

    @property
    def due_us(self):
        """When it is let go; None while it is up."""
        return None if self.value() else self._held_until_us


class _Led:
    def __init__(self):
        self._level = 1

    def value(self, level=None):
        if level is None:
            return self._level
        self._level = level


def _imu(tape):
    """Return the model of the sensor asked for, and its address."""
    trim = int(os.getenv("TRUNKLINE_SIM_INTERNAL_FREQ") or 0)
    error_ppm = int(os.getenv("TRUNKLINE_SIM_CLOCK_PPM") or 0)
    settle_us = 1000 * int(os.getenv("TRUNKLINE_SIM_SETTLE_MS") or 0)
    name = os.getenv("TRUNKLINE_SIM_IMU") or "lsm6dsv16x"
    if name == "lsm6dsv16x":
        from lsm6dsv16x_model import Lsm6dsv16x

        return Lsm6dsv16x(tape, trim, error_ppm, settle_us), 0x6A
    if name == "mpu6050":
        from mpu6050_model import Mpu6050

        return Mpu6050(tape, error_ppm), 0x68
    raise ValueError(
        "Found TRUNKLINE_SIM_IMU=%s; expected lsm6dsv16x or mpu6050; leave it empty" % name
    )


class Board:
    NAME = "sim"
    MOUNTING = ((0, 1), (1, 1), (2, 1))

    def __init__(self):
        self.link = hostlink()
        self.link.on_control = self._on_control
        # After a reset the world has gone on; the board's own clock starts anew.
        self._start_ms = int(os.getenv("TRUNKLINE_SIM_START_MS") or 0)
        self.now_us = self._limit_us = self._start_ms * 1000
        self.link.time_ms = lambda: self.now_us // 1000
        self.note = self.link.note
        self.chip = Chip(self)
        self._has_told_limit = False
        tape = Tape(os.getenv("TRUNKLINE_SIM_TAPE"), self._start_ms)
        self._imu, self.imu_address = _imu(tape)
        self._imu.advance(self.now_us)
        self._battery_mv = 3900
        self._has_usb = False
        # Lets a test start the clock just before it wraps.
        self._ticks_start_ms = int(os.getenv("TRUNKLINE_SIM_TICKS_START_MS") or 0)
        self.i2c = I2c({self.imu_address: self._imu})
        self._imu_faults = ImuFaults(self._imu, self.i2c)
        self.motor = _Motor(self)
        self.timer = _Timer(self)
        self.button = _Button(self)
        self.led = _Led()
        self.console = Console(self.link, self)
        address = os.getenv("TRUNKLINE_SIM_ADDRESS") or "C0:DE:00:00:00:00"
        self.unique_id = unhexlify(address.replace(":", ""))
        self.root = os.getenv("TRUNKLINE_SIM_ROOT") or "."

    def battery_mv(self):
        return self._battery_mv

    def has_usb(self):
        return self._has_usb

    def has_moved(self):
        return self._imu.interrupt()

    def ticks_ms(self):
        uptime_ms = self.now_us // 1000 - self._start_ms
        return (uptime_ms + self._ticks_start_ms) & (_TICKS_WRAP - 1)

    def ticks_diff(self, later, earlier):
        half = _TICKS_WRAP // 2
        return ((later - earlier + half) & (_TICKS_WRAP - 1)) - half

    def free_bus(self):
        """Nine clocks for a chip that holds the data line; return the bus to use from now on."""
        self.i2c.free()
        return self.i2c

    def sleep_ms(self, ms):
        """Let time pass and do nothing; at the start, also before the host plays."""
        self.now_us += ms * 1000
        self._imu.advance(self.now_us)

    def wait(self, ms):
        """Return after a radio event, INT1, the timer, the button, or `ms` of virtual time."""
        if self.link.dispatch() or self.button.wakes():
            return
        is_slow = self.link.credits < _FEW_CREDITS or self.console.is_full
        if self.now_us >= self._limit_us or is_slow:
            self._stand()
        elif self._imu_faults.stall_us:
            self._advance(self.now_us + self._imu_faults.take_stall_us())
        elif self._imu.interrupt():
            # Nobody emptied the FIFO. On a board that costs time, too; here it must, or a driver
            # that fails would stop the world.
            self._advance(self.now_us + 1000)
        else:
            self._step(self.now_us + max(1, ms) * 1000)

    def sleep(self, ms):
        """Light sleep, for as long as `wait` would; the host hears of each sleep's length."""
        start_us = self.now_us
        self.wait(ms)
        if self.now_us > start_us:
            self.link.note("slept_ms", (self.now_us - start_us) // 1000)

    def off(self):
        """Deep sleep; the host sees the VM end."""
        self.link.note("off", 1)
        sys.exit(0)

    def _stand(self):
        """Serve the radio for a moment of real time; virtual time does not move."""
        if self.now_us >= self._limit_us and not self._has_told_limit:
            self._has_told_limit = True
            self.link.send(REACHED, struct.pack("<I", self.now_us // 1000))
        self.link.wait_readable(_POLL_MS)
        self.link.dispatch()

    def _step(self, until_us):
        for due_us in (self._imu.next_interrupt_us(), self.timer.due_us, self.button.due_us):
            if due_us is not None:
                until_us = min(until_us, due_us)
        until_us = min(until_us, self._limit_us)
        # A sensor that waits for motion looks on its own, and may end the wait.
        look_us = self._imu.next_look_us()
        while look_us is not None and look_us < until_us and not self._imu.interrupt():
            self._advance(look_us)
            look_us = self._imu.next_look_us()
        if not self._imu.interrupt():
            self._advance(until_us)

    def _advance(self, until_us):
        self.now_us = max(self.now_us, min(until_us, self._limit_us))
        self._imu.advance(self.now_us)
        while self.timer.due_us is not None and self.timer.due_us <= self.now_us:
            self.timer.fire()
        self.chip.watch()

    def _on_control(self, kind, body):
        if kind == PLAY:
            self._limit_us = max(self.now_us, struct.unpack("<I", body)[0] * 1000)
            self._has_told_limit = False
        elif kind == PRESS:
            self.button.press(struct.unpack("<I", body)[0])
        elif kind == FAULT:
            self._fault(body[4:].decode(), struct.unpack("<i", body[:4])[0])
        else:
            self.console.take(kind, body)

    def _fault(self, name, value):
        if name == "battery_mv":
            self._battery_mv = value
        elif name == "usb":
            self._has_usb = bool(value)
        elif name == "hang":
            self.i2c.broken = self._hang
        elif name == "crash":
            self.i2c.broken = self._crash
        elif not self._imu_faults.inject(name, value):
            raise ValueError("no fault is called " + name)

    def _hang(self):
        """A transfer that never comes back: time passes, and only the watchdog ends it."""
        while True:
            if self.now_us >= self._limit_us:
                self._stand()
            else:
                self._advance(self.now_us + 1000)

    def _crash(self):
        raise RuntimeError("a simulated defect of the firmware")
