"""Captures: a header line and then the wire frames as they were received, append-only.

    TLCAP 1 {"device": "…", "started_utc": "…", "is_simulated": false, …}\\n
    frame frame frame …

A frame carries its own crc and sequence, so a file is readable up to its last whole frame after a
crash, and bytes that are damaged cost only the frames they are in.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

from posturecore import frames
from trunkline.errors import InputError, TrunklineError
from trunkline.protocol.decoder import Decoder
from trunkline.protocol.events import Event, Fault, Hello, Status
from trunkline.protocol.frame_runs import decode_runs

SUFFIX = ".tlcap"
_MAGIC = b"TLCAP 1 "
_LONGEST_HEADER = 65536
_UNKNOWN_SOURCE = "not known: the capture's header is damaged"
# The clock and the count of a status frame may be a FIFO's fill apart: look over 20 s or more.
_LEAST_CLOCK_MS = 20_000
_RATE_TOLERANCE = 0.05
_FLUSH_BYTES = 16384  # about 14 s of stream; `flush` says when it must be on the disk


class Sink(Protocol):
    """Takes what a device sends; raises TrunklineError once it can take no more."""

    def write(self, data: bytes) -> None:
        """Take live frames as they came."""


class CaptureWriter:
    """Append what a device sends to a file; a context manager.

    Attributes:
        path: The file.
        size_bytes: How long it is: whole writes only, also when the disk is full.
    """

    def __init__(self, path: Path | str, header: Mapping[str, Any]) -> None:
        """Create the file.

        Args:
            path: A file that does not exist yet: a capture is never overwritten.
            header: Plain values that say what this is; never a person's name.

        Raises:
            InputError: The file exists or cannot be made.
        """
        self.path = Path(path)
        try:
            self._file = open(self.path, "xb", buffering=0)  # noqa: SIM115 - closed by close()
        except OSError as error:
            raise InputError(
                found=f"{self.path}: {error.strerror}",
                expected="a new file in a folder that can be written",
                hint="choose another name",
            ) from error
        self.size_bytes = self._unflushed = 0
        try:
            with self._explained():
                self._append(_MAGIC + json.dumps(dict(header), sort_keys=True).encode() + b"\n")
                _put_on_disk(self.path.parent)
            self.flush()
        except BaseException:
            self._file.close()
            self.path.unlink()  # nothing is in it
            raise

    def write(self, data: bytes) -> None:
        """Append bytes as received; from here on, only a power cut can lose them.

        Raises:
            TrunklineError: The disk takes no more; what was written before stays whole.
        """
        with self._explained():
            self._append(data)
        self._unflushed += len(data)
        if self._unflushed >= _FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Put everything on the disk; raises as `write` does."""
        with self._explained():
            os.fsync(self._file.fileno())
        self._unflushed = 0

    def close(self) -> None:
        """Put everything on the disk and close; raises as `write` does."""
        if self._file.closed:
            return
        try:
            self.flush()
        finally:
            with self._explained():
                self._file.close()

    def _append(self, data: bytes) -> None:
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            with suppress(OSError):  # else a cut frame stays at the end, which readers leave out
                self._file.truncate(self.size_bytes)
                self._file.seek(self.size_bytes)
            raise
        self.size_bytes += len(data)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise TrunklineError(
                f"Found {self.path}: {error.strerror}; expected room for the capture; "
                "try: free some space and record to a new file."
            ) from error

    def __enter__(self) -> Self:
        """Give the writer."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close it."""
        self.close()


def _put_on_disk(folder: Path) -> None:
    """Make a new file's name survive a power cut, too, where folders can be opened."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@dataclass(frozen=True)
class Capture:
    """A capture that was read.

    Attributes:
        header: What its first line says.
        events: All, faults too; samples joined to `SamplesRun`, late frames in their places.
        warnings: A sentence for each kind of fault that was found.
    """

    header: Mapping[str, Any]
    events: tuple[Event, ...]
    warnings: tuple[str, ...]


def read_frames(path: Path | str) -> tuple[dict[str, Any] | None, bytes]:
    """Read a capture's header and its frames as bytes.

    Returns:
        The header, or None where it is damaged, and the bytes behind it, or all of them.

    Raises:
        InputError: Not a capture, or a file that cannot be read.
    """
    path = Path(path)
    try:
        with path.open("rb", buffering=0) as file:  # read once, to where it stays
            line, line_end, _ = file.read(_LONGEST_HEADER).partition(b"\n")
            header = _header(line) if line_end else None
            file.seek(0 if header is None else len(line) + 1)
            data = file.readall()
    except OSError as error:
        raise InputError(
            found=f"{path}: {error.strerror}",
            expected="a capture file that can be read",
            hint="check the name",
        ) from error
    if header is not None or _has_frame(data):
        return header, data
    raise InputError(
        found=f"{path.name} starting with {data[:16]!r}",
        expected=f"a capture, starting with {_MAGIC.decode().strip()} and its header",
        hint="record with `trunkline record`, or load .csv and .npz by their suffix",
    )


def _header(line: bytes) -> dict[str, Any] | None:
    try:
        header = json.loads(line.removeprefix(_MAGIC))
    except (ValueError, RecursionError):
        return None
    return header if line.startswith(_MAGIC) and isinstance(header, dict) else None


def _has_frame(data: bytes) -> bool:
    decoder = Decoder()
    decoder.receive_data(data)
    return any(not isinstance(event, Fault) for event in decoder.finish())


def read_capture(path: Path | str, *further: Path | str, strict: bool = False) -> Capture:
    """Read a capture; what is damaged is counted, said and left out.

    Args:
        path: The file.
        further: The next files of the same boot, in order: `trunkline record` begins one a day.
        strict: Refuse a file with any fault.

    Raises:
        InputError: Not a capture, nothing usable in it, or `strict` and a fault.
    """
    header, data = read_frames(path)
    if further:
        from trunkline.captures.joined import read_further

        data += read_further(path, further)
    events = decode_runs(data)
    late = [event for event in events if isinstance(event, Fault) and event.kind == "late"]
    if late:
        from trunkline.captures.late import in_order

        events = decode_runs(in_order(data))
    faults = [event for event in events if isinstance(event, Fault)]
    _check_version(Path(path).name, events)
    warnings = _warnings(Path(path).name, header is None, faults + late)
    warnings += _rate_warning(Path(path).name, events)
    if strict and warnings:
        raise InputError(
            found=warnings[0].rstrip("."),
            expected="a capture without faults, as --strict asks",
            hint="leave out --strict to use the whole part",
        )
    if len(faults) == len(events):
        raise InputError(
            found=f"{Path(path).name} without a single whole frame",
            expected="at least one frame",
            hint="record again, and check the disk",
        )
    return Capture(header or {"source": _UNKNOWN_SOURCE}, events, warnings)


def _check_version(name: str, events: Sequence[Event]) -> None:
    for event in events:
        if isinstance(event, Hello) and event.version != frames.VERSION:
            raise InputError(
                found=f"{name} in protocol {event.version}",
                expected=f"protocol {frames.VERSION}: other numbers may mean something else",
                hint="read it with the version of trunkline that recorded it",
            )


def _rate_warning(name: str, events: Sequence[Event]) -> tuple[str, ...]:
    """Compare the rate that the device states with its own clock, boot by boot."""
    stated_mhz, first = 0, None
    for event in events:
        if isinstance(event, Hello):
            stated_mhz, first = event.rate_mhz, None
        elif isinstance(event, Status) and stated_mhz:
            first = first or event
            clock_ms = event.uptime_ms - first.uptime_ms
            samples = event.sample_index - first.sample_index
            if clock_ms < _LEAST_CLOCK_MS or samples <= 0:
                continue
            counted_hz = samples * 1000 / clock_ms
            if abs(stated_mhz / 1000 / counted_hz - 1) > _RATE_TOLERANCE:
                return (
                    f"{name}: the device states {stated_mhz / 1000:g} Hz but sampled at "
                    f"{counted_hz:.1f} Hz by its own clock; times and durations may be wrong.",
                )
    return ()


def _warnings(name: str, is_headless: bool, faults: list[Fault]) -> tuple[str, ...]:
    totals: dict[str, tuple[int, int]] = {}
    for fault in faults:
        places, count = totals.get(fault.kind, (0, 0))
        totals[fault.kind] = places + 1, count + fault.count
    sentences = {
        "damaged": "damaged bytes, skipped: {count} (places: {places})",
        "cut": "the last frame is cut short ({count} bytes)",
        "missing": "frames that never came: {count} (places: {places})",
        "late": "frames that came late, put in their places: {count}",
        "repeated": "frames doubled, or numbered anew: {count}",
        "unknown": "frames of an unknown kind, skipped: {count}",
        "malformed": "frames that do not fit their table, skipped: {count}",
    }
    found = [
        f"{name}: {sentences[kind].format(places=places, count=count)}."
        for kind, (places, count) in totals.items()
    ]
    if is_headless:
        found.insert(0, f"{name}: the header is damaged; whether a person wore it is not known.")
    return tuple(found)
