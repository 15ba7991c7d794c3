"""A device's log as days of wear: records in, what was found in each boot out.

The log carries what the device decided, not what it measured: episodes, bends and cues are those
of its frames, wear is its ledger, flexion is told by minutes. So there is no timeline, and no
sit-to-stand; of bends, only those that were logged are counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np

from posturecore import params
from posturecore.calibrate import DONE
from posturecore.coach import REASON_HOST
from posturecore.context import UNKNOWN
from posturecore.decide import KINDS, LEDGER
from posturecore.scales import NOMINAL_RATE_MHZ
from trunkline.decide.analysis import Analysis, Cue, Episode, Wear, block_seconds
from trunkline.decide.decisions import Decisions, row_of
from trunkline.decide.neutral import neutral_vector
from trunkline.decide.timeline import Timeline
from trunkline.protocol.events import (
    Calibration,
    CueFrame,
    EpisodeFrame,
    SettingsFrame,
    TimeAnchor,
)
from trunkline.protocol.frame import Frame
from trunkline.protocol.log import StoredRecord
from trunkline.protocol.records import Boot, Coaching, DeviceFault, LedgerFrame, Mark, Minutes

SOURCE = "device log"
_Kind = TypeVar("_Kind", bound=Frame)
_COUNTS = (LedgerFrame, EpisodeFrame, CueFrame, Minutes)


@dataclass(frozen=True)
class Minute:
    """A minute of wear.

    Attributes:
        block: The device's number of its first block.
        bands: Blocks worn in each band of flexion; see posturecore.flash.BANDS_CDEG.
        mean_deg: Mean flexion from neutral.
    """

    block: int
    bands: tuple[int, ...]
    mean_deg: float


@dataclass(frozen=True, eq=False)
class LoggedBoot:
    """What the log says of one boot.

    Attributes:
        boot_id: Names the boot.
        boot: The record of the start; None: it is gone.
        records: All of it, in order.
    """

    boot_id: int
    boot: Boot | None
    records: tuple[StoredRecord, ...]

    @property
    def rate_mhz(self) -> int:
        """Samples a second, in thousandths; the nominal rate where nothing tells."""
        return (self.boot.rate_mhz if self.boot else 0) or NOMINAL_RATE_MHZ

    @property
    def is_worth_showing(self) -> bool:
        """Tell whether anything was counted in it."""
        return any(isinstance(record.event, _COUNTS) for record in self.records)

    @property
    def faults(self) -> tuple[DeviceFault, ...]:
        """Give what was wrong on the device."""
        return self._of(DeviceFault)

    @property
    def coachings(self) -> tuple[Coaching, ...]:
        """Give when cues were felt from, or why not."""
        return self._of(Coaching)

    @property
    def ledgers(self) -> tuple[LedgerFrame, ...]:
        """Give the ledger as it grew; the last is the whole."""
        return self._of(LedgerFrame)

    @property
    def minutes(self) -> tuple[Minute, ...]:
        """Give the minutes of wear, in order."""
        minute_blocks = round(60 / block_seconds(self.rate_mhz))
        return tuple(
            Minute(record.block_index + k * minute_blocks, item[:-1], item[-1] / 100)
            for record in self._of(Minutes)
            for k, item in enumerate(record.items)
        )

    def blocks_told(self, from_record: int) -> tuple[int, ...]:
        """Give a block of each record, from a number on, that tells of wear."""
        found = []
        for record in self.records:
            event = record.event
            if record.number < from_record:
                continue
            if isinstance(event, EpisodeFrame):
                found.append(event.start_block)
            elif isinstance(event, LedgerFrame):
                found.append(max(0, event.block_index - 1))  # it is told at its end
            elif isinstance(event, CueFrame | Minutes):
                found.append(event.block_index)
        return tuple(found)

    def _of(self, kind: type[_Kind]) -> tuple[_Kind, ...]:
        return tuple(r.event for r in self.records if isinstance(r.event, kind))

    def analysis(
        self, *, is_simulated: bool, source: str = SOURCE, first: int = 0, end: int | None = None
    ) -> Analysis:
        """Give what was found in it, as a replay gives it.

        Args:
            is_simulated: Whether the device is a virtual one.
            source: Where the records come from, in words.
            first: Block to count from, one that a ledger names; 0: the boot's first.
            end: First block that is left out, one that a ledger names; None: to the end.
        """
        block_s = block_seconds(self.rate_mhz)
        decisions = self._decisions(first, end)
        episodes = [Episode.from_row(row, block_s, first) for row in decisions.episodes]
        settings, is_known = self._settings()
        poses = [event for event in self._of(Calibration) if event.code == DONE]
        neutral = (poses[-1].up_x, poses[-1].up_y, poses[-1].up_z) if poses else None
        return Analysis(
            name=f"boot {self.boot_id}",
            is_simulated=is_simulated,
            source=source,
            placement=params.PLACEMENTS[settings["placement"]],
            neutral=None if neutral is None else neutral_vector(neutral),
            neutral_source="the device" if neutral else "none",
            settings=settings,
            episodes=tuple(e for e in episodes if e.kind == KINDS[0]),
            bends=tuple(e for e in episodes if e.kind == KINDS[1]),
            bend_counts={},
            cues=tuple(
                Cue.from_row(row, block_s, first, decisions.is_wrong(row))
                for row in decisions.cues
            ),
            wear=Wear.from_ledger(self._counted(first, end), block_s),
            timeline=_empty_timeline(block_s),
            warnings=self._warnings(is_known, is_last=end is None),
        )

    def _decisions(self, first: int, end: int | None) -> Decisions:
        def is_in(block: int) -> bool:
            return first <= block and (end is None or block < end)

        found = Decisions(marks={mark.cue_block for mark in self._of(Mark)})
        episodes, cues = self._of(EpisodeFrame), self._of(CueFrame)
        found.episodes = [row_of(event) for event in episodes if is_in(event.start_block)]
        cues = tuple(event for event in cues if event.reason != REASON_HOST)
        found.cues = [row_of(event) for event in cues if is_in(event.block_index)]
        return found

    def _counted(self, first: int, end: int | None) -> list[int]:
        """Give the blocks in each entry of the ledger between two blocks."""
        later, before = self._ledger(end), self._ledger(first)
        return [a - b for a, b in zip(later, before, strict=True)]

    def _settings(self) -> tuple[dict[str, int], bool]:
        """Give the last prescription, and whether the log tells one."""
        settings, is_known = params.defaults(), False
        for event in self._of(SettingsFrame):
            told = {params.NAMES[row]: v for row, v in event.items if row < len(params.NAMES)}
            try:
                settings, is_known = params.complete({**settings, **told}), True
            except ValueError:  # what no device can hold: a newer one has other limits
                continue
        return settings, is_known

    def _ledger(self, at: int | None) -> list[int]:
        """Give the ledger as it was told last up to a block."""
        found = [each for each in self.ledgers if at is None or each.block_index <= at]
        told = [item[0] for item in found[-1].items] if found else []
        known = [*told, *[0] * len(LEDGER)][: len(LEDGER)]
        known[UNKNOWN] += sum(told[len(LEDGER) :])  # what a newer device tells apart
        return known

    def _warnings(self, has_settings: bool, *, is_last: bool) -> tuple[str, ...]:
        found = []
        if self.boot is None:
            found.append("The record of this start is gone: times assume the nominal rate.")
        if not has_settings:
            found.append("The log does not tell the prescription: the default one is shown.")
        untold_s = self._untold_s() if is_last else 0.0
        if untold_s >= 1:
            found.append(
                f"The last {untold_s:.0f} s that the log tells of are not in its ledger yet: wear "
                "is told every ten minutes."
            )
        if unread := sum(record.event is None for record in self.records):
            found.append(f"{unread} records are of kinds that this version cannot read.")
        return tuple(found)

    def _untold_s(self) -> float:
        """Tell how much later than the last ledger something was logged."""
        ledger = self.ledgers[-1].block_index if self.ledgers else 0
        ends = [ledger, *(event.end_block for event in self._of(EpisodeFrame))]
        ends += [event.block_index for event in self._of(CueFrame)]
        return (max(ends) - ledger) * block_seconds(self.rate_mhz)


def boots_in(records: Sequence[StoredRecord]) -> tuple[LoggedBoot, ...]:
    """Part a log's records by boot, in order.

    Those before the first boot record are of the boot that a time anchor among them names; without
    one they are left out: nobody can say when they were.
    """
    starts = [k for k, record in enumerate(records) if isinstance(record.event, Boot)]
    edges = [*([] if starts[:1] == [0] else [0]), *starts, len(records)]
    parts = [tuple(records[a:b]) for a, b in pairwise(edges) if b > a]
    return tuple(boot for part in parts for boot in _boots_of(part))


def _boots_of(records: tuple[StoredRecord, ...]) -> tuple[LoggedBoot, ...]:
    first = records[0].event
    if isinstance(first, Boot):
        return (LoggedBoot(first.boot_id, first, records),)
    named = [r.event.boot_id for r in records if isinstance(r.event, TimeAnchor)]
    return tuple(LoggedBoot(boot_id, None, records) for boot_id in named[:1])


def _empty_timeline(block_s: float) -> Timeline:
    nothing, codes = np.empty(0), np.empty(0, dtype=np.int8)
    return Timeline(block_s, nothing, nothing, codes, codes)
