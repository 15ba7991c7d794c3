"""The firmware's own modules on CPython, with a virtual clock, bus, pins and radio to run on.

The bus ends in the register model of the chip. The radio is in radio.py.
"""

from tests.firmware.radio import Radio
from tests.firmware.tapes import numbered_tape, write_tape

from drivers.lsm6dsv16x import LSM6DSV16X  # isort: skip - the package puts its folder on the path
from drivers.mpu6050 import MPU6050  # isort: skip
from haptics import Haptics  # isort: skip
from lsm6dsv16x_model import Lsm6dsv16x  # isort: skip
from mpu6050_model import Mpu6050  # isort: skip
from tape import Tape  # isort: skip

__all__ = [
    "WRAP_MS",
    "Bus",
    "Changed",
    "Clock",
    "Pwm",
    "Radio",
    "Rig",
    "Timer",
    "numbered_tape",
    "write_tape",
]

WRAP_MS = 1 << 30
STRAIGHT = ((0, 1), (1, 1), (2, 1))


class Clock:
    """Ticks that wrap as the ESP32's do."""

    def __init__(self, start_ms=0):
        self.now_ms = start_ms

    def ticks_ms(self):
        return self.now_ms % WRAP_MS

    def ticks_diff(self, later, earlier):
        return (later - earlier + WRAP_MS // 2) % WRAP_MS - WRAP_MS // 2


class Bus:
    """I2C with one chip on it; the transfers numbered in `failing`, from now on, get no answer.

    While `held_clocks` are due, nothing does; `free` gives nine.
    """

    def __init__(self, chip, address=0x6A):
        self.chip = chip
        self.address = address
        self.failing = set()
        self.held_clocks = 0

    def fail(self, *numbers):
        self.failing = set(numbers)

    def _transfer(self, address):
        fails = 0 in self.failing
        self.failing = {number - 1 for number in self.failing if number}
        if self.held_clocks > 0:
            raise OSError(110)
        if fails or address != self.address:
            raise OSError(19)

    def free(self):
        self.held_clocks -= min(9, self.held_clocks)
        return self

    def readfrom_mem_into(self, address, register, buffer):
        self._transfer(address)
        self.chip.read(register, buffer)

    def writeto_mem(self, address, register, buffer):
        self._transfer(address)
        self.chip.write(register, buffer)


class Changed:
    """A module with some names changed; MicroPython's own modules cannot be."""

    def __init__(self, module, **names):
        self._module = module
        for name, value in names.items():
            setattr(self, name, value)

    def __getattr__(self, name):
        return getattr(self._module, name)


class Pwm:
    """A pin whose every change is kept, with the time."""

    def __init__(self, clock):
        self._clock = clock
        self.changes = []

    def duty_u16(self, value):
        if not self.changes or self.changes[-1][1] != value:
            self.changes.append((self._clock.now_ms, value))


class Timer:
    """One shot on the virtual clock."""

    ONE_SHOT = 0

    def __init__(self, clock):
        self._clock = clock
        self.due_ms = None

    def init(self, *, mode, period, callback):
        assert mode == self.ONE_SHOT
        self.due_ms, self._callback = self._clock.now_ms + period, callback

    def deinit(self):
        self.due_ms = None

    def run_until(self, now_ms):
        while self.due_ms is not None and self.due_ms <= now_ms:
            self._clock.now_ms, self.due_ms = self.due_ms, None
            self._callback(self)
        self._clock.now_ms = now_ms


class Rig:
    """Chip, bus and driver on one clock."""

    def __init__(self, tape, mounting=STRAIGHT, address=0x6A, internal_freq=0):
        self.clock = Clock()
        self._tape = Tape(str(tape))
        self.chip = Lsm6dsv16x(self._tape, internal_freq)
        self.bus = Bus(self.chip, address)
        self.imu = LSM6DSV16X(self.bus, mounting, self.bus.free, self.pass_ms)
        self.pwm, self.timer = Pwm(self.clock), Timer(self.clock)
        self.haptics = Haptics(self.pwm, self.timer, self.clock, lambda: 3900)

    def pass_ms(self, ms):
        self.timer.run_until(self.clock.now_ms + ms)
        self.chip.advance(self.clock.now_ms * 1000)

    def pass_samples(self, count):
        """Let the time of so many samples pass, from a sample's time on."""
        self.pass_ms(-(-count * 1000 // 60))

    def rows(self, count):
        """The samples just read."""
        return [tuple(self.imu.samples[9 * k : 9 * k + 9]) for k in range(count)]

    def drained(self):
        """Every sample that waits, however many reads that takes."""
        seen = self.rows(self.imu.read())
        while self.imu.left:
            seen += self.rows(self.imu.read())
        return seen

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._tape.close()


class MpuRig(Rig):
    """The same with an MPU-6050."""

    def __init__(self, tape, mounting=STRAIGHT, address=0x68, error_ppm=0):
        super().__init__(tape, mounting)
        self.chip = Mpu6050(self._tape, error_ppm)
        self.bus = Bus(self.chip, address)
        self.imu = MPU6050(self.bus, mounting, self.bus.free, self.pass_ms)
