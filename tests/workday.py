"""A simulated wearer's day on the virtual board: worn alone, downloaded, decided again."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from posturecore import flash
from posturecore.minutes import Minutes
from posturecore.scales import SAMPLES_PER_BLOCK
from tests.two_ends import PASSKEY, SELF_TEST_SAMPLES, Ends
from trunkline.decide.blocks import make_blocks
from trunkline.decide.counts import to_counts
from trunkline.decide.mirror import Mirror
from trunkline.decide.neutral import find_neutral
from trunkline.device.session import Session
from trunkline.filter.gravity import gravity
from trunkline.protocol.events import (
    Calibration,
    CueFrame,
    EpisodeFrame,
    SamplesRun,
    SettingsFrame,
)
from trunkline.protocol.log import StoredRecord
from trunkline.protocol.records import Coaching, Mark, Power
from trunkline.protocol.records import Minutes as MinutesRecord
from trunkline.simulator import write_tape
from trunkline.transports.ble import BleTransport
from trunkline.wearer import simulate

SETTLING_SAMPLES = 18
SETTLING_BLOCKS = SETTLING_SAMPLES // SAMPLES_PER_BLOCK
PRESCRIPTION = {"slouch_hold_s": 20, "slouch_refractory_s": 60, "cues_per_hour": 30}
_BATCH_SAMPLES = 30
_BETWEEN_PATTERNS_MS = 1000
_STEP_MS = 500
_UNTIL_WINDOW_MS = 120_000
Counts = NDArray[np.int16]
Row = tuple[int, ...]


@dataclass
class Day:
    """What a wearer's sensor feels, and the pose to measure from."""

    tape: Path
    counts: Counts
    neutral: tuple[int, int, int]

    @property
    def end_ms(self) -> int:
        """When the tape ends."""
        return len(self.counts) * 1000 // 60


def make_day(folder: Path, scenario: str = "desk_day", duration_s: float = 1500.0) -> Day:
    """Simulate a wearer; the sensor's gravity is the filtering core's."""
    worn = simulate(scenario, duration_s=duration_s, mounting_deg=(20.0, 3.0))
    recording = worn.recording.in_sensor_frame()
    counts = to_counts(recording, gravity(recording, mode="online"))
    found = find_neutral(make_blocks(counts), Mirror().settings)
    if found is None:
        raise RuntimeError(f"Found no upright stretch in {scenario}; expected one; try a seed.")
    tape = write_tape(folder / "day.tape", counts[:, :3], counts[:, 3:6], counts[:, 6:])
    return Day(tape, counts, found[0])


async def prescribe(ends: Ends, day: Day, **changes: int) -> None:
    """Meet the device once: prescription and pose; then the link ends."""
    with ends.air.as_adapter(passkey=lambda: PASSKEY):
        async with Session(BleTransport(ends.board.address)) as session:
            await session.change_settings({**PRESCRIPTION, **changes})
            await session.set_neutral(day.neutral)


def levels(ends: Ends, name: str) -> list[int]:
    """Give what the board has noted under a name, in order."""
    return [note.value for note in ends.board.notes if note.name == name]


async def until_window(ends: Ends) -> None:
    """Let time pass until the radio is on."""
    end_ms = ends.board.time_ms + _UNTIL_WINDOW_MS
    while levels(ends, "radio")[-1:] != [1]:
        if ends.board.time_ms >= end_ms:
            raise AssertionError("the radio has not been on for two minutes")
        await ends.board.play(ends.board.time_ms + _STEP_MS)


@contextlib.asynccontextmanager
async def visit(ends: Ends, transport=None):
    """Come as a host that the device knows, in one of its radio windows or over a cable."""
    if transport is None:
        await until_window(ends)

    def nobody_types() -> int:
        raise AssertionError("a bonded host was asked for its passkey")

    with ends.air.as_adapter(passkey=nobody_types):
        async with Session(transport or BleTransport(ends.board.address)) as session:
            yield session


def motor_blocks(ends: Ends, count: int) -> NDArray[np.uint8]:
    """Tell of each block whether the device flags it: its sample came in a batch with the motor.

    Alone, a batch is 30 samples or what has come when the motor is switched.
    """
    flags = np.zeros(count, dtype=np.uint8)
    for edges in _patterns(ends):
        read_ms, is_on = edges[0][0], True  # decided on what was read just then
        for edge_ms, is_on_after in edges[1:]:
            while read_ms < edge_ms:
                due_ms = _sample_ms(_samples_at(read_ms) + _BATCH_SAMPLES - 1)
                until_ms = min(edge_ms, due_ms)
                if is_on or (is_on_after and until_ms == edge_ms):
                    first, end = _samples_at(read_ms), _samples_at(until_ms)
                    flags[first // SAMPLES_PER_BLOCK : -(-end // SAMPLES_PER_BLOCK)] = 1
                read_ms = until_ms
            is_on = is_on_after
    return flags


def _patterns(ends: Ends) -> list[list[tuple[int, bool]]]:
    """Group the motor's changes by pattern: (ms, is on) each."""
    found: list[list[tuple[int, bool]]] = []
    for change in ends.board.motor_log:
        if not found or change.time_ms - found[-1][-1][0] > _BETWEEN_PATTERNS_MS:
            found.append([])
        found[-1].append((change.time_ms, change.duty_u16 > 0))
    return found


def _samples_at(ms: float) -> int:
    """Count the samples that have come by then; what is told in ms has been cut to them."""
    return int((ms + 1) * 60 / 1000 - 1e-6) - SELF_TEST_SAMPLES


def _sample_ms(sample: int) -> float:
    """Tell when a sample comes."""
    return (sample + 1 + SELF_TEST_SAMPLES) * 1000 / 60


def decided_again(day: Day, records: list[StoredRecord], ends: Ends, end: int) -> Mirror:
    """Decide on the tape up to sample `end`, with the prescription and pose that the log says.

    What is open then stays open, as it does on the device.
    """
    mirror = Mirror()
    for record in records:
        if isinstance(
            record.event, (SettingsFrame, Calibration, Coaching, EpisodeFrame, CueFrame, Mark)
        ):
            mirror.take(record.event)
    samples = day.counts[SETTLING_SAMPLES:end]
    blocks = len(samples) // SAMPLES_PER_BLOCK
    motor = motor_blocks(ends, blocks + SETTLING_BLOCKS)[SETTLING_BLOCKS:]
    whole = samples[: blocks * SAMPLES_PER_BLOCK]
    mirror.take(SamplesRun(0, np.zeros(blocks, dtype=np.uint16), SETTLING_SAMPLES, motor, whole))
    if mirror.replay is not None:
        mirror.replay.decisions.take_refusals(mirror.device_cues)
    return mirror


def minutes_again(mirror: Mirror) -> list[tuple[int, tuple[Row, ...]]]:
    """Count the minutes of wear from the decisions made here: (first block, items) each."""
    assert mirror.replay is not None
    minutes, made = Minutes(mirror.replay.decider.rate_mhz), []
    verdicts = mirror.replay.decisions.verdicts.array()
    for at, row in enumerate(verdicts.tolist(), mirror.replay.first_block):
        made.append(minutes.block(at, 0, row[0], row[2]))
    return [(record[0][0], record[1]) for record in made if record]


def minutes_in(records: list[StoredRecord]) -> list[tuple[int, tuple[Row, ...]]]:
    """Give the minutes of wear in the log."""
    events = [record.event for record in records]
    return [(e.block_index, e.items) for e in events if isinstance(e, MinutesRecord)]


def states_in(records: list[StoredRecord]) -> list[str]:
    """Give the states of power in the log, in order."""
    events = [record.event for record in records]
    return [flash.POWER_STATES[event.state] for event in events if isinstance(event, Power)]
