"""Captures as they are recorded: a file for each local day and each boot, none ever overwritten.

    FOLDER/2026-11-23_6465766963652d31_7.tlcap      local day, device id, boot id
    FOLDER/2026-11-23_6465766963652d31_7_2.tlcap    where that name was taken

Each is whole by itself: a file that goes on where another ends repeats, at its head, hello, time
anchor, settings, coaching and neutral pose; its header says how many frames that are.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from posturecore import wire
from trunkline.captures.capture import SUFFIX, CaptureWriter
from trunkline.captures.head import CaptureHead, Identity, identity_of
from trunkline.errors import InputError

_NOBODY: Identity = ("unknown", 0)


class CaptureFiles:
    """Give it what a device sends, and the local time; it makes the files.

    Attributes:
        paths: The files so far, in order.
        size_bytes: How long they are together.
    """

    def __init__(self, target: Path | str, header: Mapping[str, Any]) -> None:
        """Prepare; the first file is made when the device has said who it is.

        Args:
            target: A folder, made if need be and without a dot in its name: one file a day. Or a
                new file's name, ending in .tlcap: one file, and further ones (NAME_2) only if the
                device restarts.
            header: Plain values that say what this is; never a person's name.

        Raises:
            InputError: The file exists, or there is no such folder.
        """
        self.paths: list[Path] = []
        self._target = Path(target)
        self._is_folder = self._target.suffix != SUFFIX
        self._header = dict(header)
        self._head = CaptureHead()
        self._writer: CaptureWriter | None = None
        self._now: datetime | None = None  # when the last data came
        self._day = ""
        self._closed_bytes = 0
        self._early: list[bytes] = []  # what came before the first hello
        self._check_target()

    @property
    def size_bytes(self) -> int:
        """Tell how long all files are together."""
        return self._closed_bytes + (self._writer.size_bytes if self._writer else 0)

    def write(self, data: bytes, now: datetime) -> None:
        """Append what came, each frame to the file of its day and boot.

        Args:
            data: Live frames as they came; bytes that are no frame are kept where they stand.
            now: Local time, with its offset.

        Raises:
            TrunklineError: The disk takes no more; what was written before stays whole.
        """
        self._now = now
        for piece, is_frame in _pieces(data):
            if is_frame:
                self._turn_page(piece, now)
            if self._writer is not None:
                self._writer.write(piece)
            else:
                self._early.append(piece)
            if is_frame:
                self._head.take(piece)

    def flush(self) -> None:
        """Put everything on the disk; raises as `write` does."""
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Put everything on the disk and close; raises as `write` does."""
        if self._early and self._now is not None:  # nobody has said hello
            self._open(self._now, _NOBODY, [])
        self._end_file()

    def _end_file(self) -> None:
        if self._writer is not None:
            writer, self._writer = self._writer, None
            self._closed_bytes += writer.size_bytes
            writer.close()

    def _turn_page(self, frame: bytes, now: datetime) -> None:
        """Begin a new file before this frame if it is the first of a boot or of a day."""
        before, identity = self._head.identity, identity_of(frame)
        if identity is not None and identity != before:
            self._open(now, identity, [])
        elif before and self._is_folder and f"{now:%Y-%m-%d}" != self._day:
            self._open(now, before, self._head.repeated(frame[4] | frame[5] << 8))

    def _open(self, now: datetime, identity: Identity, repeated: list[bytes]) -> None:
        self._end_file()
        device, boot = identity
        self._day = f"{now:%Y-%m-%d}"
        header = {
            **self._header,
            "device": device,
            "boot_id": boot,
            "started": now.isoformat(timespec="milliseconds"),
            "repeated_frames": len(repeated),
        }
        if self.paths:
            header["follows"] = self.paths[-1].name
        path = self._free_path(f"{self._day}_{device}_{boot}{SUFFIX}")
        self._writer = CaptureWriter(path, header)
        self.paths.append(path)
        early, self._early = self._early, []
        for piece in (*repeated, *early):
            self._writer.write(piece)

    def _free_path(self, name: str) -> Path:
        first = path = self._target / name if self._is_folder else self._target
        count = 1
        while path.exists():
            count += 1
            path = first.with_stem(f"{first.stem}_{count}")
        return path

    def _check_target(self) -> None:
        folder = self._target if self._is_folder else self._target.parent
        try:
            if self._is_folder and self._target.suffix and not folder.is_dir():
                raise NotADirectoryError(20, f"neither a folder nor a name ending in {SUFFIX}")
            if self._is_folder:
                folder.mkdir(exist_ok=True)
            elif self._target.exists():
                raise FileExistsError(17, "File exists")
            elif not folder.is_dir():
                raise FileNotFoundError(2, "No such folder", str(folder))
        except OSError as error:
            raise InputError(
                found=f"{self._target}: {error.strerror}",
                expected=f"a folder, or the name of a new file ({SUFFIX}) in one",
                hint="choose another name",
            ) from error


def _pieces(data: bytes) -> Iterator[tuple[bytes, bool]]:
    """Cut data into whole frames and what stands between them."""
    at = begun = 0
    while at < len(data):
        code, size = wire.examine(data, at, len(data))
        if code == wire.OK:
            if begun < at:
                yield data[begun:at], False
            yield data[at : at + size], True
            at = begun = at + size
        else:
            at += 1
    if begun < at:
        yield data[begun:at], False
