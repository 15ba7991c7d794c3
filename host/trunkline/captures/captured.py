"""A capture as a recording of raw samples, and as the day the device lived."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posturecore import params
from trunkline.captures.capture import Capture, read_capture
from trunkline.decide.analysis import Analysis
from trunkline.decide.counts import (
    ACC_COUNTS_PER_M_S2,
    DEVICE_RATE_HZ,
    GYR_COUNTS_PER_RAD_S,
    UP_COUNTS,
)
from trunkline.decide.mirror import Mirror
from trunkline.decide.neutral import neutral_vector
from trunkline.decide.sit_to_stand import with_transitions
from trunkline.errors import InputError
from trunkline.recordings.gaps import Gap
from trunkline.recordings.quality import Quality, counts_warnings
from trunkline.recordings.recording import Recording

Counts = NDArray[np.int16]


def gather(mirror: Mirror) -> tuple[Counts, tuple[Gap, ...]]:
    """Join the streamed samples; those that are lost are left out, and said.

    Returns:
        (N, 9) int16, and where samples are missing.
    """
    rate_hz = _rate_hz(mirror)
    pieces: list[Counts] = []
    gaps: list[Gap] = []
    count, due = 0, None
    for index, counts in mirror.samples:
        if due is not None and index > due:
            gaps.append(Gap(count, (index - due) / rate_hz))
        if len(counts):
            pieces.append(counts)
        count, due = count + len(counts), index + len(counts)
    if not pieces:
        return np.empty((0, 9), dtype=np.int16), ()
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces), tuple(gaps)


def _rate_hz(mirror: Mirror) -> float:
    return mirror.hello.rate_mhz / 1000 if mirror.hello else DEVICE_RATE_HZ


def read_recording(path: Path, strict: bool, options: Mapping[str, Any]) -> Recording:
    """Read a capture's raw acceleration and angular rate; the device's gravity is extra "up".

    Raises:
        InputError: Not a capture, or one without samples.
    """
    from trunkline.captures.spans import spans_of  # here: a replay need not wait for it

    capture = read_capture(path, strict=strict)
    mirror = mirror_of(capture)
    counts, gaps = gather(mirror)
    if not len(counts):
        raise InputError(
            found=f"{path.name} without samples",
            expected="a capture of streamed samples",
            hint="record with `trunkline record WHERE -o FILE`",
        )
    gap_s = sum(gap.lost_s for gap in gaps)
    warnings = list(_warnings(capture, mirror))
    if gaps:
        warnings.append(f"Lost samples: {gap_s:.1f} s in {len(gaps)} gaps.")
    return Recording.from_arrays(
        _rate_hz(mirror),
        counts[:, 3:6] / ACC_COUNTS_PER_M_S2,
        counts[:, 0:3] / GYR_COUNTS_PER_RAD_S,
        options.get("placement", params.PLACEMENTS[mirror.settings["placement"]]),
        name=options.get("name", path.stem),
        is_simulated=_is_simulated(capture),
        source=str(capture.header.get("source", "capture")),
        quality=Quality(gap_count=len(gaps), gap_s=gap_s, warnings=tuple(warnings)),
        start_utc=spans_of(capture.events).utc()[0],
        gaps=gaps,
        extras={"up": counts[:, 6:9] / UP_COUNTS},
    )


def mirror_of(capture: Capture) -> Mirror:
    """Decide again on everything in a capture."""
    mirror = Mirror()
    for event in capture.events:
        mirror.take(event)
    mirror.finish()
    return mirror


def analyze_capture(
    path: Path | str, *further: Path | str, strict: bool = False
) -> tuple[Analysis, Mirror]:
    """Decide on a capture as the device did, with its own gravity, settings and neutral pose.

    Args:
        path: The file.
        further: The next files of the same boot, in order: what was on at midnight goes on.
        strict: Refuse a file with any fault.

    Returns:
        What was found, and the mirror, whose `compare` says whether the device said the same.

    Raises:
        InputError: Not a capture, or one without samples.
    """
    capture = read_capture(path, *further, strict=strict)
    mirror = mirror_of(capture)
    if mirror.replay is None:
        raise InputError(
            found=f"{Path(path).name} without samples",
            expected="a capture of streamed samples",
            hint="record with `trunkline record WHERE -o FILE`",
        )
    analysis = mirror.replay.analysis(
        name=Path(path).stem,
        source=str(capture.header.get("source", "capture")),
        is_simulated=_is_simulated(capture),
        placement=params.PLACEMENTS[mirror.settings["placement"]],
        neutral=None if mirror.neutral is None else neutral_vector(mirror.neutral),
        neutral_source="the device" if mirror.neutral else "none",
        warnings=_warnings(capture, mirror) + counts_warnings(gather(mirror)[0], _rate_hz(mirror)),
    )
    return with_transitions(analysis, mirror.blocks()), mirror


def _warnings(capture: Capture, mirror: Mirror) -> tuple[str, ...]:
    if not mirror.has_restarted:
        return capture.warnings
    return (*capture.warnings, "The device restarted: what it said from there on is left out.")


def _is_simulated(capture: Capture) -> bool | None:
    said = capture.header.get("is_simulated")
    return said if isinstance(said, bool) else None
