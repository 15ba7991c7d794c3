"""A capture as a recording of raw samples, and as the day the device lived."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posturecore import params
from trunkline.analysis import Analysis
from trunkline.capture import Capture, read_capture
from trunkline.counts import ACC_COUNTS_PER_M_S2, GYR_COUNTS_PER_RAD_S
from trunkline.errors import InputError
from trunkline.mirror import Mirror
from trunkline.neutral import neutral_vector
from trunkline.quality import Quality
from trunkline.recording import Recording

Counts = NDArray[np.int16]


def gather(mirror: Mirror) -> tuple[Counts, int]:
    """Join the streamed samples, gaps filled with the sample before them.

    Returns:
        (N, 9) int16, and how many of them fill gaps.
    """
    pieces: list[Counts] = []
    filled, due = 0, None
    for index, counts in mirror.samples:
        missing = 0 if due is None else index - due
        if missing > 0:
            pieces.append(np.repeat(pieces[-1][-1:], missing, axis=0))
            filled += missing
        pieces.append(counts)
        due = index + len(counts)
    if not pieces:
        return np.empty((0, 9), dtype=np.int16), 0
    return np.concatenate(pieces), filled


def read_recording(path: Path, strict: bool, options: Mapping[str, Any]) -> Recording:
    """Read a capture's raw acceleration and angular rate.

    Raises:
        InputError: Not a capture, or one without samples.
    """
    capture = read_capture(path, strict=strict)
    mirror = mirror_of(capture)
    counts, filled = gather(mirror)
    if not len(counts):
        raise InputError(
            found=f"{path.name} without samples",
            expected="a capture of streamed samples",
            hint="record with `trunkline monitor WHERE --record FILE`",
        )
    warnings = list(capture.warnings)
    if filled:
        warnings.append(f"{filled} lost samples stand in as the sample before them.")
    return Recording.from_arrays(
        mirror.hello.rate_mhz / 1000 if mirror.hello else 60.0,
        counts[:, 3:6] / ACC_COUNTS_PER_M_S2,
        counts[:, 0:3] / GYR_COUNTS_PER_RAD_S,
        options.get("placement", params.PLACEMENTS[mirror.settings["placement"]]),
        name=options.get("name", path.stem),
        is_simulated=bool(capture.header.get("is_simulated", False)),
        source=str(capture.header.get("source", "capture")),
        quality=Quality(held_samples=filled, warnings=tuple(warnings)),
    )


def mirror_of(capture: Capture) -> Mirror:
    """Decide again on everything in a capture."""
    mirror = Mirror()
    for event in capture.events:
        mirror.take(event)
    mirror.finish()
    return mirror


def analyze_capture(path: Path | str, *, strict: bool = False) -> tuple[Analysis, Mirror]:
    """Decide on a capture as the device did, with its own gravity, settings and neutral pose.

    Returns:
        What was found, and the mirror, whose `compare` says whether the device said the same.

    Raises:
        InputError: Not a capture, or one without samples.
    """
    capture = read_capture(path, strict=strict)
    mirror = mirror_of(capture)
    if mirror.replay is None:
        raise InputError(
            found=f"{Path(path).name} without samples",
            expected="a capture of streamed samples",
            hint="record with `trunkline monitor WHERE --record FILE`",
        )
    analysis = mirror.replay.analysis(
        name=Path(path).stem,
        source=str(capture.header.get("source", "capture")),
        is_simulated=bool(capture.header.get("is_simulated", False)),
        placement=params.PLACEMENTS[mirror.settings["placement"]],
        neutral=None if mirror.neutral is None else neutral_vector(mirror.neutral),
        neutral_source="the device" if mirror.neutral else "none",
        warnings=capture.warnings,
    )
    return analysis, mirror
