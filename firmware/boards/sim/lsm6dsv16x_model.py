"""An LSM6DSV16X by its registers: what a driver reads and writes over I2C, moved by virtual time.

Time is pushed in (`advance`), never read from a clock; motion comes from a tape, one row a tick of
60 Hz. Row 0 comes with the first tick after the FIFO is first switched on; from then on the tape
runs with time, whatever is done to the chip, because the wearer does not wait for it.

Not modelled: SFLP itself (gravity comes from the tape; while it settles it says that z is up),
filters and their delay, game rotation and bias words, FIFO compression, the timestamp in the
FIFO, stop-on-watermark, taps, INT2.
"""

from fifo import DEPTH_WORDS, Fifo
from lsm6dsv16x_motion import WATCHED, WakeUp, driven
from lsm6dsv16x_scales import ACC_SCALES, GYR_SCALES, RATES_MHZ, SAME, batch_rates, rescale
from oscillator import Oscillator

WHO_AM_I = 0x70
TAG_GYR, TAG_ACC, TAG_GRAVITY = 0x01, 0x02, 0x17

_FUNC_CFG_ACCESS, _FIFO_CTRL1, _FIFO_CTRL3, _FIFO_CTRL4 = 0x01, 0x07, 0x09, 0x0A
_INT1_CTRL, _WHO_AM_I, _CTRL1, _CTRL2, _CTRL3 = 0x0D, 0x0F, 0x10, 0x11, 0x12
_CTRL6, _CTRL8, _FIFO_STATUS1, _FIFO_STATUS2, _STATUS_REG = 0x15, 0x17, 0x1B, 0x1C, 0x1E
_OUTX_L_G, _OUTX_L_A, _TIMESTAMP0, _INTERNAL_FREQ = 0x22, 0x28, 0x40, 0x4F
_FUNCTIONS_ENABLE, _FIFO_TAG, _FIFO_LAST = 0x50, 0x78, 0x7E
_ALL_INT_SRC, _WAKE_UP_SRC = 0x1D, 0x45
# Embedded page
_EMB_FUNC_EN_A, _EMB_FUNC_FIFO_EN_A, _SFLP_ODR, _EMB_FUNC_INIT_A = 0x04, 0x44, 0x5E, 0x66

_RESET = {0x02: 0x23, _CTRL3: 0x44, 0x54: 0x04}
_READ_ONLY = (range(_WHO_AM_I, 0x10), range(0x1B, 0x2E), range(0x40, 0x50), range(_FIFO_TAG, 0x7F))
_CONFIGURES = (_FIFO_CTRL3, _FIFO_CTRL4, _CTRL1, _CTRL2, _CTRL6, _CTRL8)
_CONFIGURES += WATCHED
_UNSETTLED = b"\x00\x00\x00\x00\x09\x40"  # 1 g along z


class Lsm6dsv16x:
    """One chip; trim and error of its clock as in `oscillator`, SFLP right after `settle_us`."""

    def __init__(self, tape, internal_freq=0, error_ppm=0, settle_us=0):
        self.internal_freq = internal_freq
        self.identity = WHO_AM_I
        self.dead_axes = 0  # bit k: axis k of gyr x y z, acc x y z fails the self-test
        self.now_us = 0
        self._oscillator = Oscillator(internal_freq, error_ppm)
        self._settle_us = settle_us
        self._tape = tape
        self._fifo = Fifo()
        self._start_us = None  # when the tape began to run
        self._tag_count = 0
        self._writes_to_ignore = 0
        self._reset()

    def brown_out(self, writes_to_ignore=0):
        """Lose the supply for a moment; the chip may then miss some writes while it boots."""
        self._reset()
        self._writes_to_ignore = writes_to_ignore

    def _reset(self):
        self._main = bytearray(0x80)
        self._embedded = bytearray(0x80)
        for register, value in _RESET.items():
            self._main[register] = value
        self._main[_INTERNAL_FREQ] = self.internal_freq & 0xFF
        self._wake_up = WakeUp()
        self._settled_us = 0
        self._is_overrun_latched = False
        self._timestamp_start_us = 0
        self._read_rows = [-1, -1]
        self._fifo.clear()
        self._configure()

    # Registers

    def write(self, register, data):
        for value in data:
            if self._writes_to_ignore:
                self._writes_to_ignore -= 1
            elif register == _FUNC_CFG_ACCESS:
                self._main[register] = value
                if value & 0x04:  # SW_POR clears itself
                    self._reset()
            elif self._main[_FUNC_CFG_ACCESS] & 0x80:
                self._write_embedded(register, value)
            else:
                self._write_main(register, value)
            register = self._following(register)

    def _following(self, register):
        if not self._main[_CTRL3] & 0x04:  # IF_INC
            return register
        return _FIFO_TAG if register == _FIFO_LAST else (register + 1) & 0x7F

    def _write_embedded(self, register, value):
        # EMB_FUNC_INIT_A restarts a function and reads as zero.
        if register == _EMB_FUNC_EN_A and value & ~self._embedded[register] & 0x02:
            self._settled_us = self.now_us + self._settle_us
        self._embedded[register] = 0 if register == _EMB_FUNC_INIT_A else value
        if register in (_EMB_FUNC_EN_A, _EMB_FUNC_FIFO_EN_A, _SFLP_ODR):
            self._configure()

    def _write_main(self, register, value):
        if register == 0x42 and value == 0xAA:  # TIMESTAMP2: restart the counter
            self._timestamp_start_us = self.now_us
        elif any(register in block for block in _READ_ONLY):
            return
        elif register == _CTRL3 and value & 0x01:  # SW_RESET clears itself
            self._reset()
        else:
            if register == _FUNCTIONS_ENABLE and value & ~self._main[register] & 0x40:
                self._timestamp_start_us = self.now_us
            self._main[register] = value & 0x7E if register == _CTRL3 else value
            if register in _CONFIGURES:
                self._configure()

    def read(self, register, buffer):
        is_main = not self._main[_FUNC_CFG_ACCESS] & 0x80
        if is_main and register >= _FIFO_TAG and self._main[_CTRL3] & 0x04:
            self._fifo.read(register - _FIFO_TAG, buffer)
            return
        for i in range(len(buffer)):
            if is_main or register == _FUNC_CFG_ACCESS:
                buffer[i] = self._read_main(register)
            else:
                buffer[i] = self._embedded[register]
            register = self._following(register)

    def _read_main(self, register):
        if register == _FIFO_STATUS1:
            return min(self._fifo.words, 511) & 0xFF
        if register == _FIFO_STATUS2:
            return self._fifo_status2()
        if register == _STATUS_REG:
            return self._status()
        if _OUTX_L_G <= register < _OUTX_L_A + 6:
            return self._output(register - _OUTX_L_G)
        if _TIMESTAMP0 <= register < _TIMESTAMP0 + 4:
            return self._timestamp() >> (8 * (register - _TIMESTAMP0)) & 0xFF
        if register == _WHO_AM_I:
            return self.identity
        if register == _ALL_INT_SRC:
            return bool(self._wake_up.source) << 1
        if register == _WAKE_UP_SRC:
            return self._wake_up.take()
        if register == _FIFO_TAG:  # only without IF_INC: bytes of one address
            byte = bytearray(1)
            self._fifo.read(0, byte)
            return byte[0]
        return self._main[register]

    def _fifo_status2(self):
        words = min(self._fifo.words, 511)
        status = words >> 8 | self._is_at_watermark() << 7 | (self._fifo.words == DEPTH_WORDS) << 5
        if self._fifo.has_overrun:
            status |= 0x40
            self._is_overrun_latched = True
        status |= self._is_overrun_latched << 3
        self._fifo.has_overrun = self._is_overrun_latched = False  # reading clears both
        return status

    def _status(self):
        row = self._row_now()
        acc_is_new = self._acc_mhz and row != self._read_rows[1]
        gyr_is_new = self._gyr_mhz and row != self._read_rows[0]
        return bool(acc_is_new) | bool(gyr_is_new) << 1

    def _output(self, offset):
        is_acc = offset >= 6
        if not (self._acc_mhz if is_acc else self._gyr_mhz):
            return 0
        row = self._row_now()
        self._read_rows[is_acc] = row
        first = 6 if is_acc else 0
        data = self._tape.row(row)[first : first + 6]
        data = driven(data, self._main, is_acc, self.dead_axes)
        return rescale(data, self._acc_scale if is_acc else self._gyr_scale)[offset - first]

    def _row_now(self):
        if self._start_us is None:
            return 0
        ticks = self._ticks(self._tape.rate_mhz, self.now_us)
        return max(0, ticks - 1)

    def _timestamp(self):
        if not self._main[_FUNCTIONS_ENABLE] & 0x40:
            return 0
        return self._oscillator.timestamp(self.now_us - self._timestamp_start_us)

    # Rates

    def _ticks(self, rate_mhz, now_us):
        return self._oscillator.ticks(rate_mhz, now_us - self._start_us)

    def _configure(self):
        main = self._main
        self._acc_mhz = RATES_MHZ[main[_CTRL1] & 15]
        gyr_sleeps = main[_CTRL2] >> 4 & 7 == 4
        self._gyr_mhz = 0 if gyr_sleeps else RATES_MHZ[main[_CTRL2] & 15]
        self._acc_scale = ACC_SCALES[main[_CTRL8] & 3]
        self._gyr_scale = GYR_SCALES.get(main[_CTRL6] & 15, SAME)
        mode = main[_FIFO_CTRL4] & 7
        self._stops_when_full = mode == 1
        if mode == 0:
            self._fifo.clear()
        rates = (0, 0, 0)
        if mode in (1, 6):
            rates = batch_rates(main, self._embedded, self._gyr_mhz, self._acc_mhz)
        self._slot_mhz = max(rates)
        self._is_plain = self._slot_mhz > 0 and min(rates) == self._slot_mhz
        self._every = [self._slot_mhz // rate if rate else 0 for rate in rates]
        self._next_us = None
        if self._slot_mhz:
            self._begin_slots()
        self._wake_up.configure(main, self._acc_mhz, self.now_us, self._oscillator)
        if self._wake_up.next_us and self._start_us is None:
            self._start_us = self.now_us

    def _begin_slots(self):
        if self._start_us is None:
            self._start_us = self.now_us
        self._numerator, self._denominator = self._oscillator.period_us(self._slot_mhz)
        self._slot = self._ticks(self._slot_mhz, self.now_us)
        self._next_us = self._slot_us(self._slot)

    def _slot_us(self, slot):
        # Rounded up: a slot is there when its whole time has passed.
        return self._start_us - (-(slot + 1) * self._numerator // self._denominator)

    # Time

    def advance(self, now_us):
        """Let time pass until `now_us`; every slot whose time has come goes into the FIFO."""
        while self._next_us is not None and self._next_us <= now_us:
            self.now_us = self._next_us
            self._fill_slot()
        while self._wake_up.next_us is not None and self._wake_up.next_us <= now_us:
            self.now_us = self._wake_up.next_us
            row = self._row_now()
            self._wake_up.look(self._tape.row(row), row >= self._tape.rows)
        self.now_us = now_us

    def _fill_slot(self):
        slot = self._slot
        row = max(0, (slot + 1) * self._tape.rate_mhz // self._slot_mhz - 1)
        data = self._tape.row(row)
        count = self._tag_count << 1
        every_gyr, every_acc, every_gravity = self._every
        if every_gyr and not slot % every_gyr:
            self._push(TAG_GYR << 3 | count, rescale(data[:6], self._gyr_scale))
        if every_acc and not slot % every_acc:
            self._push(TAG_ACC << 3 | count, rescale(data[6:12], self._acc_scale))
        if every_gravity and not slot % every_gravity:
            is_settled = self.now_us >= self._settled_us
            self._push(TAG_GRAVITY << 3 | count, data[12:] if is_settled else _UNSETTLED)
        self._tag_count = (self._tag_count + 1) & 3
        self._slot = slot + 1
        self._next_us = self._slot_us(slot + 1)

    def _push(self, tag, data):
        if not (self._stops_when_full and self._fifo.words == DEPTH_WORDS):
            self._fifo.push(tag, data)

    # INT1

    def _watermark(self):
        return self._main[_FIFO_CTRL1]

    def _is_at_watermark(self):
        return self._fifo.words >= self._watermark() > 0

    def interrupt(self):
        """The level of INT1."""
        enabled = self._main[_INT1_CTRL]
        return bool(
            (enabled & 0x08 and self._is_at_watermark())
            or (enabled & 0x10 and self._fifo.has_overrun)
            or (enabled & 0x20 and self._fifo.words == DEPTH_WORDS)
            or self._wake_up.source
        )

    def next_look_us(self):
        """When the wake-up detector looks next; None while it does not watch."""
        return self._wake_up.next_us

    def next_interrupt_us(self):
        """When the watermark will be reached if nobody reads; None if never."""
        watermark = self._watermark()
        if self._next_us is None or not watermark or not self._main[_INT1_CTRL] & 0x08:
            return None
        missing = watermark - self._fifo.words
        if missing <= 0:
            return self.now_us
        if self._is_plain:
            return self._slot_us(self._slot + (missing + 2) // 3 - 1)
        slot = self._slot
        while True:
            missing -= sum(1 for every in self._every if every and not slot % every)
            if missing <= 0:
                return self._slot_us(slot)
            slot += 1
