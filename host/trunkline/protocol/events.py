"""What a session tells: one frozen dataclass for each frame of the table, Fault, and the link's.

Fields have the names, units and integers of the wire table; tests hold the two equal. `items` are
tuples in the order of the frame's item fields.
"""

from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posturecore import flash, frames
from trunkline.protocol.frame import Frame, Items
from trunkline.protocol.link_events import Dropped as Dropped
from trunkline.protocol.link_events import LinkBack as LinkBack
from trunkline.protocol.link_events import LinkLost as LinkLost
from trunkline.protocol.link_events import TimeNotSet as TimeNotSet
from trunkline.protocol.records import (
    Boot,
    Coaching,
    DeviceFault,
    Doubt,
    LedgerFrame,
    LogFrom,
    LogStatus,
    LostRecords,
    Mark,
    Minutes,
    Power,
    StoredMark,
    UpdateStatus,
)

MIN_RATE_MHZ, MAX_RATE_MHZ = 25_000, 1_000_000


@dataclass(frozen=True)
class Hello(Frame):
    """Who is there; the first frame after connecting."""

    version: int
    firmware_major: int
    firmware_minor: int
    block_samples: int
    rate_mhz: int
    boot_id: int
    prescription: int
    device_id: bytes
    mode: int


@dataclass(frozen=True)
class Status(Frame):
    """Health, and the tie between the count of samples and the device's clock."""

    boot_id: int
    uptime_ms: int
    sample_index: int
    samples_lost: int
    battery_mv: int
    is_calibrated: int
    context: int
    imu_faults: int
    imu_overruns: int
    frames_dropped: int
    frames_bad: int
    frames_unknown: int
    power_state: int
    fault: int


@dataclass(frozen=True)
class Ack(Frame):
    """The answer to one frame from the host; `code` is an index in frames.ACK_CODES."""

    frame: int
    frame_sequence: int
    code: int


@dataclass(frozen=True)
class Samples(Frame):
    """Up to two blocks of samples: nine int16 each, gyr, acc, up."""

    sample_index: int
    motor_blocks: int
    items: Items


@dataclass(frozen=True, eq=False)
class SamplesRun(Frame):
    """Samples frames of one size without a gap between their samples, from a finished capture.

    Other frames may have stood between them: those whose place among the samples matters (hello,
    settings, calibrations, commands and faults) end a run, the others are handed out before it.

    Attributes:
        sequence: That of the first frame.
        sequences: (F,) the sequence of each frame.
        sample_index: Index of the first sample.
        motor_blocks: (F,) uint8, each frame's own.
        counts: (N, 9) int16 samples of all the frames: gyr, acc, up.
    """

    sequences: NDArray[np.uint16]
    sample_index: int
    motor_blocks: NDArray[np.uint8]
    counts: NDArray[np.int16]

    def frames(self) -> tuple[Samples, ...]:
        """Give the frames one by one, as `Decoder` would have."""
        count = len(self.counts) // len(self.sequences)
        return tuple(
            Samples(
                sequence,
                self.sample_index + k * count,
                motor,
                tuple(map(tuple, self.counts[k * count : (k + 1) * count].tolist())),
            )
            for k, (sequence, motor) in enumerate(
                zip(self.sequences.tolist(), self.motor_blocks.tolist(), strict=True)
            )
        )


@dataclass(frozen=True)
class Blocks(Frame):
    """Blocks in place of samples."""

    block_index: int
    items: Items


@dataclass(frozen=True)
class Decisions(Frame):
    """Per block: flexion_cdeg, lateral_cdeg, context, slouch_state."""

    block_index: int
    items: Items


@dataclass(frozen=True)
class EpisodeFrame(Frame):
    """A slouch or a bend that has ended."""

    kind: int
    context: int
    flags: int
    start_block: int
    end_block: int
    peak_cdeg: int
    mean_cdeg: int
    peak_rate_cdeg_s: int
    prescription: int
    mean_rate_cdeg_s: int
    twist_cdeg: int
    drop_mm: int
    style: int
    confidence_pct: int


@dataclass(frozen=True)
class CueFrame(Frame):
    """A buzz, felt or held back."""

    block_index: int
    reason: int
    pattern: int
    outcome: int


@dataclass(frozen=True)
class SettingsFrame(Frame):
    """The prescription, or a part of it: (row of the parameter table, value) each."""

    from_block: int
    prescription: int
    items: Items


@dataclass(frozen=True)
class Calibration(Frame):
    """A neutral pose taken, given or refused."""

    neutral: int
    code: int
    from_block: int
    up_x: int
    up_y: int
    up_z: int
    sd_mg: int
    ahead_x: int
    ahead_y: int
    ahead_z: int


@dataclass(frozen=True)
class TimeAnchor(Frame):
    """What the host's clock said at a moment of the device's clock."""

    boot_id: int
    device_ms: int
    utc_s: int
    utc_ms: int
    uncertainty_ms: int
    utc_offset_min: int


@dataclass(frozen=True)
class Command(Frame):
    """A frame from host to device, as its values stand in the table."""

    frame: int
    values: tuple[int | bytes, ...]


@dataclass(frozen=True)
class Fault:
    """Bytes that are no frame, a frame with an unknown id, or frames that never came.

    Attributes:
        kind: "damaged", "unknown", "malformed", "missing", "late" (one that was told as missing
            has come), "repeated" or "cut".
        count: Bytes for damaged and cut, frames for the others.
        detail: One sentence.
    """

    kind: str
    count: int
    detail: str


Event = Frame | Fault | LinkLost | LinkBack | TimeNotSet | Dropped

TYPES: dict[int, Any] = {
    frames.HELLO: Hello,
    frames.STATUS: Status,
    frames.ACK: Ack,
    frames.SAMPLES: Samples,
    frames.BLOCKS: Blocks,
    frames.DECISIONS: Decisions,
    frames.EPISODE: EpisodeFrame,
    frames.CUE: CueFrame,
    frames.SETTINGS: SettingsFrame,
    frames.CALIBRATION: Calibration,
    frames.TIME_ANCHOR: TimeAnchor,
    flash.BOOT: Boot,
    flash.MINUTES: Minutes,
    flash.LEDGER: LedgerFrame,
    flash.FAULT: DeviceFault,
    flash.MARK: Mark,
    flash.COACHING: Coaching,
    flash.DOUBT: Doubt,
    flash.POWER: Power,
    flash.LOST: LostRecords,
    flash.LOG_STATUS: LogStatus,
    flash.LOG_FROM: LogFrom,
    flash.STORED: StoredMark,
    flash.UPDATE_STATUS: UpdateStatus,
}


@cache
def field_names(kind: type[Frame]) -> tuple[str, ...]:
    """Return the wire fields of an event class, without `sequence` and `items`."""
    return tuple(f.name for f in fields(kind) if f.name not in ("sequence", "items"))


def build(frame: int, sequence: int, values: tuple[int, ...], items: Items) -> Frame:
    """Make the event of an unpacked frame; commands from the host become `Command`."""
    kind = TYPES.get(frame)
    if kind is None:
        return Command(sequence, frame, values)
    # A newer peer may send more fields than this class knows: they are left out.
    known = values[: len(field_names(kind))]
    arguments: tuple[Any, ...] = (*known, items) if frames.FRAMES[frame][3] else known
    event: Frame = kind(sequence, *arguments)
    if isinstance(event, Hello) and not MIN_RATE_MHZ <= event.rate_mhz <= MAX_RATE_MHZ:
        raise ValueError(f"a hello that states {event.rate_mhz} mHz, expected 25 to 1000 Hz")
    return event
