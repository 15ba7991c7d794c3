"""What a reader of results should know of a recording's samples, as numbers in one place."""

from dataclasses import asdict, dataclass
from typing import Any

from trunkline.recordings.quality import Intervals
from trunkline.recordings.recording import Recording


@dataclass(frozen=True)
class QualitySummary:
    """Sum up how sound a recording is; make it with `quality_summary`.

    Attributes:
        sample_count: Samples that are there.
        duration_s: From the first to behind the last, gaps included, in seconds.
        rate_hz: Samples a second, without the gaps.
        intervals: How the sample intervals spread (jitter); None: the file had no time column.
        gap_count: Places where samples are missing.
        gap_s: Time missing in them, in seconds.
        longest_gap_s: The longest of them, in seconds; 0: none.
        duplicate_rows: Rows left out because they repeat the time before.
        backward_rows: Rows left out because their time goes back.
        damaged_rows: Rows left out because they cannot be read.
        held_samples: Vectors filled from the sample before, because they were no number.
        saturated_samples: Samples at the end of an axis's range.
        stuck_axes: Axes that did not change while others did, such as "acc x".
        is_acc_only: True if there is no gyroscope.
        warnings: One sentence for each thing a reader of results should know.
    """

    sample_count: int
    duration_s: float
    rate_hz: float
    intervals: Intervals | None
    gap_count: int
    gap_s: float
    longest_gap_s: float
    duplicate_rows: int
    backward_rows: int
    damaged_rows: int
    held_samples: int
    saturated_samples: int
    stuck_axes: tuple[str, ...]
    is_acc_only: bool
    warnings: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Give plain values under the names of the attributes."""
        return asdict(self)


def quality_summary(recording: Recording) -> QualitySummary:
    """Sum up what was counted while a recording was read and checked."""
    quality = recording.quality
    lost_s = [gap.lost_s for gap in recording.gaps]
    return QualitySummary(
        sample_count=recording.sample_count,
        duration_s=recording.duration_s,
        rate_hz=recording.rate_hz,
        intervals=quality.intervals,
        gap_count=len(lost_s),
        gap_s=sum(lost_s),
        longest_gap_s=max(lost_s, default=0.0),
        duplicate_rows=quality.duplicate_rows,
        backward_rows=quality.backward_rows,
        damaged_rows=quality.damaged_rows,
        held_samples=quality.held_samples,
        saturated_samples=quality.saturated_samples,
        stuck_axes=quality.stuck_axes,
        is_acc_only=quality.is_acc_only,
        warnings=quality.warnings,
    )
