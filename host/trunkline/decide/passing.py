"""Passing over calm runs: leaves the decider as if it had seen every block."""

import numpy as np

from posturecore.bends import BENT
from posturecore.context import BENDING, STILL
from posturecore.decide import Decider
from posturecore.slouch import BEGUN, GOOD
from posturecore.stillness import EVERY_BLOCKS
from trunkline.decide.blocks import BlockArray
from trunkline.decide.calm import Calm

Row = tuple[int, ...]
Said = list[tuple[int, Row]]
LEAST_BLOCKS = 8  # shorter runs are decided faster than passed over
_WATCHED = 6  # the columns of a block that stillness compares: gyr and acc


class Passing:
    """Passes over what it can of a stretch of blocks; one neutral pose, one prescription."""

    def __init__(self, blocks: BlockArray, decider: Decider, calm: Calm) -> None:
        self._decider = decider
        self._calm = calm
        self._base = decider.at
        self._first_watched = -decider.at % EVERY_BLOCKS
        # Row by row in memory: they are looked at one by one.
        watched = blocks[self._first_watched :: EVERY_BLOCKS, :_WATCHED]
        self._watched = np.ascontiguousarray(watched)

    def run(self, start: int) -> tuple[int, Said, bytes]:
        """Pass over blocks from `start` on.

        Returns:
            The first block that was not passed over, what was said meanwhile, and the state of the
            slouch after each block; the context of all of them is the decider's.
        """
        slouch, is_bending = self._decider.slouch, self._decider.bends.state == BENT
        end = self._end_of_calm(start)
        is_dosed = slouch.is_by_dose and not slouch.is_asleep
        is_doubted = self._decider.coach.doubt_cdeg > 0
        said: Said = []
        if is_dosed or is_doubted or (is_bending and slouch.state != GOOD):
            if end - start < LEAST_BLOCKS:
                return start, [], b""
            said, states = self._judge_each(start, end, not is_bending)
        else:
            end = end if is_bending else self._end_of_same(start, end)
            if end - start < LEAST_BLOCKS:
                return start, [], b""
            self._go_on(start, end)
            states = bytes([slouch.state]) * (end - start)
        self._leave(start, end)
        return end, said, states

    def _end_of_calm(self, start: int) -> int:
        """Find how long nothing but the slouch can change, given what is remembered of before."""
        bends, rule, calm = self._decider.bends, self._decider.context_rule, self._calm
        if not rule.is_idle:
            return start
        if bends.is_idle:
            end = calm.upright.end(start)
        elif bends.is_settled:
            end = calm.bent.end(start)
            if bends.state == BENT:
                end = min(end, bends.held_from - self._base)
        else:
            return start
        return min(end, start + rule.stillness.blocks_left(self._base + start))

    def _end_of_same(self, start: int, end: int) -> int:
        """Find where the slouch, or good posture, stops being what it is."""
        slouch, calm = self._decider.slouch, self._calm
        if slouch.state == GOOD:
            return min(end, calm.unslouched.end(start))
        end = min(end, calm.slouched.end(start))
        if slouch.state == BEGUN:
            return min(end, start + slouch.blocks_left)
        return min(end, self._decider.coach.next_slouch - self._base)

    def _judge_each(self, start: int, end: int, can_judge: bool) -> tuple[Said, bytes]:
        """Judge the slouch alone, where it changes with every block.

        A dose does, a pause in a bend, and a slouch that must be beyond doubt.
        """
        decider, said, states = self._decider, [], bytearray()  # type: Decider, Said, bytearray
        at = self._base + start
        for flexion_cdeg in self._calm.flexion_cdeg[start:end].tolist():
            decider.judge_slouch(at, flexion_cdeg, can_judge, said)
            states.append(decider.slouch_state)
            at += 1
        return said, bytes(states)

    def _go_on(self, start: int, end: int) -> None:
        """Go on with the slouch, or with good posture."""
        slouch = self._decider.slouch
        if slouch.state == GOOD:
            slouch.is_over = False
            return
        offsets = self._calm.offset_cdeg[start:end]
        slouch.pass_over(self._base + end, end - start, int(offsets.max()), _total_ddeg(offsets))

    def _leave(self, start: int, end: int) -> None:
        """Set what the run leaves behind beside the slouch."""
        decider, calm = self._decider, self._calm
        rule = decider.context_rule
        rule.amendment = decider.amendment = ()
        rule.steps.is_new = False
        if calm.unfallen.end(start) < end:
            rule.steps.is_armed = True
        self._watch(start, end)
        flexion_cdeg, lateral_cdeg, _, _, vertical, turn = calm.measures[:6, end - 1].tolist()
        decider.context = BENDING if decider.bends.state == BENT else STILL
        if decider.bends.is_idle:
            decider.bends.pass_over(flexion_cdeg, vertical, turn)
        else:
            self._bend_on(start, end)
        decider.flexion_cdeg, decider.lateral_cdeg = flexion_cdeg, lateral_cdeg
        decider.ledger[decider.context] += end - start
        decider.at = self._base + end

    def _watch(self, start: int, end: int) -> None:
        """Let stillness look at the blocks that it would have looked at."""
        stillness = self._decider.context_rule.stillness
        first = max(0, -(-(start - self._first_watched) // EVERY_BLOCKS))
        last = max(first, -(-(end - self._first_watched) // EVERY_BLOCKS))
        at = self._base + self._first_watched + first * EVERY_BLOCKS
        is_bending = self._decider.bends.state == BENT
        if is_bending and at > self._base + start:
            stillness.disturb()
        for row in self._watched[first:last].tolist():
            stillness.step(at, row)
            if is_bending:
                stillness.disturb()
            at += EVERY_BLOCKS

    def _bend_on(self, start: int, end: int) -> None:
        """Go on with an open bend."""
        flexion = self._calm.flexion_cdeg[start:end]
        rates = np.abs(self._calm.rate_cdeg_s[start:end])
        highest = int(flexion.argmax())
        self._decider.bends.pass_over_bent(
            end - start,
            (int(flexion[highest]), int(self._calm.measures[3, start + highest])),
            (int(rates.max()), int(np.minimum(rates, 32767).sum())),
            _total_ddeg(flexion),
            int(flexion[-1]),
        )


def _total_ddeg(angles_cdeg: np.ndarray) -> int:
    return int((np.minimum(angles_cdeg, 9000) // 10).sum())
