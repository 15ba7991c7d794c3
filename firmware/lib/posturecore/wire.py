"""Frames as bytes: the same over the air, over a cable and in a file.

    0        1        2          4          6            6+n        10+n
    +--------+--------+----------+----------+-- ... -----+----------+
    | 0xA5   | id     | length n | sequence | payload    | crc32    |
    +--------+--------+----------+----------+-- ... -----+----------+
    little-endian; the crc32 covers everything before it

A payload is the fixed fields of its row in frames.FRAMES and then, where the row has items, whole
items up to its end. Fields may be added at the end of a row that has no items: a reader takes what
it knows. Unknown ids are skipped by their length. VERSION changes only when a reader must refuse.
"""

from binascii import crc32
from struct import calcsize, pack, pack_into, unpack_from

from .frames import FRAMES, SAMPLES

MAGIC = 0xA5
HEADER = 6
TRAILER = 4
OVERHEAD = HEADER + TRAILER
MAX_PAYLOAD = 234  # a frame is one BLE notification: MTU 247 - 3 - OVERHEAD


def _format(fields: tuple[tuple[str, str, str], ...]) -> str:
    return "<" + "".join([code for _, code, _ in fields])


# The firmware's build writes the values of these two, and leaves the table out.
_FIXED = {frame: _format(row[2]) for frame, row in FRAMES.items()}
_ITEM = {frame: _format(row[3]) for frame, row in FRAMES.items() if row[3]}


def items_per_frame(frame: int) -> int:
    """Return how many items of this frame fit one notification."""
    return (MAX_PAYLOAD - calcsize(_FIXED[frame])) // calcsize(_ITEM[frame])


def seal(buffer: bytearray, frame: int, payload_length: int, sequence: int) -> int:
    """Write header and crc around the payload in buffer[6:]; return the frame's length."""
    pack_into("<BBHH", buffer, 0, MAGIC, frame, payload_length, sequence & 0xFFFF)
    end = HEADER + payload_length
    pack_into("<I", buffer, end, crc32(memoryview(buffer)[:end]) & 0xFFFFFFFF)
    return end + TRAILER


# MicroPython's struct packs what does not fit in silence, so the ranges are checked here.
_RANGES = {
    "B": (0, 255),
    "H": (0, 65535),
    "I": (0, 4294967295),
    "h": (-32768, 32767),
    "i": (-2147483648, 2147483647),
}


def _pack(frame: int, codes: str, values: tuple[int | bytes, ...]) -> bytes:
    kinds = [code for code in codes if code not in "<0123456789"]
    if len(values) != len(kinds):
        raise ValueError(
            "frame {}: {} values for {} fields".format(hex(frame), len(values), len(kinds))
        )
    for place, code in enumerate(kinds):
        value = values[place]
        if isinstance(value, int):
            low, high = _RANGES[code]
            if not low <= value <= high:
                raise ValueError(
                    "frame {}, value {} = {}: not in {}..{}".format(
                        hex(frame), place, value, low, high
                    )
                )
    return pack(codes, *values)


def pack_frame(
    frame: int,
    sequence: int,
    values: tuple[int | bytes, ...],
    items: tuple[tuple[int, ...], ...] = (),
) -> bytes:
    """Return the bytes of one frame; raises ValueError when values do not fit the table."""
    payload = _pack(frame, _FIXED[frame], values)
    for item in items:
        payload += _pack(frame, _ITEM[frame], item)
    if len(payload) > MAX_PAYLOAD:
        raise ValueError("a payload of {} bytes; at most {} fit".format(len(payload), MAX_PAYLOAD))
    buffer = bytearray(len(payload) + OVERHEAD)
    buffer[HEADER : HEADER + len(payload)] = payload
    seal(buffer, frame, len(payload), sequence)
    return bytes(buffer)


OK, SHORT, DAMAGED = range(3)


def examine(buffer: bytes | bytearray | memoryview, at: int, length: int) -> tuple[int, int]:
    """Look for a frame at buffer[at:length]; return (OK, its length), (SHORT, 0) or (DAMAGED, 0).

    SHORT means that more bytes are needed to tell. After DAMAGED try again one byte further on.
    """
    if length - at < 1:
        return SHORT, 0
    if buffer[at] != MAGIC:
        return DAMAGED, 0
    if length - at < HEADER:
        return SHORT, 0
    size = (buffer[at + 2] | buffer[at + 3] << 8) + OVERHEAD
    if size > MAX_PAYLOAD + OVERHEAD:
        return DAMAGED, 0
    if length - at < size:
        return SHORT, 0
    end = at + size - TRAILER
    if crc32(memoryview(buffer)[at:end]) & 0xFFFFFFFF != unpack_from("<I", buffer, end)[0]:
        return DAMAGED, 0
    return OK, size


def unpack_frame(
    buffer: bytes | bytearray | memoryview, at: int
) -> tuple[int, int, tuple[int, ...], tuple[tuple[int, ...], ...]]:
    """Read a frame that `examine` found good: (id, sequence, values, items).

    Raises ValueError for an id that is not in FRAMES (skip it) and for a payload too short for its
    row (the peer is wrong).
    """
    frame, length, sequence = unpack_from("<BHH", buffer, at + 1)
    if frame not in _FIXED:
        raise ValueError("unknown frame id {}".format(frame))
    body, end = at + HEADER, at + HEADER + length
    fixed = calcsize(_FIXED[frame])
    if length < fixed:
        raise ValueError("frame {}: {} bytes, expected {}".format(hex(frame), length, fixed))
    values = unpack_from(_FIXED[frame], buffer, body)
    if frame not in _ITEM:
        return frame, sequence, values, ()
    step = calcsize(_ITEM[frame])
    if (length - fixed) % step:
        raise ValueError("frame {} with a broken item".format(hex(frame)))
    items = tuple([unpack_from(_ITEM[frame], buffer, k) for k in range(body + fixed, end, step)])
    return frame, sequence, values, items


class SamplesWriter:
    """Fills a samples frame in place, sample by sample; `add` allocates nothing."""

    def __init__(self, blocks: int, block_samples: int) -> None:
        self._fixed = calcsize(_FIXED[SAMPLES])
        self._item = calcsize(_ITEM[SAMPLES])
        self._codes = _ITEM[SAMPLES]
        self.buffer = bytearray(OVERHEAD + self._fixed + blocks * block_samples * self._item)
        self.capacity = blocks * block_samples
        self.count = 0

    def add(self, s: list[int], at: int) -> None:
        """Append the sample s[at:at + 9]."""
        self._put(HEADER + self._fixed + self.count * self._item, s, at)
        self.count += 1

    def _put(self, to: int, s: list[int], at: int) -> None:
        pack_into("<5h", self.buffer, to, s[at], s[at + 1], s[at + 2], s[at + 3], s[at + 4])
        pack_into("<4h", self.buffer, to + 10, s[at + 5], s[at + 6], s[at + 7], s[at + 8])

    def finish(self, first_index: int, motor_blocks: int, sequence: int) -> int:
        """Close the frame; return its length in `buffer`, and start anew."""
        pack_into(_FIXED[SAMPLES], self.buffer, HEADER, first_index, motor_blocks)
        payload, self.count = self._fixed + self.count * self._item, 0
        return seal(self.buffer, SAMPLES, payload, sequence)
