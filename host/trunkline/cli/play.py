"""`trunkline replay --speed`: a file as if a device were there now, in the view of `monitor`."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer

from trunkline.captures.capture import SUFFIX, read_capture, read_frames
from trunkline.cli import inputs, monitor
from trunkline.cli.detectors import found_words
from trunkline.cli.output import complain, err, escape, out, warn
from trunkline.decide.detectors import Found, Plugin, named
from trunkline.decide.live_detector import LiveDetector
from trunkline.device.session import Session
from trunkline.errors import DetectorError
from trunkline.readers import load
from trunkline.transports.base import Transport
from trunkline.transports.capture import CaptureTransport
from trunkline.transports.recorded import RecordedTransport


def play(
    file: Path,
    options: dict[str, Any],
    speed: float,
    *,
    strict: bool,
    is_json: bool,
    pairs: Sequence[str] | None,
    neutral: str | None,
    detectors: Sequence[str] | None,
) -> None:
    """Play a file; a capture as its device sent it, unless other settings are asked for.

    Raises:
        InputError: A file, a speed, settings or a detector that cannot be used.
    """
    ears = [_Ear(named(name), is_json) for name in dict.fromkeys(detectors or ())]
    transport, is_simulated = _transport(file, options, speed, strict, pairs, neutral)
    if is_simulated:
        err.print("[yellow]SIMULATED[/]: nobody wore this")
    origin = f"SIMULATED, {file.name}" if is_simulated else file.name
    session = Session(transport)
    session.listeners += [ear.detector.take for ear in ears]
    # What detectors find is printed in lines.
    monitor.show(session, origin, is_screen=not ears, as_json=is_json)
    for ear in ears:
        ear.detector.finish()
    if any(ear.has_failed for ear in ears):
        raise typer.Exit(1)


def _transport(
    file: Path,
    options: dict[str, Any],
    speed: float,
    strict: bool,
    pairs: Sequence[str] | None,
    neutral: str | None,
) -> tuple[Transport, bool | None]:
    settings, pose = inputs.parse_settings(pairs), inputs.parse_neutral(neutral)
    if file.suffix == SUFFIX and not settings and pose is None and not options:
        if strict:
            read_capture(file, strict=True)
        is_simulated = (read_frames(file)[0] or {}).get("is_simulated")
        return CaptureTransport(file, speed), is_simulated
    recording = load(file, strict=strict, **options)
    warn(recording.quality.warnings)
    pose = inputs.pose_of(recording, pose)
    transport = RecordedTransport(recording, settings, pose, speed=speed)
    return transport, recording.is_simulated


class _Ear:
    """A detector that listens, and says what it finds."""

    def __init__(self, plugin: Plugin, is_json: bool) -> None:
        self.detector = LiveDetector(plugin, self._found, self._failed)
        self.has_failed = False
        self._plugin = plugin
        self._is_json = is_json

    def _found(self, each: Found, block_s: float) -> None:
        plugin = self._plugin
        if self._is_json:
            about = {"detector": plugin.name, "package": plugin.package, "version": plugin.version}
            print(json.dumps({"event": "detected", **about, **asdict(each)}), flush=True)
        else:
            words = found_words(each, block_s)
            out.print(f"[bold]{escape(plugin.label)}[/]: {words}", soft_wrap=True)

    def _failed(self, error: DetectorError) -> None:
        self.has_failed = True
        complain(str(error))
