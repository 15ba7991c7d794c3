"""`trunkline replay --speed`: a file as if a device were there now, in the view of `monitor`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trunkline.capture import SUFFIX, read_capture, read_frames
from trunkline.cli import inputs, monitor
from trunkline.cli.output import err, warn
from trunkline.readers import load
from trunkline.session import Session
from trunkline.transports.base import Transport
from trunkline.transports.capture import CaptureTransport
from trunkline.transports.recorded import RecordedTransport


def play(
    file: Path,
    options: dict[str, Any],
    speed: float,
    *,
    strict: bool,
    pairs: Sequence[str] | None,
    neutral: str | None,
    as_json: bool,
) -> None:
    """Play a file; a capture as its device sent it, unless other settings are asked for.

    Raises:
        InputError: A file, a speed or settings that cannot be used.
    """
    settings, pose = inputs.parse_settings(pairs), inputs.parse_neutral(neutral)
    transport: Transport
    if file.suffix == SUFFIX and not settings and pose is None and not options:
        if strict:
            read_capture(file, strict=True)
        is_simulated = (read_frames(file)[0] or {}).get("is_simulated")
        transport = CaptureTransport(file, speed)
    else:
        recording = load(file, strict=strict, **options)
        warn(recording.quality.warnings)
        is_simulated = recording.is_simulated
        pose = inputs.pose_of(recording, pose)
        transport = RecordedTransport(recording, settings, pose, speed=speed)
    if is_simulated:
        err.print("[yellow]SIMULATED[/]: nobody wore this")
    origin = f"SIMULATED, {file.name}" if is_simulated else file.name
    monitor.show(Session(transport), origin, is_screen=True, as_json=as_json)
