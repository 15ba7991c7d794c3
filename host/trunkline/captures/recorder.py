"""Recording beside the link: a thread of its own writes, so that a slow disk blocks nobody."""

import contextlib
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from trunkline.captures.files import CaptureFiles
from trunkline.errors import TrunklineError

_ON_DISK_S = 0.5  # [D]: with what the device itself holds back, a power cut costs under a second
_MOST_WAITING_BYTES = 4 << 20  # [D]: 45 minutes of stream


def local_now() -> datetime:
    """Give this computer's local time with its offset."""
    return datetime.now().astimezone()


class Recorder:
    """Takes what a session hears and brings it to files; a context manager.

    What `write` has taken is with the system at once, so a killed program loses nothing that the
    thread has come to; it is on the disk within half a second, for power cuts.

    Attributes:
        overflowed_bytes: What was left out because the disk was too slow for too long.
        free_bytes: Room on the disk when last looked; None: not yet.
    """

    def __init__(
        self,
        target: Path | str,
        header: Mapping[str, Any],
        *,
        now: Callable[[], datetime] = local_now,
        on_disk_s: float = _ON_DISK_S,
        most_waiting_bytes: int = _MOST_WAITING_BYTES,
    ) -> None:
        """Prepare the files and start the thread.

        Args:
            target: A folder or a new file, as `CaptureFiles` takes.
            header: Plain values that say what this is; never a person's name.
            now: Gives the local time with its offset: what day it is.
            on_disk_s: How soon what was written is on the disk.
            most_waiting_bytes: How much may wait for a slow disk.

        Raises:
            InputError: The file exists, or there is no such folder.
        """
        self.overflowed_bytes = 0
        self.free_bytes: int | None = None
        self._files = CaptureFiles(target, header)
        self._now = now
        self._on_disk_s = on_disk_s
        self._most_waiting_bytes = most_waiting_bytes
        self._changed = threading.Condition()
        self._waiting: list[tuple[bytes, datetime]] = []
        self._waiting_bytes = 0
        self._is_closing = False
        self._failure: TrunklineError | None = None
        self._is_told = False
        self._due_s: float | None = None  # when what was written must be on the disk
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def paths(self) -> tuple[Path, ...]:
        """Give the files so far, in order."""
        return tuple(self._files.paths)

    @property
    def size_bytes(self) -> int:
        """Tell how long the files are together."""
        return self._files.size_bytes

    def write(self, data: bytes) -> None:
        """Take live frames as they came; never waits for the disk.

        Raises:
            TrunklineError: The disk takes no more; what was written before stays whole.
        """
        with self._changed:
            if self._failure is not None:
                self._is_told = True
                raise self._failure
            if self._waiting_bytes + len(data) > self._most_waiting_bytes:
                self.overflowed_bytes += len(data)
                return
            self._waiting.append((data, self._now()))
            self._waiting_bytes += len(data)
            self._changed.notify()

    def close(self) -> None:
        """Write what waits, put it on the disk and close.

        Raises:
            TrunklineError: As `write`, unless that has said so already.
        """
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join()
        if self._failure is not None and not self._is_told:
            self._is_told = True
            raise self._failure

    def __enter__(self) -> Self:
        """Give the recorder."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    # ---- in the thread

    def _run(self) -> None:
        try:
            try:
                while self._turn():
                    pass
            finally:
                self._files.close()
        except TrunklineError as error:  # told to whoever writes or closes next
            self._fail(error)
        except Exception as error:  # ours: it must not pass unseen, nor disturb the link
            failure = TrunklineError(
                f"Found {error!r} where the recording is written; expected none; "
                "try recording to a new file, and report it."
            )
            failure.__cause__ = error
            self._fail(failure)

    def _fail(self, failure: TrunklineError) -> None:
        with self._changed:
            self._failure = failure
            self._waiting = []

    def _turn(self) -> bool:
        """Write what waits and flush what is due; return whether to go on."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closing, self._patience_s())
            batch, self._waiting = self._waiting, []
            is_over = self._is_closing
        for data, now in batch:
            self._files.write(data, now)
            with self._changed:
                self._waiting_bytes -= len(data)
        if batch and self._due_s is None:
            self._due_s = time.monotonic() + self._on_disk_s
        if self._patience_s() == 0:
            self._files.flush()
            self._due_s = None
            self._look_for_room()
        return not is_over or bool(batch)

    def _patience_s(self) -> float | None:
        return None if self._due_s is None else max(0.0, self._due_s - time.monotonic())

    def _look_for_room(self) -> None:
        with contextlib.suppress(OSError):  # it is only told
            self.free_bytes = shutil.disk_usage(self._files.paths[-1].parent).free
