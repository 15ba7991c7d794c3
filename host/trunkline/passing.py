"""Passing over calm runs: leaves the decider as if it had seen every block."""

from itertools import repeat

import numpy as np

from posturecore.context import STILL
from posturecore.decide import Decider
from posturecore.slouch import BEGUN, GOOD
from posturecore.steps import FALL_LSB
from posturecore.stillness import EVERY_BLOCKS
from trunkline.blocks import IntArray
from trunkline.calm import Calm

Row = tuple[int, ...]
Said = list[tuple[int, Row]]
LEAST_BLOCKS = 8  # shorter runs are decided faster than passed over


class Passing:
    """Passes over what it can of a stretch of blocks; one neutral pose, one prescription."""

    def __init__(self, blocks: IntArray, decider: Decider, calm: Calm) -> None:
        self._decider = decider
        self._calm = calm
        self._base = decider.at
        self._first_watched = -decider.at % EVERY_BLOCKS
        self._watched = blocks[self._first_watched :: EVERY_BLOCKS].tolist()

    def run(self, start: int) -> tuple[int, Said, list[Row]]:
        """Pass over blocks from `start` on.

        Returns:
            The first block that was not passed over, what was said meanwhile, and a verdict a
            block: flexion, lean, context, slouch state, 1.
        """
        decider, calm = self._decider, self._calm
        end = calm.stops[start]
        is_worth_it = end - start >= LEAST_BLOCKS
        if not (is_worth_it and decider.bends.is_idle and decider.context_rule.is_idle):
            return start, [], []
        still_left = decider.context_rule.stillness.blocks_left(self._base + start)
        end = min(end, start + still_left)
        if decider.slouch.is_by_dose and not decider.slouch.is_asleep:
            return self._slouch_block_by_block(start, end)
        end = self._end_of_same(start, end)
        if end - start < LEAST_BLOCKS:
            return start, [], []
        if decider.slouch.state != GOOD:
            offsets = calm.offset_cdeg[start:end]
            total_ddeg = int((np.minimum(offsets, 9000) // 10).sum())
            decider.slouch.pass_over(self._base + end, end - start, int(offsets.max()), total_ddeg)
        else:
            decider.slouch.is_over = False
        self._leave(start, end)
        return end, [], self._verdicts(start, end, repeat(decider.slouch_state))

    def _end_of_same(self, start: int, end: int) -> int:
        """Find where the slouch, or good posture, stops being what it is."""
        slouch, calm = self._decider.slouch, self._calm
        if slouch.state == GOOD:
            return min(end, calm.overs[start])
        end = min(end, calm.goods[start])
        if slouch.state == BEGUN:
            return min(end, start + slouch.blocks_left)
        return min(end, self._decider.coach.next_slouch - self._base)

    def _slouch_block_by_block(self, start: int, end: int) -> tuple[int, Said, list[Row]]:
        """A dose changes with every block: only the slouch is judged, nothing else can happen."""
        decider, said, states = self._decider, [], []  # type: Decider, Said, list[int]
        if end - start < LEAST_BLOCKS:
            return start, [], []
        at = self._base + start
        for flexion_cdeg in self._calm.flexion_cdeg[start:end].tolist():
            decider.judge_slouch(at, flexion_cdeg, True, said)
            states.append(decider.slouch_state)
            at += 1
        self._leave(start, end)
        return end, said, self._verdicts(start, end, states)

    def _leave(self, start: int, end: int) -> None:
        """Set what the run leaves behind beside the slouch."""
        decider, calm, last = self._decider, self._calm, end - 1
        rule = decider.context_rule
        rule.amendment = decider.amendment = ()
        rule.steps.is_new = False
        if int(calm.vertical[start:end].min()) < FALL_LSB:
            rule.steps.is_armed = True
        base = self._base
        first = max(0, -(-(start - self._first_watched) // EVERY_BLOCKS))
        place = self._first_watched + first * EVERY_BLOCKS
        for row in self._watched[first : first + max(0, -(-(end - place) // EVERY_BLOCKS))]:
            rule.stillness.step(base + place, row)
            place += EVERY_BLOCKS
        flexion_cdeg = int(calm.flexion_cdeg[last])
        decider.bends.pass_over(flexion_cdeg, int(calm.vertical[last]), int(calm.turn[last]))
        decider.flexion_cdeg = flexion_cdeg
        decider.lateral_cdeg = int(calm.lateral_cdeg[last])
        decider.context = STILL
        decider.ledger[STILL] += end - start
        decider.at = base + end

    def _verdicts(self, start: int, end: int, states: "repeat[int] | list[int]") -> list[Row]:
        flexions = self._calm.flexion_cdeg[start:end].tolist()
        laterals = self._calm.lateral_cdeg[start:end].tolist()
        return list(zip(flexions, laterals, repeat(STILL), states, repeat(1), strict=False))
