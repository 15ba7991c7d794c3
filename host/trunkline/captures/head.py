"""What a new capture has to repeat of the one before it, so that it can be read alone."""

from posturecore import flash, frames, wire
from posturecore.calibrate import DONE
from trunkline.protocol.events import Calibration, Hello, build
from trunkline.protocol.frame import Frame

_BEFORE_SETTINGS = (frames.HELLO, frames.TIME_ANCHOR)
_BEHIND_SETTINGS = (flash.COACHING, frames.CALIBRATION)
_KINDS = (*_BEFORE_SETTINGS, frames.SETTINGS, *_BEHIND_SETTINGS)
Identity = tuple[str, int]


class CaptureHead:
    """Who is there and what is in force, from the frames that tell it.

    Attributes:
        identity: (device id in hex, boot id) of the last hello; None before it came.
    """

    def __init__(self) -> None:
        self.identity: Identity | None = None
        self._last: dict[int, bytes] = {}
        self._in_force: tuple[int, ...] = ()  # of the last settings frame: what stands before rows
        self._settings: dict[int, int] = {}

    def take(self, frame: bytes) -> None:
        """Take one whole frame; a new boot forgets what was in force in the last one."""
        event = _read(frame)
        if event is None or (isinstance(event, Calibration) and event.code != DONE):
            return
        if isinstance(event, Hello) and identity_of(frame) != self.identity:
            self._last, self._settings = {}, {}
            self.identity = identity_of(frame)
        if frame[1] == frames.SETTINGS:
            _, _, self._in_force, rows = wire.unpack_frame(frame, 0)
            for row, value in rows:
                self._settings[row] = value
        else:
            self._last[frame[1]] = frame

    def repeated(self, sequence: int) -> list[bytes]:
        """Give the frames to repeat before the frame of this sequence, numbered to lead to it."""
        found = [self._last[kind] for kind in _BEFORE_SETTINGS if kind in self._last]
        found += self._settings_frames()
        found += [self._last[kind] for kind in _BEHIND_SETTINGS if kind in self._last]
        first = sequence - len(found)
        return [_numbered(frame, first + k) for k, frame in enumerate(found)]

    def _settings_frames(self) -> list[bytes]:
        rows, step = tuple(self._settings.items()), wire.items_per_frame(frames.SETTINGS)
        return [
            wire.pack_frame(frames.SETTINGS, 0, self._in_force, rows[at : at + step])
            for at in range(0, len(rows), step)
        ]


def identity_of(frame: bytes) -> Identity | None:
    """Give the device and the boot of a hello; None: another frame, or a broken one."""
    event = _read(frame)
    return (event.device_id.hex(), event.boot_id) if isinstance(event, Hello) else None


def is_repeatable(frame: bytes) -> bool:
    """Tell whether a frame is of a kind that a new capture repeats."""
    return frame[1] in _KINDS


def _read(frame: bytes) -> Frame | None:
    if not is_repeatable(frame):
        return None
    try:
        return build(*wire.unpack_frame(frame, 0))
    except ValueError:  # it does not fit its table: the reader counts it
        return None


def _numbered(frame: bytes, sequence: int) -> bytes:
    buffer = bytearray(frame)
    wire.seal(buffer, frame[1], len(frame) - wire.OVERHEAD, sequence)
    return bytes(buffer)
