"""The virtual IMU's motion: rows of int16 read from a tape file, a chunk at a time.

    offset  field
    0       magic "TLTP"
    4       version, u8 = 1
    5       rate_mhz, u32 (60000 = 60 Hz)
    9       rows, u32
    13      rows x 9 int16, little-endian: gyr xyz, acc xyz, gravity xyz in device scales

After the end the wearer holds still: the last row stays, with a gyro of zero.
"""

import struct

MAGIC = b"TLTP"
VERSION = 1
HEADER = "<4sBII"
ROW_BYTES = 18
_CHUNK_ROWS = 64
# Upright and at rest: acc +1 g and gravity +1 g along x.
_UPRIGHT = struct.pack("<9h", 0, 0, 0, 4098, 0, 0, 16393, 0, 0)


class Tape:
    """Give the row of a tick. Rows are asked for in rising order, mostly."""

    def __init__(self, path=None, start_ms=0):
        self.rate_mhz = 60000
        self.rows = 1
        self._first = 0
        self._chunk = memoryview(_UPRIGHT)
        self._held = memoryview(_UPRIGHT)
        self._file = None
        if path:
            self._open(path)
        # A board that restarts plays on from there; ms times mHz is a millionth of a row.
        self._skipped = start_ms * self.rate_mhz // 1_000_000

    def _open(self, path):
        self._file = open(path, "rb")  # noqa: SIM115 - read for as long as the board lives
        header = self._file.read(13)
        if header[:5] == MAGIC + bytes([VERSION]):
            _, _, self.rate_mhz, self.rows = struct.unpack(HEADER, header)
        if header[:5] != MAGIC + bytes([VERSION]) or not self.rows or not self.rate_mhz:
            self.close()
            raise ValueError(
                "%s is not a tape of version %d with rows in it; write it with write_tape()"
                % (path, VERSION)
            )
        # Made once: the firmware needs the heap in one piece.
        self._buffer = memoryview(bytearray(_CHUNK_ROWS * ROW_BYTES))
        self._load(self.rows - 1)
        self._held = memoryview(bytes(6) + bytes(self._chunk[-12:]))
        self._load(0)

    def _load(self, index):
        self._first = index - index % _CHUNK_ROWS
        self._file.seek(13 + self._first * ROW_BYTES)
        self._chunk = self._buffer[: self._file.readinto(self._buffer)]

    def row(self, index):
        """The 18 bytes of row `index`, as a view that is good until the next call."""
        index += self._skipped
        if index >= self.rows:
            return self._held
        offset = (index - self._first) * ROW_BYTES
        if not 0 <= offset < len(self._chunk):
            self._load(index)
            offset = (index - self._first) * ROW_BYTES
        return self._chunk[offset : offset + ROW_BYTES]

    def close(self):
        if self._file:
            self._file.close()
            self._file = None
