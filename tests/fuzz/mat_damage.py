"""Damage MATLAB files where it matters: at the tags that say what comes and how long it is.

    element   type u32, size u32, then so many bytes, padded to eight; or, if below five bytes,
              type u16, size u16 and the bytes in place of the size
    matrix    an element of type 14 that holds others: flags, dimensions, name, numbers ...

A file begins with 128 bytes of header. MATLAB 5 to 7, little-endian; other bytes have no tags.
"""

import random
import zlib
from collections.abc import Callable

_HEADER = 128
_MATRIX, _COMPRESSED = 14, 15
_TYPES = range(20)  # those that there are, and a few more
_SIZES = (0, 1, 2, 3, 4, 8, 255, 1 << 16, 1 << 28, (1 << 31) - 1, (1 << 32) - 1)

Element = tuple[int, int]  # where its tag begins, and where it ends, padding included


def elements(data: bytes, at: int = _HEADER, end: int | None = None) -> list[Element]:
    """Find the elements, and those within matrices, as far as sizes make sense."""
    end = len(data) if end is None else end
    found = []
    while at + 8 <= end:
        kind, size = _u32(data, at), _u32(data, at + 4)
        stop = at + 8 if kind >> 16 else at + 8 + size + (-size & 7) * (kind != _COMPRESSED)
        if stop > end:
            break
        found.append((at, stop))
        if kind == _MATRIX:
            found += elements(data, at + 8, stop)
        at = stop
    return found


def damage(data: bytes, seed: int, mutate: Callable[[bytes], bytes]) -> bytes:
    """Damage one element; `mutate` gives other bytes for some, `seed` says which and how."""
    dice = random.Random(seed)
    found = elements(data)
    if not found or dice.random() < 0.1:
        return mutate(data)
    at, stop = dice.choice(found)
    whole = data[at:stop]
    way = dice.randrange(7)
    if way == 0:
        return data[:at] + _put(dice.choice(_TYPES)) + data[at + 4 :]
    if way == 1:
        return data[: at + 4] + _put(dice.choice(_SIZES)) + data[at + 8 :]
    if way == 2:  # a number in it: a class, flags, a dimension
        to = dice.randrange(at, stop) & ~3
        return data[:to] + _put(dice.choice(_SIZES)) + data[to + 4 :]
    others = (whole[:8] + mutate(whole[8:]), whole + whole, b"", compressed(whole))
    return _replaced(data, found, (at, stop), others[way - 3])


def _replaced(data: bytes, found: list[Element], one: Element, other: bytes) -> bytes:
    """Put other bytes in the place of one element, and tell the matrices it is in."""
    at, stop = one
    changed = bytearray(data[:at] + other + data[stop:])
    for begin, end in found:
        if begin < at and stop <= end:
            size = _u32(data, begin + 4) + len(other) - (stop - at)
            changed[begin + 4 : begin + 8] = _put(max(0, size))
    return bytes(changed)


def compressed(element: bytes) -> bytes:
    """Give an element as MATLAB 7 writes it."""
    packed = zlib.compress(element, 0)  # any zlib makes the same of it
    return _put(_COMPRESSED) + _put(len(packed)) + packed


def compressed_all(data: bytes) -> bytes:
    """Give a file whose outermost elements are compressed each, as MATLAB 7 does."""
    packed, at = data[:_HEADER], _HEADER
    for begin, stop in elements(data):
        if begin == at:
            packed += compressed(data[begin:stop])
            at = stop
    return packed


def _u32(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")


def _put(value: int) -> bytes:
    return value.to_bytes(4, "little")
