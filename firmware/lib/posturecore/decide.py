"""The whole decision, block by block: one object for the device, the host and replay.

    block ─► TrunkFrame ─► Bends ─► Context ─► Slouch ─► Coach
               flexion      episode              episode   cue

What comes out is what goes on the wire: a list of (frame id, values). The ledger counts every
block once, so its sum is always the number of blocks since the start.
"""

from . import bends, slouch
from .angles import TrunkFrame, norm
from .blocks import UP
from .calibrate import is_gravity
from .coach import Coach
from .context import BENDING, CONTEXTS, LYING, OFF_BODY, STILL, UNKNOWN, Context
from .frames import CUE, EPISODE
from .params import fingerprint

KIND_SLOUCH, KIND_BEND = range(2)
KINDS = ("slouch", "bend")

IS_HELD = 1  # flag: a bend longer than bend_held_s
IS_CUT = 2  # flag: ended by a gap, new settings or the end of the recording, not by the wearer

LEDGER = CONTEXTS + ("uncalibrated", "lost")
_NOTHING: tuple[int, ...] = ()
_UNCALIBRATED, _LOST = len(CONTEXTS), len(CONTEXTS) + 1


class Decider:
    """Give it every block in order, and say when blocks are missing."""

    def __init__(self, settings: dict[str, int], rate_mhz: int) -> None:
        self.at = 0  # index of the next block
        self.ledger = [0] * len(LEDGER)
        self.context = UNKNOWN
        self.flexion_cdeg = 0
        self.lateral_cdeg = 0
        self._rate_mhz = rate_mhz
        self._trunk: TrunkFrame | None = None
        self._build(settings)

    def _build(self, settings: dict[str, int]) -> None:
        self.settings = settings
        self.prescription = fingerprint(settings)
        self._context = Context(settings, self._rate_mhz)
        self._bends = bends.Bends(settings, self._rate_mhz)
        self._slouch = slouch.Slouch(settings, self._rate_mhz)
        self._coach = Coach(settings, self._rate_mhz)

    @property
    def slouch_state(self) -> int:
        """GOOD, BEGUN or PROLONGED, as in slouch.py."""
        return self._slouch.state

    @property
    def is_calibrated(self) -> bool:
        """Tell whether a neutral pose is known."""
        return self._trunk is not None

    def configure(self, settings: dict[str, int]) -> list[tuple[int, tuple[int, ...]]]:
        """Start a new prescription at the next block; what was open ends here."""
        events = self.finish()
        past = self._coach
        self._build(settings)
        self._coach.inherit(past)
        return events

    def set_neutral(self, up: tuple[int, int, int]) -> list[tuple[int, tuple[int, ...]]]:
        """Measure from this neutral pose from the next block on.

        Raises ValueError, and changes nothing, when `up` points nowhere.
        """
        trunk = TrunkFrame(*up)
        events = self.finish()
        self._trunk = trunk
        self._bends.restart()
        return events

    def gap(self, blocks: int) -> list[tuple[int, tuple[int, ...]]]:
        """Skip blocks whose samples were lost: nothing is decided across them."""
        events = self.finish()
        self.at += blocks
        self.ledger[_LOST] += blocks
        self.context = UNKNOWN
        self.flexion_cdeg = self.lateral_cdeg = 0
        self._context.restart()
        self._bends.restart()
        return events

    def finish(self) -> list[tuple[int, tuple[int, ...]]]:
        """End what is open, marked as cut; call it when no more blocks will come."""
        events: list[tuple[int, tuple[int, ...]]] = []
        self._log_bend(events, self._bends.finish(self.at), IS_CUT)
        self._log_slouch(events, self._slouch.finish(), IS_CUT)
        return events

    def block(self, block: tuple[int, ...]) -> list[tuple[int, tuple[int, ...]]]:
        """Decide on one block; return the episodes and cues it completes."""
        events: list[tuple[int, tuple[int, ...]]] = []
        at, self.at = self.at, self.at + 1
        if self._trunk is None:
            self.context = UNKNOWN
            self.ledger[_UNCALIBRATED] += 1
            return events
        if is_gravity(norm(block[UP], block[UP + 1], block[UP + 2])):
            self._judge(at, block, events)
        else:
            self.context = UNKNOWN
            self.flexion_cdeg = self.lateral_cdeg = 0
            self._bends.blind()
            self._log_slouch(events, self._slouch.step(at, 0, False), 0)
        self.ledger[self.context] += 1
        return events

    def _judge(
        self, at: int, block: tuple[int, ...], events: list[tuple[int, tuple[int, ...]]]
    ) -> None:
        trunk = self._trunk
        if trunk is None:
            return
        self.flexion_cdeg = flexion_cdeg = trunk.flexion_cdeg(block, UP)
        self.lateral_cdeg = trunk.lateral_cdeg(block, UP)
        self._log_bend(events, self._bends.step(at, flexion_cdeg), 0)
        self.context = self._context.step(
            block,
            flexion_cdeg,
            trunk.inclination_cdeg(block, UP),
            self._bends.state == bends.BENT,
        )
        self._log_slouch(events, self._slouch.step(at, flexion_cdeg, self.context == STILL), 0)
        is_prolonged = self._slouch.state == slouch.PROLONGED
        cue = self._coach.slouch(at, is_prolonged, self._slouch.is_over)
        if cue:
            events.append((CUE, cue))

    def _log_slouch(
        self, events: list[tuple[int, tuple[int, ...]]], ended: tuple[int, ...], flags: int
    ) -> None:
        if ended:
            start, end, peak, mean = ended
            row = (KIND_SLOUCH, STILL, flags, start, end, peak, mean, 0, self.prescription)
            events.append((EPISODE, row))

    def _log_bend(
        self, events: list[tuple[int, tuple[int, ...]]], ended: tuple[int, ...], flags: int
    ) -> None:
        if not ended:
            return
        start, end, peak, mean, rate, is_held = ended
        flags |= IS_HELD if is_held else 0
        row = (KIND_BEND, BENDING, flags, start, end, peak, mean, rate, self.prescription)
        events.append((EPISODE, row))
        # Picked up from a bed or a table, a sensor returns from no bend of the wearer's.
        is_bend = not flags & IS_CUT and self.context not in (LYING, OFF_BODY)
        cue = self._coach.bend(end, peak) if is_bend else _NOTHING
        if cue:
            events.append((CUE, cue))
