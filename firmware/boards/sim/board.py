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
from hostlink import FAULT, MOTOR, PLAY, PRESS, QUEUE_NOTIFICATIONS, REACHED, hostlink
from lsm6dsv16x_model import Lsm6dsv16x
from tape import Tape

_ENODEV = 19
_TICKS_WRAP = 1 << 30
_POLL_MS = 2
# Time stalls while the radio's queue is more than half full, so that a firmware that sends a few
# notifications between two waits is never refused because of how fast the host happens to be.
_FEW_CREDITS = QUEUE_NOTIFICATIONS // 2


class _I2c:
    """machine.I2C's register calls; a NAK is OSError(ENODEV), as on the ESP32."""

    def __init__(self, devices):
        self._devices = devices
        self.naks = 0  # so many transfers will fail
        self.broken = None  # runs in place of the next transfers

    def _device(self, address):
        if self.broken is not None:
            self.broken()
        if self.naks:
            self.naks -= 1
            raise OSError(_ENODEV)
        if address not in self._devices:
            raise OSError(_ENODEV)
        return self._devices[address]

    def readfrom_mem_into(self, address, register, buffer):
        self._device(address).read(register, buffer)

    def writeto_mem(self, address, register, buffer):
        self._device(address).write(register, buffer)


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
        self.held_until_us = 0

    def value(self):
        return 0 if self._board.now_us < self.held_until_us else 1


class _Led:
    def __init__(self):
        self._level = 1

    def value(self, level=None):
        if level is None:
            return self._level
        self._level = level


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
        internal_freq = int(os.getenv("TRUNKLINE_SIM_INTERNAL_FREQ") or 0)
        self._imu = Lsm6dsv16x(
            Tape(os.getenv("TRUNKLINE_SIM_TAPE"), self._start_ms), internal_freq
        )
        self._imu.advance(self.now_us)
        self._battery_mv = 3900
        self._has_usb = False
        # Lets a test start the clock just before it wraps.
        self._ticks_start_ms = int(os.getenv("TRUNKLINE_SIM_TICKS_START_MS") or 0)
        self.imu_address = 0x6A
        self.i2c = _I2c({self.imu_address: self._imu})
        self.motor = _Motor(self)
        self.timer = _Timer(self)
        self.button = _Button(self)
        self.led = _Led()
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

    def wait(self, ms):
        """Return after a radio event, INT1, the timer, or `ms` of virtual time."""
        if self.link.dispatch():
            return
        if self.now_us >= self._limit_us or self.link.credits < _FEW_CREDITS:
            self._stand()
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
        for due_us in (self._imu.next_interrupt_us(), self.timer.due_us):
            if due_us is not None:
                until_us = min(until_us, due_us)
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
            self.button.held_until_us = self.now_us + struct.unpack("<I", body)[0] * 1000
        elif kind == FAULT:
            self._fault(body[4:].decode(), struct.unpack("<i", body[:4])[0])

    def _fault(self, name, value):
        if name == "nak":
            self.i2c.naks = value
        elif name == "brown_out":
            self._imu.brown_out(value)
        elif name == "battery_mv":
            self._battery_mv = value
        elif name == "usb":
            self._has_usb = bool(value)
        elif name == "hang":
            self.i2c.broken = self._hang
        elif name == "crash":
            self.i2c.broken = self._crash
        else:
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
