"""What the wearer is doing in each block, from the back sensor alone: the gate before every buzz.

One sensor cannot tell sitting from standing: both are STILL (upright and stationary). What
cannot be told is UNKNOWN, never guessed. Rules in the order they are asked:

    UNKNOWN      saturated, no gravity, not calibrated
    VIBRATING    our own motor ran
    OFF_BODY     5 minutes without even breathing
    WALKING      shaken in 12 of the last 30 blocks (3 s), upright
    LYING        inclination over `lying_cdeg` for `lying_s`
    BENDING      inside a bend that is not yet held
    CHANGING     turning faster than 20 °/s within the last second
    RECLINED     leaning back by `reclined_cdeg`
    STILL        everything else: where a slouch may be judged
"""

from .blocks import ACC, FLAGS, GYR, MOTOR, SATURATED, UP
from .scales import acc_lsb, blocks_for_s, gyr_lsb, up_lsb

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

# Walking: the acceleration beside gravity. 0.1 g is the active threshold of Paraschiv-Ionescu's
# gait detector (mobgap, lower back); a step is shorter than 3 s, so shaken blocks keep coming.
_SHAKEN_LSB = up_lsb(100)
_WINDOW = 30  # blocks; the history is one int below 2**30
_WALK_ON, _WALK_OFF = 12, 6
_UPRIGHT_CDEG = 6000  # mean vertical above 0.5 g (Iluz)

_TURN_LSB = gyr_lsb(20)
_TURN_BLOCKS = 10

# Off the body: breathing moves a still trunk's accelerometer by ±4 to ±8 mg; a table does not.
_ASLEEP_LSB = acc_lsb(3)
_OFF_WINDOW_S = 60
_OFF_WINDOWS = 5


class Context:
    """Call `step` once a block."""

    def __init__(self, settings: dict[str, int], rate_mhz: int) -> None:
        self._reclined_cdeg = settings["reclined_cdeg"]
        self._lying_cdeg = settings["lying_cdeg"]
        self._lying_blocks = blocks_for_s(settings["lying_s"], rate_mhz)
        self._off_body = _Stillness(blocks_for_s(_OFF_WINDOW_S, rate_mhz))
        self.restart()

    def restart(self) -> None:
        """Forget the past: samples are missing, so nothing before counts."""
        self._shaken = 0  # one bit a block, newest lowest
        self._shaken_count = 0
        self._is_walking = False
        self._since_turn = _TURN_BLOCKS
        self._tilted = 0
        self._off_body.restart()

    def step(
        self, block: tuple[int, ...], flexion_cdeg: int, inclination_cdeg: int, is_bending: bool
    ) -> int:
        """Return the context of a block whose gravity and neutral are good."""
        if block[FLAGS] & SATURATED:
            return UNKNOWN
        if block[FLAGS] & MOTOR:
            return VIBRATING
        self._watch(block, inclination_cdeg)
        if self._off_body.is_off:
            return OFF_BODY
        if self._is_walking and inclination_cdeg < _UPRIGHT_CDEG:
            return WALKING
        if self._tilted >= self._lying_blocks:
            return LYING
        if is_bending:
            return BENDING
        if self._since_turn < _TURN_BLOCKS:
            return CHANGING
        if flexion_cdeg < -self._reclined_cdeg:
            return RECLINED
        return STILL

    def _watch(self, block: tuple[int, ...], inclination_cdeg: int) -> None:
        shaken = _is_shaken(block)
        self._shaken_count += shaken - (self._shaken >> (_WINDOW - 1))
        # The oldest bit goes first, or the shift would pass 2**30.
        self._shaken = (self._shaken & ((1 << (_WINDOW - 1)) - 1)) << 1 | shaken
        needed = _WALK_OFF if self._is_walking else _WALK_ON
        self._is_walking = self._shaken_count >= needed
        turning = max(abs(block[GYR]), abs(block[GYR + 1]), abs(block[GYR + 2])) > _TURN_LSB
        self._since_turn = 0 if turning else min(self._since_turn + 1, _TURN_BLOCKS)
        tilted = inclination_cdeg > self._lying_cdeg
        self._tilted = min(self._tilted + 1, self._lying_blocks) if tilted else 0
        self._off_body.step(block)


def _is_shaken(block: tuple[int, ...]) -> int:
    """Return 1 when acceleration differs from gravity by more than 0.1 g on any axis."""
    for i in range(3):  # an acc count is 0.244 mg, four up counts
        if abs((block[ACC + i] << 2) - block[UP + i]) > _SHAKEN_LSB:
            return 1
    return 0


class _Stillness:
    """Counts whole windows in which no acceleration axis moved by more than 3 mg."""

    def __init__(self, window_blocks: int) -> None:
        self._window_blocks = window_blocks
        self._low = [0, 0, 0]
        self._high = [0, 0, 0]
        self.restart()

    def restart(self) -> None:
        self._count = 0
        self._still_windows = 0
        self.is_off = False

    def step(self, block: tuple[int, ...]) -> None:
        if self._count == 0:
            for i in range(3):
                self._low[i] = self._high[i] = block[ACC + i]
        spread = 0
        for i in range(3):
            self._low[i] = min(self._low[i], block[ACC + i])
            self._high[i] = max(self._high[i], block[ACC + i])
            spread = max(spread, self._high[i] - self._low[i])
        if spread > _ASLEEP_LSB:
            self.restart()
            return
        self._count += 1
        if self._count == self._window_blocks:
            self._count = 0
            self._still_windows = min(self._still_windows + 1, _OFF_WINDOWS)
            self.is_off = self._still_windows == _OFF_WINDOWS
