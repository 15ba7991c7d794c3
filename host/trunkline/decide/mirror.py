"""A second device made of bytes: decides on the streamed samples and compares.

The mirror runs posturecore on the gravity that the device streams, applies settings, neutral
poses, coaching and gaps at the blocks the device names, and compares every verdict, episode and
cue. A host that joins a device in the middle of a slouch can differ until that slouch ends. Two
things are taken from the device: that the motor refused a cue which both sides decided to be felt,
and a doubt from a walk of which samples are missing here.

What the link has lost cannot be compared: it is counted, and the result is then never called
identical. Samples that the device itself lost are a gap on both sides, and do compare.
"""

from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from posturecore import params
from posturecore.calibrate import DONE
from posturecore.coach import REASON_HOST
from posturecore.decide import IS_CUT
from posturecore.scales import NOMINAL_RATE_MHZ, SAMPLES_PER_BLOCK
from trunkline.decide.blocks import BlockArray, lay_out, make_blocks
from trunkline.decide.comparison import Comparison
from trunkline.decide.decisions import row_of
from trunkline.decide.neutral import Up
from trunkline.decide.replay import Replay
from trunkline.decide.verdicts import Row, told_last
from trunkline.protocol.decisions_run import DecisionsRun
from trunkline.protocol.events import (
    Calibration,
    CueFrame,
    Decisions,
    EpisodeFrame,
    Event,
    Fault,
    Hello,
    LinkLost,
    Samples,
    SamplesRun,
    SettingsFrame,
)
from trunkline.protocol.records import Coaching, Doubt, Mark

Counts = NDArray[np.int16]

# Decisions come ten blocks a frame, samples two: so much may be under way when a stream ends.
_UNDER_WAY_BLOCKS = 12
_LONGEST_GAP_BLOCKS = 24 * 3600 * 10  # a day: an index beyond it is wrong, not late


class Mirror:
    """Give it every event of a session or capture; ask `compare` at the end.

    Attributes:
        replay: The decisions made here.
        hello: The device's introduction, or None before it came.
        has_restarted: Whether the device did: its counts began anew, and nothing is taken since.
        settings: The prescription in force.
        neutral: The neutral pose in force in counts, or None.
        samples: (index, (N, 9) int16 counts) of every samples frame or run of them.
        device_episodes: Values of the episode frames received.
        device_cues: Values of the cue frames received, the host's own commands left out.
    """

    def __init__(self) -> None:
        self.replay: Replay | None = None
        self.hello: Hello | None = None
        self.neutral: Up | None = None
        self.samples: list[tuple[int, Counts]] = []
        self.device_episodes: list[Row] = []
        self.device_cues: list[Row] = []
        self.has_restarted = False
        self.settings: dict[str, int] = params.defaults()
        self._pending: deque[tuple[int, SettingsFrame | Calibration | Coaching | Doubt]] = deque()
        self._heard: list[tuple[NDArray[np.int64], NDArray[np.int16]]] = []  # blocks, verdicts
        self._marks: set[int] = set()
        self._gaps: list[tuple[int, int]] = []
        self._lost_frames = 0
        self._lost_links = 0
        self._is_link_lossy = False  # frames went missing since the last samples
        self._is_link_lost = False  # all did
        self._oddities: list[str] = []

    def take(self, event: Event) -> None:
        """Take one event; kinds that do not matter here are passed over."""
        if self.has_restarted:
            return
        if isinstance(event, Samples):
            self._take_samples(event)
        elif isinstance(event, SamplesRun):
            self._take_run(event)
        elif isinstance(event, Decisions):
            blocks = np.arange(event.block_index, event.block_index + len(event.items))
            self._heard.append((blocks, np.array(event.items, dtype=np.int16).reshape(-1, 4)))
        elif isinstance(event, DecisionsRun):
            self._heard.append((event.blocks, event.rows))
        elif isinstance(event, EpisodeFrame):
            self.device_episodes.append(row_of(event))
        elif isinstance(event, CueFrame):
            if event.reason != REASON_HOST:
                self.device_cues.append(row_of(event))
        elif isinstance(event, (SettingsFrame, Calibration)):
            self._pending.append((event.from_block, event))
        elif isinstance(event, (Coaching, Doubt)):
            self._pending.append((event.block_index, event))
        elif isinstance(event, Mark):
            self._marks.add(event.cue_block)
        elif isinstance(event, Hello):
            self._meet(event)
        elif isinstance(event, Fault) and event.kind in ("missing", "malformed"):
            self._lost_frames += event.count
            self._is_link_lossy = True
        elif isinstance(event, Fault) and event.kind == "late":
            self._lost_frames -= event.count
        elif isinstance(event, LinkLost):
            self._is_link_lossy = self._is_link_lost = True

    def _meet(self, hello: Hello) -> None:
        before, self.hello = self.hello, hello
        if before is not None and before.boot_id != hello.boot_id and self.replay is not None:
            self.has_restarted, self.hello = True, before
            self._oddities.append("the device restarted; what it said from there on is left out")

    def finish(self) -> None:
        """End what is open: the stream is over."""
        if self.replay is not None:
            self.replay.finish()
            self.replay.decisions.take_refusals(self.device_cues)
            self.replay.decisions.marks |= self._marks

    def blocks(self) -> BlockArray:
        """Give the blocks of everything decided here, one for each verdict; zeros: lost."""
        first = self.replay.first_block if self.replay else 0
        pieces = [(index // SAMPLES_PER_BLOCK - first, counts) for index, counts in self.samples]
        return lay_out(pieces)[0]

    def compare(self) -> Comparison:
        """Compare all that was decided here with all that the device said."""
        result = Comparison(lost_frames=self._lost_frames, lost_links=self._lost_links)
        if self.replay is None:
            result.differences.append("no samples came")
            return result
        result.differences += self._oddities
        self._compare_verdicts(result, self.replay)
        # A gap or the end may cut an episode on one side only.
        here = [row for row in self.replay.decisions.episodes if not row[2] & IS_CUT]
        there = [row for row in self.device_episodes if not row[2] & IS_CUT]
        _compare_rows(result, "episode", (0, 3), here, there)
        _compare_rows(result, "cue", (0, 1), self.replay.decisions.cues, self.device_cues)
        return result

    def _compare_verdicts(self, result: Comparison, replay: Replay) -> None:
        blocks, said = told_last(self._heard)
        if not len(blocks):
            return
        first, here = replay.first_block, replay.decisions.verdicts.array()[:, :4]
        last = first + len(here) - 1
        # Before one of the two streams began, and what is still under way, nothing is missing.
        begin, heard_last = max(first, int(blocks[0])), int(blocks[-1])
        is_under_way = abs(last - heard_last) <= _UNDER_WAY_BLOCKS
        end = min(last, heard_last) if is_under_way else max(last, heard_last)
        is_decided = np.zeros(len(here), dtype=np.bool_)
        is_decided[begin - first : max(0, min(last, end) - first + 1)] = True
        for gap_start, gap_end in self._gaps:
            is_decided[gap_start - first : gap_end - first] = False
        is_asked = (blocks >= begin) & (blocks <= end)
        is_both = is_asked & (blocks <= last)
        is_both[is_both] = is_decided[blocks[is_both] - first]
        result.blocks = int(is_both.sum())
        result.unmatched_blocks = int(is_asked.sum() + is_decided.sum()) - 2 * result.blocks
        blocks, said = blocks[is_both], said[is_both]
        ours = here[blocks - first]
        for k in np.flatnonzero((ours != said).any(axis=1)).tolist():
            result.differences.append(
                f"block {blocks[k]}: the device said {tuple(said[k].tolist())}, "
                f"here it is {tuple(ours[k].tolist())}"
            )

    def _take_samples(self, event: Samples) -> None:
        if not self._is_next(event.sample_index):
            at = self._due(event.sample_index)
            self._oddities.append(
                f"samples {event.sample_index} left out: sample {at * SAMPLES_PER_BLOCK} was due"
            )
            return
        counts = np.array(event.items, dtype=np.int16).reshape(-1, 9)
        self._decide(event.sample_index, counts, np.array([event.motor_blocks], dtype=np.uint8))

    def _take_run(self, event: SamplesRun) -> None:
        if self._is_next(event.sample_index):
            self._decide(event.sample_index, event.counts, event.motor_blocks)
            return
        for frame in event.frames():  # one by one: those behind may be what is due
            self._take_samples(frame)

    def _due(self, index: int) -> int:
        return index // SAMPLES_PER_BLOCK if self.replay is None else self.replay.decider.at

    def _is_next(self, index: int) -> bool:
        block = index // SAMPLES_PER_BLOCK
        is_ahead = 0 <= block - self._due(index) <= _LONGEST_GAP_BLOCKS
        return index % SAMPLES_PER_BLOCK == 0 and is_ahead

    def _decide(self, index: int, counts: Counts, motor_blocks: NDArray[np.uint8]) -> None:
        self.samples.append((index, counts))
        replay = self._replay_at(index // SAMPLES_PER_BLOCK)
        self._lost_links += self._is_link_lost
        self._is_link_lossy = self._is_link_lost = False
        each = np.arange(len(counts) // SAMPLES_PER_BLOCK // len(motor_blocks))
        has_motor = (motor_blocks[:, None] >> each & 1).astype(np.bool_).ravel()
        blocks = make_blocks(counts, has_motor)
        first = 0
        while first < len(blocks):
            self._apply_pending(replay)
            last = len(blocks)
            if self._pending:
                last = min(last, first + self._pending[0][0] - replay.decider.at)
            replay.blocks(blocks[first:last])
            first = last

    def _replay_at(self, block: int) -> Replay:
        if self.replay is None:
            rate_mhz = self.hello.rate_mhz if self.hello else NOMINAL_RATE_MHZ
            self.replay = Replay(self.settings, rate_mhz, first_block=block)
        at = self.replay.decider.at
        if block > at:
            self._apply_pending(self.replay)
            self.replay.gap(block - at, is_link_lost=self._is_link_lossy)
            self._gaps.append((at, block))
        return self.replay

    def _apply_pending(self, replay: Replay) -> None:
        while self._pending and self._pending[0][0] <= replay.decider.at:
            _, event = self._pending.popleft()
            try:
                if isinstance(event, SettingsFrame):
                    self._configure(replay, event)
                elif isinstance(event, Coaching):
                    replay.set_coaching(event.coaching)
                elif isinstance(event, Doubt):
                    # From the beginning, and without a gap, the same walks are judged here.
                    if self._gaps or replay.decider.at == replay.first_block:
                        replay.decider.coach.doubt(event.doubt_cdeg)
                elif event.code == DONE:
                    up = (event.up_x, event.up_y, event.up_z)
                    replay.set_neutral(up, (event.ahead_x, event.ahead_y, event.ahead_z))
                    self.neutral = up
            except ValueError as error:
                self._oddities.append(f"left out what no device can hold: {error}")

    def _configure(self, replay: Replay, event: SettingsFrame) -> None:
        known = {params.NAMES[row]: value for row, value in event.items if row < len(params.NAMES)}
        self.settings = params.complete({**self.settings, **known})
        replay.configure(self.settings)
        ours = replay.decider.prescription
        # A newer device hashes settings that are not known here.
        if len(known) == len(event.items) and ours != event.prescription:
            self._oddities.append(
                f"settings from block {event.from_block}: the device's are "
                f"{event.prescription:08x}, here {ours:08x}"
            )


def _compare_rows(
    result: Comparison, what: str, key: Sequence[int], here: list[Row], there: list[Row]
) -> None:
    """Compare events; those with the same values at the places of `key` are the same event."""
    ours = {tuple(row[k] for k in key): row for row in here}
    theirs = {tuple(row[k] for k in key): row for row in there}
    for name in sorted(ours.keys() | theirs.keys()):
        result.events += 1
        mine, said = ours.get(name), theirs.get(name)
        if mine != said:
            result.differences.append(
                f"{what}: the device said {said or 'nothing'}, here it is {mine or 'nothing'}"
            )
