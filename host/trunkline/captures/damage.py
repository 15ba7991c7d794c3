"""Where in a capture something is wrong: what the decoder counts, with the place in the file."""

from dataclasses import dataclass

from trunkline.protocol.frame_runs import RunDecoder

_IN_BYTES = ("damaged", "cut")


@dataclass(frozen=True)
class Damage:
    """One place in a capture where something is wrong.

    Attributes:
        kind: As in `Fault`: "damaged", "cut", "missing", "late", "repeated", "unknown" or
            "malformed".
        offset: Bytes from the start of the file: where the bad bytes start, or the frame before
            which frames are missing, or which does not fit.
        count: Bytes for damaged and cut, frames for the others.
    """

    kind: str
    offset: int
    count: int

    @property
    def is_of_bytes(self) -> bool:
        """Tell whether the file holds bytes that are no frame."""
        return self.kind in _IN_BYTES


class DamageDecoder(RunDecoder):
    """A decoder of captures that notes where the faults are.

    Attributes:
        damages: Every fault, in the order of the file.
    """

    def __init__(self, offset: int) -> None:
        """Begin.

        Args:
            offset: Where in the file the first byte stands that it is given.
        """
        super().__init__()
        self.damages: list[Damage] = []
        self._taken = offset  # bytes of the file up to the buffer's end
        self._end = offset  # of the last good frame

    def receive_data(self, data: bytes | bytearray | memoryview) -> None:
        """Add bytes as they stand in the file."""
        self._taken += len(data)
        super().receive_data(data)

    def _frame(self, at: int, size: int) -> int:
        end = super()._frame(at, size)
        self._end = self._start + end
        return end

    def _fault(self, kind: str, count: int, detail: str) -> None:
        is_before_a_frame = kind in _IN_BYTES
        offset = self._end if is_before_a_frame else self._start + self._at
        self.damages.append(Damage(kind, offset, count))
        super()._fault(kind, count, detail)

    @property
    def _start(self) -> int:
        """Where in the file the buffer starts."""
        return self._taken - len(self._buffer)
