"""The main job, end to end: a board, a radio, a host, decisions, a database and a page.

Two parts, each a boot of the same virtual board: a real lower-back recording, then a simulated
hour at a desk. The firmware, its GATT server, bleak's API, the decoder, the decisions, the store
and the report are the product's own; the sensor, the air and the clock are virtual.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from posturecore.calibrate import DONE
from trunkline import examples
from trunkline.captures.capture import CaptureWriter
from trunkline.captures.captured import Counts, gather
from trunkline.decide.analysis import Analysis
from trunkline.decide.comparison import Comparison
from trunkline.decide.counts import ACC_COUNTS_PER_M_S2, GYR_COUNTS_PER_RAD_S, to_counts
from trunkline.decide.mirror import Mirror
from trunkline.decide.neutral import neutral_vector, up_counts
from trunkline.decide.sit_to_stand import with_transitions
from trunkline.device.session import Session
from trunkline.errors import ProtocolError
from trunkline.filter.gravity import gravity
from trunkline.protocol.events import Calibration, Hello, Status
from trunkline.readers import load
from trunkline.recordings.recording import Recording
from trunkline.simulator import MotorChange, VirtualAir, write_tape
from trunkline.transports.simulated import SimulatedTransport
from trunkline.wearer import simulate_desk_hour

CLIP = "mobgap_ha001_test11_l5"
# How an upper back holds the sensor: T4 leans forward even when upright.
_MOUNTING_DEG = (20.0, 3.0)
_READY_MS = 2000  # by then the device has said that it is ready
_STILL_MS = 5000  # by then the motor, which the host has played, is still
_CALIBRATED_MS = 11500
_CHUNK_MS = 20000

Tell = Callable[[str], None]
Advance = Callable[[float, float], None]


@dataclass(frozen=True)
class Part:
    """One part of the demo, before it is played.

    Attributes:
        key: A short name for files.
        recording: What moves the virtual sensor.
        what_is_real: One sentence for the report.
        neutral: Neutral up vector; None: the device calibrates on the still start.
    """

    key: str
    recording: Recording
    what_is_real: str
    neutral: tuple[int, int, int] | None


@dataclass(frozen=True)
class Played:
    """What came of one part.

    Attributes:
        part: The part.
        analysis: The decisions made on the host from the streamed gravity.
        comparison: Whether the device decided the same.
        difference_deg: Host filter beside the device's gravity: rms, p95 and max in degrees.
        motor_log: Every change of the virtual motor.
        status: The device's last word on its own health.
        hello: The device's introduction.
        frames: Good frames received.
        faults: Frames or bytes that were not.
        calibration: What the device answered, in words.
        capture: The file with every frame.
    """

    part: Part
    analysis: Analysis
    comparison: Comparison
    difference_deg: dict[str, float]
    motor_log: tuple[MotorChange, ...]
    status: Status
    hello: Hello
    frames: int
    faults: int
    calibration: str
    capture: Path


def parts(seed: int, duration_s: float) -> tuple[Part, Part]:
    """Give the real clip and the simulated hour."""
    clip = load(examples.path(CLIP))
    neutral = up_counts(clip.extras["neutral_up"])
    real = Part(
        "real",
        clip,
        "Real recording of a lower back (Mobilise-D example data, HA001 Test 11). The virtual "
        "sensor's gravity words were made from it by Trunkline's filtering core, online; so the "
        "difference from the host's own filter, offline, says nothing of a real chip. Its neutral "
        "pose, that of brisk upright walking, was given, since it has no long still stand. At L5 "
        "no slouch is to be expected.",
        neutral,
    )
    day = simulate_desk_hour(seed=seed, duration_s=duration_s, mounting_deg=_MOUNTING_DEG)
    simulated = Part(
        "simulated",
        day.recording,
        f"Simulated: nobody wore this. A made-up hour at a desk (seed {seed}) with slouches, "
        "fidgets, a walk, two stoop-like and two squat-like lifts; the virtual sensor's gravity "
        "words were made by Trunkline's filtering core.",
        None,
    )
    return real, simulated


async def play(part: Part, folder: Path, air: VirtualAir, tell: Tell, advance: Advance) -> Played:
    """Boot the board on one part, stream it all, and decide again on the host."""
    recording = part.recording.in_sensor_frame()
    counts = to_counts(recording, gravity(recording, mode="online"))
    tape = write_tape(folder / f"{part.key}.tape", counts[:, :3], counts[:, 3:6], counts[:, 6:])
    flash = folder / "flash"
    flash.mkdir(exist_ok=True)
    transport = SimulatedTransport(tape, root=flash, air=air)
    header = {
        "source": part.recording.source,
        "is_simulated": part.recording.is_simulated,
        "part": part.key,
    }
    mirror = Mirror()
    capture = CaptureWriter(folder / f"{part.key}.tlcap", header)
    session = Session(transport, capture)
    session.listeners.append(mirror.take)
    with capture:
        async with session:
            tell(
                f"connected over BLE, paired by passkey, MTU {transport.mtu}, "
                f"boot {session.info.boot_id}"
            )
            # The sensor has tested itself: the tape begins now.
            began_ms, length_ms = transport.board.time_ms, len(counts) * 1000 // 60
            await session.set_stream(samples=True, decisions=True)
            calibration = await _prepare(part, session, transport)
            tell(f"neutral pose: {calibration}")
            at_ms = transport.board.time_ms
            while at_ms < began_ms + length_ms:
                until_ms = min(at_ms + _CHUNK_MS, began_ms + length_ms)
                at_ms = await transport.board.play(until_ms)
                advance(at_ms - began_ms, length_ms)
            await session.flush()
            status = await session.status()
            motor_log = tuple(transport.board.motor_log)
    mirror.finish()
    return _played(part, mirror, session, status, motor_log, calibration, capture.path)


async def _prepare(part: Part, session: Session, transport: SimulatedTransport) -> str:
    """Settings, time and neutral pose; returns what the device answered."""
    placement = ("C7", "T4", "T12", "L5").index(part.recording.placement)
    await session.change_settings({"placement": placement})
    await session.set_time()
    await transport.board.play(_READY_MS)
    await session.vibrate("identify")
    if part.neutral is not None:
        await session.set_neutral(part.neutral)
        return "given to the device, as there is no long still stand"
    await transport.board.play(_STILL_MS)
    pending = await session.start_calibration()
    await transport.board.play(_CALIBRATED_MS)
    result = await pending
    if not isinstance(result, Calibration) or result.code != DONE:
        raise ProtocolError(f"The device did not calibrate on the still start: {result}.")
    return f"taken by the device on the still start (noise {result.sd_mg} mg)"


def _played(
    part: Part,
    mirror: Mirror,
    session: Session,
    status: Status,
    motor_log: tuple[MotorChange, ...],
    calibration: str,
    capture: Path,
) -> Played:
    if mirror.replay is None:
        raise ProtocolError("The device streamed no samples.")
    recording = part.recording
    analysis = mirror.replay.analysis(
        name=recording.name,
        source=recording.source,
        is_simulated=recording.is_simulated,
        placement=recording.placement,
        neutral=None if mirror.neutral is None else neutral_vector(mirror.neutral),
        neutral_source=calibration,
        warnings=recording.quality.warnings,
    )
    return Played(
        part=part,
        analysis=with_transitions(analysis, mirror.blocks()),
        comparison=mirror.compare(),
        difference_deg=filter_difference(gather(mirror)[0], recording.placement),
        motor_log=motor_log,
        status=status,
        hello=session.info,
        frames=session.counts["good"],
        faults=session.counts.total() - session.counts["good"],
        calibration=calibration,
        capture=capture,
    )


def filter_difference(counts: Counts, placement: str) -> dict[str, float]:
    """Filter the streamed raw samples on the host and compare with the streamed gravity.

    Returns:
        "rms", "p95" and "max" of the angle between the two, in degrees.
    """
    raw = Recording.from_arrays(
        60.0,
        counts[:, 3:6] / ACC_COUNTS_PER_M_S2,
        counts[:, 0:3] / GYR_COUNTS_PER_RAD_S,
        placement,
    )
    here: NDArray[np.float64] = gravity(raw, mode="offline")
    there = counts[:, 6:].astype(np.float64)
    sine = np.linalg.norm(np.cross(here, there), axis=1)
    angle = np.degrees(np.arctan2(sine, np.sum(here * there, axis=1)))
    return {
        "rms": round(float(np.sqrt(np.mean(angle**2))), 3),
        "p95": round(float(np.percentile(angle, 95)), 3),
        "max": round(float(angle.max()), 3),
    }


async def run(
    folder: Path, seed: int, duration_s: float, tell: Tell, advance: Advance
) -> tuple[Played, ...]:
    """Play both parts on one board: the second boot meets a host it has bonded with."""
    played = []
    async with VirtualAir() as air:
        for part in parts(seed, duration_s):
            tell(f"{part.key}: starting the virtual board")
            played.append(await play(part, folder, air, tell, advance))
    return tuple(played)


def run_demo(
    folder: Path, seed: int, duration_s: float, tell: Tell, advance: Advance
) -> tuple[Played, ...]:
    """Run the whole demo and return what came of it."""
    return asyncio.run(run(folder, seed, duration_s, tell, advance))
