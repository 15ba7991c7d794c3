"""Bytes in, events out: the protocol without any I/O.

Feed what arrives, in pieces of any size, to `receive_data`; read `events` until it is empty.
Nothing is ever raised for bad bytes: they become `Fault` events, are counted, and decoding goes
on with the next byte that starts a good frame.
"""

from collections import Counter, deque
from collections.abc import Iterator

from posturecore import wire
from trunkline.protocol.events import Event, Fault, LinkLost, build

# A device numbers the frames of each link from 0; one or two may pass before a host listens.
_FIRST_OF_A_LINK = 4
_JUST_AHEAD = 256  # frames that may be missing where the numbers wrap
# [D]: further back, a sender has begun anew: its numbers are followed, not its old ones.
_MOST_LATE = 32


class Decoder:
    """Turn a byte stream into events.

    Attributes:
        counts: Good frames under "good", and each kind of fault under its name.
    """

    def __init__(self, counts: Counter[str] | None = None, *, is_capture: bool = False) -> None:
        """Start with nothing.

        Args:
            counts: Count there, on top of what it holds.
            is_capture: The bytes are of a file, which may go on over lost links: where another
                begins, a `LinkLost` says so.
        """
        self._is_capture = is_capture
        self.counts: Counter[str] = Counter() if counts is None else counts
        self._buffer = b""
        self._events: deque[Event] = deque()
        self._damaged = 0
        self._next_sequence: int | None = None  # behind the highest; a late frame changes nothing
        self._missing: deque[int] = deque(maxlen=_MOST_LATE)  # sequences that may still come
        self._at = 0  # where in the buffer the frame stands that is being taken

    def receive_data(self, data: bytes | bytearray | memoryview) -> None:
        """Add bytes as they came."""
        # Bytes are not copied by bytes(): a capture of a day is read where it is.
        self._buffer = self._buffer + data if self._buffer else bytes(data)
        self._decode()

    def events(self) -> Iterator[Event]:
        """Yield the events so far, each once; what is not taken now comes next time."""
        while self._events:
            yield self._events.popleft()

    def finish(self) -> Iterator[Event]:
        """Yield what is left when no more bytes will come: frames behind a cut one, the cut."""
        while self._buffer:  # a frame that never ended; a good one may stand inside it
            self._buffer = self._buffer[1:]
            self._damaged += 1
            self._decode()
        if self._damaged:
            cut, self._damaged = self._damaged, 0
            self._fault("cut", cut, f"{cut} bytes at the end are not a whole frame")
        yield from self.events()

    def _decode(self) -> None:
        at, length = 0, len(self._buffer)
        while True:
            code, size = wire.examine(self._buffer, at, length)
            if code == wire.SHORT:
                break
            if code == wire.DAMAGED:
                at, self._damaged = at + 1, self._damaged + 1
                continue
            self._report_damage()
            at = self._frame(at, size)
        self._settle()
        self._buffer = self._buffer[at:]

    def _report_damage(self) -> None:
        if self._damaged:
            skipped, self._damaged = self._damaged, 0
            self._fault("damaged", skipped, f"{skipped} bytes skipped: no valid frame in them")

    def _frame(self, at: int, size: int) -> int:
        """Take the good frame at `at`; return the place behind what was taken."""
        self._at = at
        sequence = self._buffer[at + 4] | self._buffer[at + 5] << 8
        self._check_sequence(sequence)
        try:
            event = build(*wire.unpack_frame(self._buffer, at))
        except ValueError as error:
            kind = "unknown" if "unknown" in str(error) else "malformed"
            self._fault(kind, 1, f"one frame skipped: {error}")
            return at + size
        self.counts["good"] += 1
        self._hand_out(event)
        return at + size

    def _settle(self) -> None:
        """Hand out what still needs the buffer: it is about to be cut."""

    def _hand_out(self, event: Event) -> None:
        self._events.append(event)

    def _check_sequence(self, sequence: int) -> None:
        expected, following = self._next_sequence, (sequence + 1) & 0xFFFF
        if expected is None or sequence == expected:
            self._next_sequence = following
            return
        ahead = (sequence - expected) & 0xFFFF
        if self._is_capture and self._is_new_link(sequence, ahead):
            self._begin_anew(following)
            self._hand_out(LinkLost("The link was lost here; what follows came over another."))
        elif ahead < 0x8000:
            self._next_sequence = following
            self._missing.extend(
                (sequence - k) & 0xFFFF for k in range(min(ahead, _MOST_LATE), 0, -1)
            )
            self._fault("missing", ahead, f"{ahead} frames missing before {sequence}")
        elif self._is_just_behind(sequence) and sequence in self._missing:
            self._missing.remove(sequence)
            self._fault(
                "late", 1, f"frame {sequence}, told as missing, behind {expected - 1 & 0xFFFF}"
            )
        else:
            if not self._is_just_behind(sequence):
                self._begin_anew(following)
            self._fault("repeated", 1, f"frame {sequence} where {expected} was due")

    def _begin_anew(self, sequence: int) -> None:
        self._next_sequence = sequence
        self._missing.clear()

    def _is_just_behind(self, sequence: int) -> bool:
        expected = self._next_sequence
        return expected is not None and 0 < (expected - sequence) & 0xFFFF <= _MOST_LATE

    def _is_new_link(self, sequence: int, ahead: int) -> bool:
        is_first = sequence < _FIRST_OF_A_LINK
        return is_first and _JUST_AHEAD <= ahead <= 0x10000 - _FIRST_OF_A_LINK

    def _fault(self, kind: str, count: int, detail: str) -> None:
        self.counts[kind] += count
        self._hand_out(Fault(kind, count, detail))
