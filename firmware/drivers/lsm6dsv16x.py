"""ST LSM6DSV16X: gyroscope, accelerometer, on-chip gravity (SFLP) by FIFO, all at 60 Hz.

Register names and bits: ST's lsm6dsv16x-pid driver (lsm6dsv16x_reg.h); start-up order: ST's
sensor_fusion example. One time slot is three FIFO words that share a tag count; a sample is
complete when all three have come.
"""

from array import array

ADDRESSES = (0x6A, 0x6B)  # SA0 low; SA0 high, as SparkFun's breakout ships
_WHO_AM_I, _WHO_AM_I_VALUE = 0x0F, 0x70
_FUNC_CFG_ACCESS, _EMB_FUNC_REG_ACCESS, _SW_POR = 0x01, 0x80, 0x04
_CTRL3, _BDU_IF_INC = 0x12, 0x44
_CTRL1, _CTRL2, _CTRL6, _CTRL8 = 0x10, 0x11, 0x15, 0x17
_ODR_60_HZ, _FS_8_G, _FS_1000_DPS = 0x05, 0x02, 0x03
_FIFO_CTRL1, _FIFO_CTRL3, _FIFO_CTRL4, _CONTINUOUS = 0x07, 0x09, 0x0A, 0x06
_INT1_CTRL, _INT1_FIFO_TH = 0x0D, 0x08
_FIFO_STATUS1, _FIFO_OVR = 0x1B, 0x48
_INTERNAL_FREQ = 0x4F
_FIFO_DATA_OUT_TAG = 0x78
_EMB_FUNC_EN_A, _SFLP_GAME_EN = 0x04, 0x02
_EMB_FUNC_FIFO_EN_A, _SFLP_GRAVITY_FIFO_EN = 0x44, 0x10
_SFLP_ODR, _SFLP_60_HZ, _SFLP_ODR_KEEP = 0x5E, 0x02 << 3, 0xC7  # its other bits are ST's

# Scales, then what goes into the FIFO; the sensors start only after that.
_SETTINGS = (
    (_CTRL3, _BDU_IF_INC),
    (_CTRL8, _FS_8_G),
    (_CTRL6, _FS_1000_DPS),
    (_FIFO_CTRL3, _ODR_60_HZ << 4 | _ODR_60_HZ),
)
_START = ((_INT1_CTRL, _INT1_FIFO_TH), (_CTRL1, _ODR_60_HZ), (_CTRL2, _ODR_60_HZ))
_RESET_READS = 1000  # some 0.1 s at 400 kHz; a reset takes 30 ms at most

_WORD = 7  # a tag byte and six data bytes
_BURST_WORDS = 36
_TAG_GYR, _TAG_ACC, _TAG_UP = 0x01, 0x02, 0x17
_ALL = 7  # one bit for each of gyr, acc, up

CHANNELS = 9
MAX_SAMPLES = 176  # 512 words hold 170 whole slots; the driver's users allocate for this many


class LSM6DSV16X:
    """Reads whole samples, in the sensor frame, into `samples`: nine int16 each, gyr, acc, up.

    mounting says which chip axis points along the sensor frame's x, y and z, and its sign.
    """

    def __init__(self, i2c, mounting, watermark_words=36):
        # One more than is given: there a slot waits whose last word has not come.
        self.samples = array("h", bytes(2 * CHANNELS * (MAX_SAMPLES + 1)))
        self.rate_mhz = 60000
        self.has_overrun = False
        self.has_failed = False
        self.left = 0  # samples known to be in the FIFO still
        self.incomplete = 0  # slots of which a word never came
        self._i2c = i2c
        self._address = ADDRESSES[0]
        self._offsets = tuple([1 + 2 * axis for axis, _ in mounting])
        self._signs = tuple([sign for _, sign in mounting])
        self._watermark_words = watermark_words
        self._one = bytearray(1)
        self._two = bytearray(2)
        self._fifo = bytearray(_WORD * _BURST_WORDS)
        # Views made once: slicing on the sample path would allocate.
        self._bursts = [memoryview(self._fifo)[: _WORD * n] for n in range(_BURST_WORDS + 1)]
        self._begin()

    def _begin(self):
        self._count = 0
        self._was_full = False
        self._close_slot()

    def _close_slot(self):
        self._slot = 4  # no tag count is 4: the next word opens a slot
        self._have = 0

    def start(self):
        """Find, reset and configure the chip; raises OSError with a sentence when it will not."""
        found = self._find()
        if found != _WHO_AM_I_VALUE:
            raise OSError(
                "Found identity 0x{:02x} at 0x{:02x}; expected 0x70, an LSM6DSV16X.".format(
                    found, self._address
                )
            )
        self._reset()
        for register, value in _SETTINGS:
            self._set(register, value)
        self._set(_FIFO_CTRL1, self._watermark_words)
        self._set_embedded(_EMB_FUNC_FIFO_EN_A, _SFLP_GRAVITY_FIFO_EN)
        self._set_embedded(_SFLP_ODR, _SFLP_60_HZ, _SFLP_ODR_KEEP)
        for register, value in _START:
            self._set(register, value)
        self._set_embedded(_EMB_FUNC_EN_A, _SFLP_GAME_EN)
        self._set(_FIFO_CTRL4, _CONTINUOUS)
        self._begin()
        self.rate_mhz = 60000 + self._signed(self._read(_INTERNAL_FREQ)) * 78  # 0.13 % a step

    def _find(self):
        for self._address in ADDRESSES:
            try:
                # A processor reset in the middle of `start` leaves the chip on its embedded page.
                self._write(_FUNC_CFG_ACCESS, 0)
                return self._read(_WHO_AM_I)
            except OSError:
                continue
        raise OSError("Found nothing at 0x6A and 0x6B; expected an LSM6DSV16X; check the wiring.")

    def _reset(self):
        self._write(_FUNC_CFG_ACCESS, _SW_POR)
        for _ in range(_RESET_READS):
            try:
                if not self._read(_FUNC_CFG_ACCESS) & _SW_POR:  # clears itself
                    return
            except OSError:
                continue  # no answer while it restarts
        raise OSError("Found the LSM6DSV16X still in reset; expected it back; check its supply.")

    def read(self):
        """Empty the FIFO into `samples`; return how many samples came. Allocates nothing.

        Sets `has_overrun` when the FIFO was full: what was lost came before these samples. Sets
        `has_failed` when the chip stopped answering half-way: `left` samples come with the next
        call. Raises OSError when it does not answer at all.
        """
        self._forget_given()
        words = self._waiting()
        self.has_failed = False
        while words > 0 and not self.has_failed:
            burst = words if words < _BURST_WORDS else _BURST_WORDS
            if self._fetch(burst):
                self._parse(burst)
                words -= burst
        self.left = words // 3
        self.has_overrun = self._was_full
        self._was_full = False
        return self._count

    def _fetch(self, burst):
        try:
            self._i2c.readfrom_mem_into(self._address, _FIFO_DATA_OUT_TAG, self._bursts[burst])
        except OSError:
            if not self._count:
                raise
            self.has_failed = True
        return not self.has_failed

    def _forget_given(self):
        # A slot of which a word is still to come moves to the front.
        if self._count:
            for i in range(CHANNELS):
                self.samples[i] = self.samples[self._count * CHANNELS + i]
            self._count = 0

    def _waiting(self):
        self._i2c.readfrom_mem_into(self._address, _FIFO_STATUS1, self._two)
        if self._two[1] & _FIFO_OVR:  # reading it has cleared it: keep it until samples are given
            self._was_full = True
            self._close_slot()  # the rest of an open one is lost
        return self._two[0] | (self._two[1] & 1) << 8

    def _parse(self, words):
        for word in range(words):
            self._word(word * _WORD)

    def _word(self, at):
        tag = self._fifo[at]
        slot = tag >> 1 & 3
        if slot != self._slot:
            if self._have:
                self.incomplete += 1
            self._slot = slot
            self._have = 0
        tag >>= 3
        part = 0 if tag == _TAG_GYR else 1 if tag == _TAG_ACC else 2 if tag == _TAG_UP else 3
        if part == 3:
            return
        self._store(at, self._count * CHANNELS + 3 * part)
        self._have |= 1 << part
        if self._have == _ALL:
            self._close_slot()
            self._count += 1

    def _store(self, at, to):
        for i in range(3):
            low = at + self._offsets[i]
            value = self._fifo[low] | self._fifo[low + 1] << 8
            if value > 32767:
                value -= 65536
            if self._signs[i] < 0:
                value = -value if value > -32768 else 32767
            self.samples[to + i] = value

    def _read(self, register):
        self._i2c.readfrom_mem_into(self._address, register, self._one)
        return self._one[0]

    def _write(self, register, value):
        self._one[0] = value
        self._i2c.writeto_mem(self._address, register, self._one)

    def _set(self, register, value):
        # Read back: a chip that is still starting up misses writes.
        self._write(register, value)
        found = self._read(register)
        if found != value:
            raise OSError(
                "Found 0x{:02x} in register 0x{:02x}; expected the 0x{:02x} just written; "
                "check the sensor's supply.".format(found, register, value)
            )

    def _set_embedded(self, register, value, keep=0):
        self._write(_FUNC_CFG_ACCESS, _EMB_FUNC_REG_ACCESS)
        if keep:
            value |= self._read(register) & keep
        self._set(register, value)
        self._write(_FUNC_CFG_ACCESS, 0)

    @staticmethod
    def _signed(byte):
        return byte - 256 if byte > 127 else byte
