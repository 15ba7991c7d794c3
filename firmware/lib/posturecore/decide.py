"""The whole decision, block by block: one object for the device, the host and replay.

    block ─► TrunkFrame ─► Bends ─► Context ─► Slouch ─► Coach
               flexion      episode     │        episode   cue
                                        └──── walks ────────┘

What comes out is what goes on the wire: a list of (frame id, values). The ledger counts every
block once, so its sum is always the number of blocks since the start.
"""

from . import bends, lifts, slouch
from .angles import TrunkFrame
from .bends import IS_CUT, IS_HELD
from .blocks import CHARGING, FLAGS, UP
from .bow import NOMINAL
from .calibrate import has_gravity
from .coach import Coach
from .context import (
    BENDING,
    CHANGING,
    CONTEXTS,
    LYING,
    OFF_BODY,
    STILL,
    UNKNOWN,
    WALKING,
    Context,
)
from .flash import COACHINGS, DOUBT
from .frames import CUE, EPISODE
from .motion import is_at_rest, is_moving, turn_counts, vertical_counts
from .params import fingerprint

__all__ = ("IS_CUT", "IS_HELD", "KINDS", "KIND_BEND", "KIND_SLOUCH", "LEDGER", "Decider")

KIND_SLOUCH, KIND_BEND = range(2)
KINDS = ("slouch", "bend")

# Blocks that the device's samples lack are lost; those that the link lacks are the host's to tell.
LEDGER = CONTEXTS + ("uncalibrated", "lost", "charging", "link-lost")
_UNCALIBRATED, _LOST, _CHARGING, _LINK_LOST = range(len(CONTEXTS), len(CONTEXTS) + 4)
_NOTHING: tuple[int, ...] = ()


def measure(trunk: TrunkFrame, block: tuple[int, ...]) -> tuple[int, ...]:
    """Return what the rules ask of a block that has gravity.

    Flexion, lean, inclination, its cosine, upward acceleration, turn, is moving, is at rest.
    """
    vertical = vertical_counts(block)
    return trunk.pose(block, UP) + (
        vertical,
        turn_counts(block),
        is_moving(block),
        is_at_rest(block, vertical),
    )


class Decider:
    """Give it every block in order, and say when blocks are missing.

    `bends`, `context_rule`, `slouch` and `coach` are its parts; only the host's replay, which
    passes over runs of blocks that decide nothing, reaches for them.
    """

    def __init__(self, settings: dict[str, int], rate_mhz: int) -> None:
        self.at = 0  # index of the next block
        self.ledger = [0] * len(LEDGER)
        self.context = UNKNOWN
        self.amendment = _NOTHING  # of the last block; see context.Context
        self.flexion_cdeg = 0
        self.lateral_cdeg = 0
        self.trunk: TrunkFrame | None = None
        self._past_bends = [0] * len(bends.DEPTHS_CDEG)
        self.rate_mhz = rate_mhz
        self._build(settings)

    def _build(self, settings: dict[str, int]) -> None:
        self.settings = settings
        self.prescription = fingerprint(settings)
        self.context_rule = Context(settings, self.rate_mhz)
        self.bends = bends.Bends(settings, self.rate_mhz)
        self.slouch = slouch.Slouch(settings, self.rate_mhz)
        self.coach = Coach(settings, self.rate_mhz)

    @property
    def slouch_state(self) -> int:
        """GOOD, BEGUN or PROLONGED, as in slouch.py."""
        return self.slouch.state

    @property
    def is_calibrated(self) -> bool:
        """Tell whether a neutral pose is known."""
        return self.trunk is not None

    @property
    def bend_counts(self) -> list[int]:
        """Bends that came back from at least 30°, 60° and 90° since the start."""
        return [self._past_bends[i] + self.bends.counts[i] for i in range(len(self._past_bends))]

    def configure(self, settings: dict[str, int]) -> list[tuple[int, tuple[int, ...]]]:
        """Start a new prescription at the next block; what was open ends here."""
        events = self.finish()
        past = self.coach
        self._past_bends = self.bend_counts
        self._build(settings)
        self.coach.inherit(past)
        return events

    def set_neutral(
        self, up: tuple[int, int, int], ahead: tuple[int, int, int] = NOMINAL
    ) -> list[tuple[int, tuple[int, ...]]]:
        """Measure from this neutral pose from the next block on; `ahead` comes from a bow.

        Raises ValueError, and changes nothing, when `up` points nowhere.
        """
        trunk = TrunkFrame(up[0], up[1], up[2], ahead)
        events = self.finish()
        self.trunk = trunk
        self.bends.restart()
        if self.coach.doubt(0):
            events.append((DOUBT, (self.at, 0)))
        return events

    def set_coaching(self, code: int) -> None:
        """Let cues be felt or not from the next block on; `code` is an index in COACHINGS.

        Raises ValueError, and changes nothing, for a code that this version does not know.
        """
        if not 0 <= code < len(COACHINGS):
            raise ValueError(
                "Found coaching {}; expected 0 to {}; update this end.".format(
                    code, len(COACHINGS) - 1
                )
            )
        self.coach.coaching = code

    def gap(self, blocks: int, is_link_lost: bool = False) -> list[tuple[int, tuple[int, ...]]]:
        """Skip blocks whose samples were lost: nothing is decided across them."""
        events = self._interrupt()
        self.at += blocks
        self.ledger[_LINK_LOST if is_link_lost else _LOST] += blocks
        return events

    def rest(self, blocks: int, is_charging: bool) -> list[tuple[int, tuple[int, ...]]]:
        """Skip blocks in which the sensor slept, because nobody wore the device."""
        events = self._interrupt()
        self.at += blocks
        self.ledger[_CHARGING if is_charging else OFF_BODY] += blocks
        return events

    def finish(self) -> list[tuple[int, tuple[int, ...]]]:
        """End what is open, marked as cut; call it when no more blocks will come."""
        events: list[tuple[int, tuple[int, ...]]] = []
        self._log_bend(events, self.bends.finish(self.at))
        self._log_slouch(events, self.slouch.finish(), IS_CUT)
        self.coach.beyond.finish()
        return events

    def block(
        self, block: tuple[int, ...], measures: tuple[int, ...] = _NOTHING
    ) -> list[tuple[int, tuple[int, ...]]]:
        """Decide on one block; return the episodes and cues it completes.

        `measures` are those of `measure`, where the caller has them already.
        """
        events: list[tuple[int, tuple[int, ...]]] = []
        self.amendment = _NOTHING
        if block[FLAGS] & CHARGING:
            return self._charge()
        at, self.at = self.at, self.at + 1
        if self.trunk is None:
            self.context = UNKNOWN
            self.ledger[_UNCALIBRATED] += 1
            return events
        if has_gravity(block):
            self._judge(at, block, measures or measure(self.trunk, block), events)
        else:
            self.context = UNKNOWN
            self.flexion_cdeg = self.lateral_cdeg = 0
            self.bends.blind()
            self._log_slouch(events, self.slouch.step(at, 0, False), 0)
        self.ledger[self.context] += 1
        return events

    def _interrupt(self) -> list[tuple[int, tuple[int, ...]]]:
        events = self.finish()
        self.amendment = _NOTHING
        self.context = UNKNOWN
        self.flexion_cdeg = self.lateral_cdeg = 0
        self.context_rule.restart()
        self.bends.restart()
        return events

    def _charge(self) -> list[tuple[int, tuple[int, ...]]]:
        events = self._interrupt()
        self.at += 1
        self.ledger[_CHARGING] += 1
        return events

    def _judge(
        self,
        at: int,
        block: tuple[int, ...],
        measures: tuple[int, ...],
        events: list[tuple[int, tuple[int, ...]]],
    ) -> None:
        flexion_cdeg, self.lateral_cdeg, inclination_cdeg, cosine_q14 = measures[:4]
        vertical, turn, moves, rests = measures[4:]
        self.flexion_cdeg = flexion_cdeg
        bent = self.bends.step(at, flexion_cdeg, cosine_q14, vertical, turn, bool(rests))
        if block[FLAGS]:
            self.bends.spoil()
        if bent:
            self._log_bend(events, bent)
            self._cue_bend(events, at, bent)
        is_bending = self.bends.state == bends.BENT
        self.context = self.context_rule.step(
            at, block, flexion_cdeg, inclination_cdeg, is_bending, vertical, bool(moves)
        )
        if self.context_rule.amendment:
            self._amend()
        coach = self.coach
        if self.context == WALKING:
            coach.walk(flexion_cdeg)
        elif coach.walked and not self.context_rule.steps.count and coach.end_walk():
            events.append((DOUBT, (at, coach.doubt_cdeg)))
        self.judge_slouch(at, flexion_cdeg, self.context == STILL, events)

    def judge_slouch(
        self,
        at: int,
        flexion_cdeg: int,
        can_judge: bool,
        events: list[tuple[int, tuple[int, ...]]],
    ) -> None:
        """Take the last part of the decision: the slouch and its cue."""
        ended = self.slouch.step(at, flexion_cdeg, can_judge)
        if ended:
            self._log_slouch(events, ended, 0)
            answer = self.coach.corrected(at) if self.slouch.is_corrected else _NOTHING
            if answer:
                events.append((CUE, answer))
        is_sure, is_over = True, self.slouch.is_over
        doubt_cdeg, beyond = self.coach.doubt_cdeg, self.coach.beyond
        if doubt_cdeg:
            beyond.step(at, flexion_cdeg - beyond.sign * doubt_cdeg, can_judge)
            is_sure = beyond.state == slouch.PROLONGED
            is_over = beyond.is_over if is_sure else is_over
        is_prolonged = self.slouch.state == slouch.PROLONGED
        cue = self.coach.slouch(at, is_prolonged, is_over, is_sure)
        if cue:
            events.append((CUE, cue))

    def _amend(self) -> None:
        self.amendment = self.context_rule.amendment
        walked = self.amendment[1]
        self.ledger[WALKING] += walked
        self.ledger[CHANGING] -= walked

    def _log_slouch(
        self, events: list[tuple[int, tuple[int, ...]]], ended: tuple[int, ...], flags: int
    ) -> None:
        if ended:
            start, end, peak, mean, share_pct = ended
            row = (KIND_SLOUCH, STILL, flags, start, end, peak, mean, 0, self.prescription)
            told = (0, bends.UNTOLD, bends.UNTOLD, lifts.UNKNOWN, share_pct)
            events.append((EPISODE, row + told))

    def _log_bend(self, events: list[tuple[int, tuple[int, ...]]], ended: tuple[int, ...]) -> None:
        if ended:
            start, end, peak, mean, rate, flags = ended[:6]
            row = (KIND_BEND, BENDING, flags, start, end, peak, mean, rate, self.prescription)
            events.append((EPISODE, row + ended[6:]))

    def _cue_bend(
        self, events: list[tuple[int, tuple[int, ...]]], at: int, ended: tuple[int, ...]
    ) -> None:
        # Picked up from a bed or a table, a sensor returns from no bend of the wearer's.
        if self.context in (LYING, OFF_BODY):
            return
        cue = self.coach.bend(at, ended[2])
        if cue:
            events.append((CUE, cue))
