"""Through exactly what the device decides: blocks in, an Analysis out.

`analyze` takes a recording all the way. `Replay` is the part that live streams and captures share:
posturecore's Decider, and a record of all that it said.
"""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from posturecore import params
from posturecore.bends import DEPTHS_CDEG
from posturecore.blocks import CHARGING, FLAGS
from posturecore.bow import NOMINAL
from posturecore.calibrate import has_gravity
from posturecore.context import CHANGING, UNKNOWN, WALKING
from posturecore.decide import KIND_BEND, KIND_SLOUCH, Decider
from posturecore.scales import NOMINAL_RATE_MHZ
from trunkline.decide.analysis import Analysis, Cue, Episode, Wear, block_seconds
from trunkline.decide.blocks import BlockArray
from trunkline.decide.calm import Calm
from trunkline.decide.counts import blocks_of
from trunkline.decide.decisions import Decisions
from trunkline.decide.neutral import Up, find_neutral, given_neutral, neutral_vector
from trunkline.decide.passing import Passing
from trunkline.decide.sit_to_stand import with_transitions
from trunkline.decide.slip import slip_warnings
from trunkline.decide.timeline import Timeline
from trunkline.decide.verdicts import WIDTH, Row, Rows
from trunkline.errors import InputError
from trunkline.recordings.quality import runs
from trunkline.recordings.recording import Recording

_WORTH_PASSING = 100  # blocks; below it a plain loop is as fast
_ROWS_AT_ONCE = 16


def complete_settings(settings: Mapping[str, int] | None, placement: str) -> dict[str, int]:
    """Fill a partial prescription with defaults and the placement.

    Raises:
        InputError: A setting that does not exist or does not fit; the message names its range.
    """
    given = {"placement": params.PLACEMENTS.index(placement), **(settings or {})}
    try:
        return params.complete(given)
    except ValueError as error:
        raise InputError(
            found=str(error).removeprefix("Found ").split(";")[0].rstrip("."),
            expected=str(error).partition("expected ")[2].rstrip("."),
            hint="`trunkline settings` lists every setting with its range",
        ) from None


class Replay:
    """Decide block by block as the device does, and keep what it says.

    Attributes:
        decider: The decisions.
        decisions: All that they said.
        first_block: The device's number of the block at 0 s.
        block_s: Seconds a block.
    """

    def __init__(
        self,
        settings: Mapping[str, int],
        rate_mhz: int = NOMINAL_RATE_MHZ,
        *,
        first_block: int = 0,
    ) -> None:
        self.decider = Decider(dict(settings), rate_mhz)
        self.decider.at = self.first_block = first_block
        self.decisions = Decisions()
        self.block_s = block_seconds(rate_mhz)

    def blocks(self, blocks: BlockArray) -> None:
        """Decide on (K, 16) blocks in order; runs that can decide nothing are passed over."""
        trunk = self.decider.trunk
        if trunk is None or len(blocks) < _WORTH_PASSING:
            for block in map(tuple, blocks.tolist()):
                self.block(block)
            return
        calm = Calm.of(blocks, self.decider, trunk)
        passing = Passing(blocks, self.decider, calm)
        contexts, states = bytearray(len(blocks)), bytearray(len(blocks))
        start, at, rows_end = len(self.decisions.verdicts), 0, 0
        rows: Iterator[tuple[list[int], Row]] = iter(())
        while at < len(blocks):
            end, said, passed = passing.run(at)
            if end > at:
                self.decisions.take(said)
                contexts[at:end] = bytes([self.decider.context]) * (end - at)
                states[at:end] = passed
                at = rows_end = end
                continue
            if at == rows_end:
                rows_end = min(at + _ROWS_AT_ONCE, len(blocks))
                rows = zip(blocks[at:rows_end].tolist(), calm.rows(at, rows_end), strict=True)
            row, measures = next(rows)
            self._decide(tuple(row), measures, start + at)
            contexts[at], states[at] = self.decider.context, self.decider.slouch.state
            at += 1
        self.decisions.verdicts.extend(_verdicts(blocks, calm, contexts, states))

    def block(self, block: Row) -> None:
        """Decide on one block."""
        decider = self.decider
        self._decide(block, (), len(self.decisions.verdicts))
        context = decider.context
        # Saturated and without gravity are both UNKNOWN, but a saturated block has its angle.
        is_known = context != UNKNOWN or (decider.trunk is not None and has_gravity(block))
        self.decisions.verdicts.append(
            (
                decider.flexion_cdeg,
                decider.lateral_cdeg,
                context,
                decider.slouch.state,
                int(is_known),
            )
        )

    def _decide(self, block: Row, measures: Row, row: int) -> None:
        """Decide on the block of a verdict's row; `measures` as decide.measure, if known."""
        events = self.decider.block(block, measures)
        if events:
            self.decisions.take(events)
        if self.decider.amendment:
            first, walked = self.decider.amendment
            self.decisions.amendments.append((first - self.first_block, row, walked > 0))

    def gap(self, blocks: int, *, is_link_lost: bool = False) -> None:
        """Skip lost blocks."""
        self.decisions.take(self.decider.gap(blocks, is_link_lost))
        lost = (0, 0, self.decider.context, self.decider.slouch_state, 0)
        self.decisions.verdicts.extend(np.tile(np.array(lost, dtype=np.int32), (blocks, 1)))

    def set_neutral(self, up: Up, ahead: Up = NOMINAL) -> None:
        """Measure from another neutral pose from here on; `ahead` is forward, from a bow."""
        self.decisions.take(self.decider.set_neutral(up, ahead))

    def configure(self, settings: Mapping[str, int]) -> None:
        """Judge by another prescription from here on."""
        self.decisions.take(self.decider.configure(dict(settings)))

    def set_coaching(self, code: int) -> None:
        """Let cues be felt or not from here on; `code` is an index in posturecore's COACHINGS."""
        self.decider.set_coaching(code)

    def finish(self) -> None:
        """End what is open: no more blocks will come."""
        self.decisions.take(self.decider.finish())

    def timeline(self) -> Timeline:
        """Give the verdicts as arrays."""
        rows = self.decisions.verdicts.array()
        is_known = rows[:, 4] == 1
        return Timeline(
            block_s=self.block_s,
            flexion_deg=np.where(is_known, rows[:, 0] / 100, np.nan),
            lateral_deg=np.where(is_known, rows[:, 1] / 100, np.nan),
            context=self._amended(rows[:, 2]).astype(np.int8),
            slouch_state=rows[:, 3].astype(np.int8),
        )

    def _amended(self, contexts: NDArray[np.int32]) -> NDArray[np.int32]:
        contexts = contexts.copy()
        for start, end, is_walking in self.decisions.amendments:
            span = contexts[start:end]
            if is_walking:
                span[span == CHANGING] = WALKING
            else:
                span[span == WALKING] = CHANGING
        return contexts

    def episodes(self, kind: int) -> tuple[Episode, ...]:
        """Give the ended episodes of one kind, in the order they ended."""
        rows = (row for row in self.decisions.episodes if row[0] == kind)
        return tuple(Episode.from_row(row, self.block_s, self.first_block) for row in rows)

    def analysis(
        self,
        *,
        name: str,
        source: str,
        is_simulated: bool | None,
        placement: str,
        neutral: tuple[float, float, float] | None,
        neutral_source: str,
        warnings: tuple[str, ...] = (),
    ) -> Analysis:
        """Give everything decided so far."""
        timeline = self.timeline()
        return Analysis(
            name=name,
            is_simulated=is_simulated,
            source=source,
            placement=placement,
            neutral=neutral,
            neutral_source=neutral_source,
            settings=dict(self.decider.settings),
            episodes=self.episodes(KIND_SLOUCH),
            bends=self.episodes(KIND_BEND),
            bend_counts={
                f"{depth // 100}": count
                for depth, count in zip(DEPTHS_CDEG, self.decider.bend_counts, strict=True)
            },
            cues=tuple(
                Cue.from_row(row, self.block_s, self.first_block, self.decisions.is_wrong(row))
                for row in self.decisions.cues
            ),
            wear=Wear.from_ledger(self.decider.ledger, self.block_s),
            timeline=timeline,
            warnings=warnings + slip_warnings(timeline),
        )


def _verdicts(blocks: BlockArray, calm: Calm, contexts: bytearray, states: bytearray) -> Rows:
    # On the charger the decider forgets the angle, and without gravity there is none.
    has_angle = calm.has_gravity & (blocks[:, FLAGS] & CHARGING == 0)
    rows = np.empty((WIDTH, len(blocks)), dtype=np.int32)
    rows[:2] = calm.measures[:2] * has_angle
    rows[2] = np.frombuffer(contexts, np.uint8)
    rows[3] = np.frombuffer(states, np.uint8)
    rows[4] = calm.has_gravity
    return rows.T


def analyze(
    recording: Recording,
    settings: Mapping[str, int] | None = None,
    neutral: ArrayLike | None = None,
) -> Analysis:
    """Run the device's decisions over a recording and give what they found.

    Gravity comes from the offline filter, brought to the device's 60 Hz and int16. What the
    recording's gaps have lost counts as lost blocks, and all times are right behind them.

    Args:
        recording: Any recording of a sensor on the back.
        settings: Some or all parameters of posturecore.params by name; None: defaults.
        neutral: The wearer's upright pose as an up vector (3,) in the recording's own axes, any
            length; None: the first still, upright stretch is taken. Without one, no slouch is
            judged and the time counts as uncalibrated.

    Raises:
        InputError: A setting or a neutral that cannot be used, or a gap of more than a day.
    """
    from trunkline.filter.marks import marks, sentences  # numba is slow to import

    prescription = complete_settings(settings, recording.placement)
    worn = recording.in_sensor_frame()
    blocks, is_lost = blocks_of(worn)
    replay = Replay(prescription)
    up = None if neutral is None else given_neutral(recording, neutral)
    source = "given"
    if up is None:
        found = find_neutral(blocks, prescription)
        source = "none: no still, upright stretch was found"
        if found is not None:
            up = found[0]
            source = f"the first still, upright stretch, at {found[1] * replay.block_s:.1f} s"
    if up is not None:
        replay.set_neutral(up)
    for start, end in zip(*runs(~is_lost), strict=True):
        if start > replay.decider.at:
            replay.gap(int(start) - replay.decider.at)
        replay.blocks(blocks[start:end])
    replay.finish()
    analysis = replay.analysis(
        name=recording.name,
        source=recording.source,
        is_simulated=recording.is_simulated,
        placement=params.PLACEMENTS[prescription["placement"]],
        neutral=None if up is None else neutral_vector(up),
        neutral_source=source,
        warnings=recording.quality.warnings
        + sentences(marks(worn, gaps=worn.gaps), worn.rate_hz)
        + _without_neutral(up, prescription),
    )
    return with_transitions(analysis, blocks)


def _without_neutral(up: Up | None, settings: Mapping[str, int]) -> tuple[str, ...]:
    if up is not None:
        return ()
    return (
        f"no upright stand or seat of {settings['calibration_s']} still seconds gave a neutral "
        "pose, so nothing was judged: give the pose",
    )
