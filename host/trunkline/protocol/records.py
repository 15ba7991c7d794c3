"""What the device keeps in its flash, as events: the rows of posturecore.flash.

Fields have the names, units and integers of the wire table; tests hold the two equal.
"""

from dataclasses import dataclass

from trunkline.protocol.frame import Frame, Items


@dataclass(frozen=True)
class Boot(Frame):
    """A start of the device; what follows in its log counts from here."""

    boot_id: int
    cause: int
    mode: int
    firmware_major: int
    firmware_minor: int
    rate_mhz: int
    away_ms: int
    prescription: int
    last_uptime_ms: int


@dataclass(frozen=True)
class Minutes(Frame):
    """Minutes of wear: blocks in each band of flexion, then the mean in 0.01°."""

    block_index: int
    device_ms: int
    items: Items


@dataclass(frozen=True)
class LedgerFrame(Frame):
    """Blocks since boot in each entry of the ledger."""

    block_index: int
    device_ms: int
    items: Items


@dataclass(frozen=True)
class DeviceFault(Frame):
    """Something is wrong on the device; `code` is a row in the table of faults."""

    device_ms: int
    code: int
    count: int
    detail: int


@dataclass(frozen=True)
class Mark(Frame):
    """The wearer says that the cue of `cue_block` was wrong."""

    block_index: int
    cue_block: int


@dataclass(frozen=True)
class Coaching(Frame):
    """Whether cues are felt from a block on, or why not."""

    block_index: int
    coaching: int


@dataclass(frozen=True)
class Power(Frame):
    """A new state of power; ties blocks to ms where sampling pauses."""

    device_ms: int
    state: int
    battery_mv: int
    block_index: int


@dataclass(frozen=True)
class LostRecords(Frame):
    """Records of the device's log that are no more."""

    first: int
    end: int
    count: int
    cause: int


@dataclass(frozen=True)
class Doubt(Frame):
    """By the last walk the neutral pose may be wrong: cues must be so far beyond, in 0.01°."""

    block_index: int
    doubt_cdeg: int


@dataclass(frozen=True)
class LogStatus(Frame):
    """What the device remembers."""

    oldest: int
    next: int
    acknowledged: int
    used_bytes: int
    size_bytes: int


@dataclass(frozen=True)
class LogFrom(Frame):
    """The number of the stored frame that follows, and the end of the answer."""

    record: int
    end: int


@dataclass(frozen=True)
class StoredMark(Frame):
    """The frame directly behind is a stored one; seen only in the raw bytes of a cable."""


@dataclass(frozen=True)
class UpdateStatus(Frame):
    """How far an update of the device is."""

    offset: int
    size_bytes: int
    state: int
