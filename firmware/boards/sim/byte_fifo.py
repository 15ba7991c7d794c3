"""The FIFO of the MPU-6050: 1024 bytes in a ring, made once: firmware needs the heap in one piece.

It gives up one byte for each byte read; on an overflow the oldest bytes are lost.
"""

FIFO_BYTES = 1024


class ByteFifo:
    def __init__(self):
        self._ring = bytearray(FIFO_BYTES)
        self.clear()

    def __len__(self):
        return self._count

    def clear(self):
        self._head = self._count = 0

    def extend(self, data):
        """Append bytes."""
        for value in data:
            self._ring[(self._head + self._count) % FIFO_BYTES] = value
            if self._count < FIFO_BYTES:
                self._count += 1
            else:
                self._head = (self._head + 1) % FIFO_BYTES

    def pop_into(self, buffer):
        """Fill a buffer with the oldest bytes, and with 0xFF where there are no more."""
        count = min(len(buffer), self._count)
        for i in range(count):
            buffer[i] = self._ring[(self._head + i) % FIFO_BYTES]
        for i in range(count, len(buffer)):
            buffer[i] = 0xFF
        self._head = (self._head + count) % FIFO_BYTES
        self._count -= count
