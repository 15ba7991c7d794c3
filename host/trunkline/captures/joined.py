"""Captures of one boot, read as if no new file had begun at midnight."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from posturecore import wire
from trunkline.captures.capture import read_frames
from trunkline.captures.head import is_repeatable
from trunkline.errors import InputError

_SAME = ("device", "boot_id")


def read_further(first: Path | str, further: Sequence[Path | str]) -> bytes:
    """Read the frames of the files that go on where the first ends.

    Args:
        first: A capture.
        further: The next files of the same boot, in order.

    Returns:
        Their frames, without those that each repeats at its head.

    Raises:
        InputError: One is no capture, or does not go on where the one before it ends.
    """
    pieces = []
    before, header = Path(first), read_frames(first)[0]
    for path in map(Path, further):
        following, data = read_frames(path)
        if header is None or following is None or not _goes_on(before.name, header, following):
            raise InputError(
                found=f"{path.name}, which does not say that it goes on where {before.name} ends",
                expected="files of one boot, in order",
                hint="`trunkline replay FOLDER/*_7.tlcap` takes those of boot 7; "
                "after a restart replay them apart",
            )
        pieces.append(_without_head(data, following.get("repeated_frames", 0)))
        before, header = path, following
    return b"".join(pieces)


def _goes_on(name: str, header: dict[str, Any], following: dict[str, Any]) -> bool:
    is_same = all(following.get(key) == header.get(key) for key in _SAME)
    return is_same and following.get("follows") == name


def _without_head(data: bytes, repeated: object) -> bytes:
    """Leave the repeated frames out; where the head is damaged, none that a device sent."""
    at = 0
    for _ in range(repeated if isinstance(repeated, int) else 0):
        code, size = wire.examine(data, at, len(data))
        if code != wire.OK or not is_repeatable(data[at : at + size]):
            break
        at += size
    return data[at:]
