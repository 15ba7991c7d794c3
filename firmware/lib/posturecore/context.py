"""What the wearer is doing in each block, from the back sensor alone: the gate before every buzz.

One sensor cannot tell sitting from standing: both are STILL (upright and stationary). What
cannot be told is UNKNOWN, never guessed. Rules in the order they are asked:

    UNKNOWN      saturated, no gravity, not calibrated
    VIBRATING    our own motor ran
    OFF_BODY     5 minutes without even breathing (stillness.py)
    WALKING      in a bout of walking (steps.py), upright
    LYING        inclination over `lying_cdeg` for `lying_s`
    BENDING      inside a bend that is not yet held
    CHANGING     turned or shaken within the last second, or a step within 1.6 s
    RECLINED     leaning back by `reclined_cdeg`
    UNKNOWN      no sign that a trunk breathes below (stillness.py)
    STILL        everything else: where a slouch may be judged

A bout of walking is known only at its sixth step, and its end only when no more steps come. Till
then its blocks are CHANGING, where no slouch is judged either. `amendment` says afterwards, for
the ledger and the reader, what those blocks were; no decision is ever taken back.
"""

from .blocks import FLAGS, MOTOR, SATURATED
from .scales import blocks_for_s
from .steps import Steps
from .stillness import Stillness

UNKNOWN, STILL, WALKING, BENDING, CHANGING, RECLINED, LYING, OFF_BODY, VIBRATING = range(9)
CONTEXTS = (
    "unknown",
    "upright-still",
    "walking",
    "bending",
    "changing",
    "reclined",
    "lying",
    "off-body",
    "vibrating",
)

_MOVEMENTS = (WALKING, BENDING, CHANGING)
_UPRIGHT_CDEG = 6000  # mean vertical above 0.5 g (Iluz)
_MOVED_BLOCKS = 10
_NOTHING: tuple[int, ...] = ()


class Context:
    """Call `step` once a block.

    `amendment`, when not empty, is (start, count): of the blocks from `start` to the last, `count`
    were said to be CHANGING and are WALKING, or -count the other way round.
    """

    def __init__(self, settings: dict[str, int], rate_mhz: int) -> None:
        self._reclined_cdeg = settings["reclined_cdeg"]
        self._lying_cdeg = settings["lying_cdeg"]
        self._lying_blocks = blocks_for_s(settings["lying_s"], rate_mhz)
        self.steps = Steps()
        self.stillness = Stillness(rate_mhz)
        self.restart()

    def restart(self) -> None:
        """Forget the past: samples are missing, so nothing before counts."""
        self.amendment = _NOTHING
        self._since_moved = _MOVED_BLOCKS
        self._tilted = 0
        self._changing = 0  # blocks so called since the chain's first step
        self._since_last = self._since_before = 0  # since its last step, and the last but one
        self._was_walking = False
        self.steps.restart()
        self.stillness.restart()

    @property
    def is_idle(self) -> bool:
        """Tell whether nothing of the last seconds has a say in the next block."""
        return (
            self._since_moved == _MOVED_BLOCKS
            and self._tilted == 0
            and self.steps.count == 0
            and not self._was_walking
            and not self.stillness.is_in_doubt
        )

    def step(
        self,
        at: int,
        block: tuple[int, ...],
        flexion_cdeg: int,
        inclination_cdeg: int,
        is_bending: bool,
        vertical: int,
        moves: bool,
    ) -> int:
        """Return the context of block `at` whose gravity and neutral are good."""
        self.amendment = _NOTHING
        if block[FLAGS]:
            if block[FLAGS] & SATURATED:
                return UNKNOWN
            if block[FLAGS] & MOTOR:
                return VIBRATING
        self._watch(at, block, inclination_cdeg, vertical, moves)
        code = self._named(flexion_cdeg, inclination_cdeg, is_bending)
        if code in _MOVEMENTS:
            self.stillness.disturb()
        if self.steps.count:
            self._count(code)
        return code

    def _named(self, flexion_cdeg: int, inclination_cdeg: int, is_bending: bool) -> int:
        if self.stillness.is_off:
            return OFF_BODY
        if self.steps.is_walking and inclination_cdeg < _UPRIGHT_CDEG:
            return WALKING
        if self._tilted >= self._lying_blocks:
            return LYING
        if is_bending:
            return BENDING
        if self._since_moved < _MOVED_BLOCKS or self.steps.count:
            return CHANGING
        if flexion_cdeg < -self._reclined_cdeg:
            return RECLINED
        return UNKNOWN if self.stillness.is_in_doubt else STILL

    def _watch(
        self,
        at: int,
        block: tuple[int, ...],
        inclination_cdeg: int,
        vertical: int,
        moves: bool,
    ) -> None:
        if moves:
            self._since_moved = 0
        elif self._since_moved < _MOVED_BLOCKS:
            self._since_moved += 1
        if inclination_cdeg > self._lying_cdeg:
            self._tilted = min(self._tilted + 1, self._lying_blocks)
        else:
            self._tilted = 0
        self.stillness.step(at, block)
        self.steps.step(at, vertical)
        if self.steps.is_walking != self._was_walking:
            self._turn_over()

    def _turn_over(self) -> None:
        self._was_walking = self.steps.is_walking
        if self._was_walking:
            self.amendment = (self.steps.first, self._changing)
        else:
            self.amendment = (self.steps.before_last + 1, -self._since_before)

    def _count(self, code: int) -> None:
        if self.steps.is_new and self.steps.count == 1:
            self._changing = self._since_last = self._since_before = 0
        self._changing += code == CHANGING
        can_walk = int(code in (CHANGING, WALKING))
        if not self.steps.is_new:
            self._since_last += can_walk
            self._since_before += can_walk
        elif self.steps.count > 1:
            # Blocks after the step that is now the last but one, this step's own included.
            self._since_before = self._since_last + can_walk
            self._since_last = 0
