"""An MPU-6050 by its registers: what a driver reads and writes over I2C, moved by virtual time.

Time is pushed in (`advance`); motion comes from the same tape as for the other chip, its nearest
row at each sample. It starts asleep, speaks big-endian, and its FIFO gives up one byte for each
byte read: break off in the middle and the next read begins in the middle. On an overflow the
oldest bytes are lost. `identity` makes it a clone.

Not modelled: filters and their delay, the I2C master, DMP, zero motion, temperature, EXT_SYNC.
"""

import struct

from byte_fifo import FIFO_BYTES, ByteFifo
from oscillator import Oscillator

WHO_AM_I = 0x68

_SELF_TEST_X, _SMPLRT_DIV, _CONFIG, _GYRO_CONFIG, _ACCEL_CONFIG = 0x0D, 0x19, 0x1A, 0x1B, 0x1C
_MOT_THR, _FIFO_EN, _INT_PIN_CFG, _INT_ENABLE, _INT_STATUS = 0x1F, 0x23, 0x37, 0x38, 0x3A
_ACCEL_XOUT, _GYRO_XOUT, _USER_CTRL, _PWR_MGMT_1, _PWR_MGMT_2 = 0x3B, 0x43, 0x6A, 0x6B, 0x6C
_FIFO_COUNTH, _FIFO_R_W, _WHO_AM_I = 0x72, 0x74, 0x75
_READ_ONLY = (range(_INT_STATUS, 0x61), range(_FIFO_COUNTH, 0x74), range(_WHO_AM_I, 0x76))
_MOT, _OVERFLOW, _DATA_READY = 0x40, 0x10, 0x01

# The tape: 4098 counts a g, 35 mdps a count. Here 16384 >> code a g, and 131 to 16.4 a dps.
_GYR_PER_DPS_TENTHS = (1310, 655, 328, 164)
_LOOKS_MHZ = (1250, 5000, 20000, 40000)
_STEP_COUNTS = 8  # 2 mg in counts of the tape
# The factory's self-test codes: gyro 16 (6431 counts at 250 dps), acc 16 (2291 at 8 g).
_FACTORY = bytes([0x90, 0x90, 0x90, 0x00])
_DRIVEN_GYR, _DRIVEN_ACC = 6431, 2291


class Mpu6050:
    def __init__(self, tape, error_ppm=0):
        self.identity = WHO_AM_I
        self.dead_axes = 0  # bit k: axis k of gyr x y z, acc x y z fails the self-test
        self.now_us = 0
        self._tape = tape
        self._oscillator = Oscillator(0, error_ppm)
        self._fifo = ByteFifo()
        self._start_us = None  # when the tape began to run
        self._writes_to_ignore = 0
        self._wanted = None  # rate and mode of the ticks
        self._reset()

    def brown_out(self, writes_to_ignore=0):
        """Lose the supply for a moment; the chip may then miss some writes while it boots."""
        self._reset()
        self._writes_to_ignore = writes_to_ignore

    def _reset(self):
        self._main = bytearray(0x80)
        self._main[_SELF_TEST_X : _SELF_TEST_X + 4] = _FACTORY
        self._main[_PWR_MGMT_1] = 0x40
        self._fifo.clear()
        self._status = 0
        self._held = None  # the pose that motion is measured from
        self._configure()

    # Registers

    def write(self, register, data):
        for value in data:
            if self._writes_to_ignore:
                self._writes_to_ignore -= 1
            elif not any(register in block for block in _READ_ONLY):
                self._write(register, value)
            register = (register + 1) & 0x7F

    def _write(self, register, value):
        if register == _PWR_MGMT_1 and value & 0x80:  # DEVICE_RESET clears itself
            self._reset()
            return
        if register == _USER_CTRL:
            if value & 0x04 and not value & 0x40:  # FIFO_RESET works while the FIFO is off
                self._fifo.clear()
            value &= 0xF8
        self._main[register] = value
        if register == _ACCEL_CONFIG:
            self._held = self._counts()[:3] if value & 7 == 7 else None
        self._configure()

    def read(self, register, buffer):
        if register == _FIFO_R_W:  # no auto-increment
            self._fifo.pop_into(buffer)
            return
        for i in range(len(buffer)):
            buffer[i] = self._read(register)
            register = (register + 1) & 0x7F

    def _read(self, register):
        if register == _WHO_AM_I:
            return self.identity
        if register == _INT_STATUS:
            status, self._status = self._status, 0
            return status
        if register == _FIFO_COUNTH:
            return len(self._fifo) >> 8
        if register == _FIFO_COUNTH + 1:
            return len(self._fifo) & 0xFF
        for first, offset in ((_ACCEL_XOUT, 0), (_GYRO_XOUT, 6)):
            if first <= register < first + 6:
                return self._sample()[register - first + offset]
        return self._main[register]

    # Samples

    def _configure(self):
        """Begin the ticks anew when what makes them has changed."""
        main = self._main
        power = main[_PWR_MGMT_1]
        is_awake = not power & 0x40
        gyro_mhz = 8000000 if main[_CONFIG] & 7 in (0, 7) else 1000000
        self._is_cycling = bool(is_awake and power & 0x20)
        is_sampling = is_awake and not self._is_cycling
        rate_mhz = gyro_mhz // (1 + main[_SMPLRT_DIV]) if is_sampling else 0
        if self._is_cycling:
            rate_mhz = _LOOKS_MHZ[main[_PWR_MGMT_2] >> 6]
        self._begin_ticks(rate_mhz, gyro_mhz, 1 + main[_SMPLRT_DIV])

    def _begin_ticks(self, rate_mhz, gyro_mhz, divider):
        wanted = (rate_mhz, self._is_cycling)
        if wanted == self._wanted:
            return
        self._wanted = wanted
        self._next_us = None
        if rate_mhz:
            numerator, denominator = self._oscillator.period_us(gyro_mhz)
            if self._is_cycling:
                numerator, denominator, divider = 10**9, rate_mhz, 1
            self._numerator, self._denominator = numerator * divider, denominator
            self._begin_us, self._tick = self.now_us, 0
            self._next_us = self._tick_us(1)
            if self._start_us is None and (self._main[_FIFO_EN] or self._is_cycling):
                self._start_us = self.now_us

    def _tick_us(self, tick):
        return self._begin_us - (-tick * self._numerator // self._denominator)

    def advance(self, now_us):
        """Let time pass until `now_us`; every sample whose time has come goes into the FIFO."""
        while self._next_us is not None and self._next_us <= now_us:
            self.now_us = self._next_us
            self._tick += 1
            self._next_us = self._tick_us(self._tick + 1)
            self._do_tick()
        self.now_us = now_us

    def _do_tick(self):
        if self._is_cycling:
            self._look()
            return
        self._status |= _DATA_READY
        if not self._main[_USER_CTRL] & 0x40:
            return
        if self._start_us is None:
            self._start_us = self._tick_us(self._tick - 1)
        sample = self._sample()
        if len(self._fifo) > FIFO_BYTES - len(sample):
            self._status |= _OVERFLOW
        if self._main[_FIFO_EN] & 0x08:
            self._fifo.extend(sample[:6])
        if self._main[_FIFO_EN] & 0x70:
            self._fifo.extend(sample[6:])

    def _row(self):
        if self._start_us is None:
            return self._tape.row(0)
        ticks = (self.now_us - self._start_us) * self._tape.rate_mhz // 10**9
        return self._tape.row(max(0, ticks - 1))

    def _counts(self):
        row = struct.unpack("<6h", self._row()[:12])
        return list(row[3:]) + list(row[:3])

    def _sample(self):
        """Acceleration and rate as they stand in the registers: twelve bytes."""
        if self._main[_PWR_MGMT_1] & 0x40:
            return bytes(12)
        main = self._main
        acc_code, gyr_code = main[_ACCEL_CONFIG] >> 3 & 3, main[_GYRO_CONFIG] >> 3 & 3
        counts = self._counts()
        for axis in range(3):
            acc = counts[axis] * (16384 >> acc_code) / 4098
            gyr = counts[3 + axis] * _GYR_PER_DPS_TENTHS[gyr_code] * 35 / 10000
            if main[_ACCEL_CONFIG] & 0x80 >> axis and not self.dead_axes >> (3 + axis) & 1:
                acc += _DRIVEN_ACC
            if main[_GYRO_CONFIG] & 0x80 >> axis and not self.dead_axes >> axis & 1:
                gyr += _DRIVEN_GYR * (-1 if axis == 1 else 1)
            counts[axis], counts[3 + axis] = round(acc), round(gyr)
        return struct.pack(">6h", *[max(-32768, min(32767, value)) for value in counts])

    # INT

    def _look(self):
        counts = self._counts()[:3]
        if self._held is None:
            self._held = counts
        threshold = self._main[_MOT_THR] * _STEP_COUNTS
        if any(abs(now - held) > threshold for now, held in zip(counts, self._held)):
            self._status |= _MOT

    def interrupt(self):
        """The level of INT, latched until INT_STATUS is read."""
        return bool(self._status & self._main[_INT_ENABLE] & (_MOT | _OVERFLOW | _DATA_READY))

    def next_interrupt_us(self):
        """When data will be ready, if that is enabled; None if never."""
        return self._next_us if self._main[_INT_ENABLE] & _DATA_READY else None

    def next_look_us(self):
        """When it looks for motion next; None while it does not."""
        return self._next_us if self._is_cycling else None
