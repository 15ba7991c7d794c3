"""Frames that came late, put where their sender had them: all else stays as received."""

from posturecore import wire
from trunkline.captures.damage import DamageDecoder


def in_order(data: bytes) -> bytes:
    """Move each late frame before the one that told it as missing.

    So everything is decided in the order in which the device did.

    Args:
        data: Frames as received.

    Returns:
        The same bytes in another order; what was doubled or lost still is.
    """
    decoder = DamageDecoder(0)
    decoder.receive_data(data)
    for _ in decoder.finish():
        pass  # only where the faults are is asked
    holes: list[tuple[int, int, int]] = []  # place, the sequence there, frames missing before
    moves: list[tuple[int, int, int]] = []  # to, frames before the one there, from
    for damage in decoder.damages:
        if damage.kind == "missing":
            holes.append((damage.offset, _sequence(data, damage.offset), damage.count))
        elif damage.kind == "late":
            late = _sequence(data, damage.offset)
            for place, sequence, count in reversed(holes):
                if 0 < (ahead := (sequence - late) & 0xFFFF) <= count:
                    moves.append((place, -ahead, damage.offset))
                    break
    return _moved(data, moves)


def _moved(data: bytes, moves: list[tuple[int, int, int]]) -> bytes:
    moved = [(place, order, data[at : _end(data, at)]) for place, order, at in moves]
    stays = [(at, 1, b"") for _, _, at in moves]  # where one is taken away
    pieces, begin = [], 0
    for place, order, frame in sorted(moved + stays):
        pieces += [data[begin:place], frame]
        begin = place if order < 0 else _end(data, place)
    return b"".join((*pieces, data[begin:]))


def _sequence(data: bytes, at: int) -> int:
    return int.from_bytes(data[at + 4 : at + 6], "little")


def _end(data: bytes, at: int) -> int:
    """Tell where the good frame at this place ends."""
    return at + wire.examine(data, at, len(data))[1]
