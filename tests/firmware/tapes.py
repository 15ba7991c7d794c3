"""Tapes for the register models, written without numpy: MicroPython has none."""

import struct

from tape import HEADER, MAGIC, VERSION

ROWS = 30_000


def packed(gyr, acc, gravity):
    return struct.pack("<9h", *(tuple(gyr) + tuple(acc) + tuple(gravity)))


def write_packed(path, count, pieces):
    """Write a tape of so many rows at 60 Hz, which come packed, some in each piece."""
    with open(str(path), "wb") as file:
        file.write(struct.pack(HEADER, MAGIC, VERSION, 60000, count))
        for piece in pieces:
            file.write(piece)
    return path


def write_tape(path, gyr, acc, gravity):
    """Write a tape of three lists of rows."""
    return write_packed(path, len(gyr), map(packed, gyr, acc, gravity))


def numbered_tape(path):
    """Row n holds gyr (n, -n, 7), acc (4098, n, -n), gravity (16393, n, 3): no two are alike."""
    rows = (struct.pack("<9h", n, -n, 7, 4098, n, -n, 16393, n, 3) for n in range(ROWS))
    return write_packed(path, ROWS, rows)
