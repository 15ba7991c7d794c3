"""How long a battery lasts: the states a device was in, by what each is said to draw.

No current here was measured by this project: each names where it was read, or says that it is an
estimate. What comes out is as good as they are, and wants a board and a meter.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from trunkline.errors import InputError
from trunkline.simulator.changes import MotorChange, Note

MEASURED, ESTIMATED = "measured by others", "estimate"


@dataclass(frozen=True)
class Draw:
    """What one part draws while it is on.

    Attributes:
        name: Of the part.
        ma: Current in mA from the cell.
        kind: MEASURED or ESTIMATED.
        source: Where the figure comes from.
    """

    name: str
    ma: float
    kind: str
    source: str


LIGHT_SLEEP = Draw("light sleep", 2.0, MEASURED, "Seeed's table for the XIAO ESP32S3")
AWAKE = Draw(
    "awake, radio off", 35.0, ESTIMATED, "30 mA at 80 MHz read for an ESP32, and a margin"
)
RADIO = Draw("awake, radio on", 95.0, ESTIMATED, "between 75 and 110 mA read for stock builds")
IMU = Draw("sensor measuring", 0.65, MEASURED, "ST's data sheet, both sensors high performance")
IMU_RESTS = Draw(
    "sensor waiting for motion", 0.02, ESTIMATED, "low-power accelerometer, rounded up"
)
DIVIDER = Draw("battery divider", 0.01, ESTIMATED, "Ohm's law: 2 × 220 kΩ")
MOTOR = Draw("motor", 80.0, ESTIMATED, "typical of a 10 mm ERM at its rated voltage")
OFF = Draw("deep sleep", 0.012, MEASURED, "PPK2 on a XIAO ESP32S3, in a forum")
DRAWS = (LIGHT_SLEEP, AWAKE, RADIO, IMU, IMU_RESTS, DIVIDER, MOTOR, OFF)

# Each light sleep ends in so much time awake: the FIFO is read and five blocks are decided. What
# collecting memory takes is not in it: firmware/README.md, "Battery".
WAKE_MS = 20
CELL_MAH = 500.0
USABLE = 0.85  # of the cell before its protection cuts, and cold, and age [from memory]


@dataclass(frozen=True)
class Energy:
    """What a stretch of time cost.

    Attributes:
        duration_h: Its length in hours.
        spent_mah: mAh by the name of a draw.
    """

    duration_h: float
    spent_mah: dict[str, float]

    @property
    def mean_ma(self) -> float:
        """Mean current in mA."""
        return sum(self.spent_mah.values()) / self.duration_h

    def hours_left(self, cell_mah: float = CELL_MAH) -> float:
        """Give how long a full cell would last like this, in hours."""
        return cell_mah * USABLE / self.mean_ma


def energy_of(notes: Iterable[Note], motor: Iterable[MotorChange], until_ms: int) -> Energy:
    """Add up what a virtual board's own log of states cost.

    Args:
        notes: From `VirtualBoard.notes`: states, radio and light sleeps.
        motor: From `VirtualBoard.motor_log`.
        until_ms: Virtual time at which the log ends.

    Raises:
        InputError: The log has no time in it.
    """
    if until_ms <= 0:
        raise InputError(
            found="a log of no length",
            expected="virtual time that has passed",
            hint="play the board before asking",
        )
    notes = list(notes)
    slept_ms = sum(note.value for note in notes if note.name == "slept_ms")
    sleeps = sum(note.name == "slept_ms" for note in notes)
    radio_ms = _time_in(_levels(notes, "radio"), until_ms)
    rest_ms = _time_in([(t, v in (0, 1)) for t, v in _levels(notes, "state")], until_ms)
    # In virtual time the processor needs none: what it takes to wake is counted for each sleep.
    woken_ms = min(sleeps * WAKE_MS, slept_ms)
    awake_ms = max(until_ms - slept_ms - radio_ms, 0) + woken_ms
    spent = (
        (LIGHT_SLEEP, slept_ms - woken_ms),
        (AWAKE, awake_ms),
        (RADIO, radio_ms),
        (IMU, until_ms - rest_ms),
        (IMU_RESTS, rest_ms),
        (DIVIDER, until_ms),
        (MOTOR, _time_in([(c.time_ms, c.duty_u16 > 0) for c in motor], until_ms)),
    )
    return Energy(until_ms / 3.6e6, {draw.name: draw.ma * ms / 3.6e6 for draw, ms in spent})


def _levels(notes: list[Note], name: str) -> list[tuple[int, int]]:
    return [(note.time_ms, note.value) for note in notes if note.name == name]


def _time_in(changes: Iterable[tuple[int, int | bool]], until_ms: int) -> int:
    """Add up the ms in which the last change was to something."""
    total_ms, from_ms, is_on = 0, 0, False
    for time_ms, level in [*changes, (until_ms, False)]:
        if is_on:
            total_ms += time_ms - from_ms
        from_ms, is_on = time_ms, bool(level)
    return total_ms
