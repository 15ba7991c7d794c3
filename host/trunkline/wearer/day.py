"""A simulated day: the recording, and what really happened."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trunkline.recordings.recording import Recording
from trunkline.wearer.events import Event

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Truth:
    """Hold what a recording should be decided to be.

    Attributes:
        flexion_deg: Lean forward of the back at the placement from upright, (N,).
        lateral_deg: Its lean to the right, (N,).
        yaw_deg: Its heading, to the left, from the start, (N,).
        up: The unit vector that points up, in the case's own axes, with its mounting, slips and
            wobble: what a filter should find, (N, 3).
        height_m: The sensor's height above the hip of the wearer who stands upright, (N,).
        activity: What the wearer did, (N,), as an index into `ACTIVITIES`.
        context: What a decision should call it, (N,), as an index into `posturecore`'s contexts.
        events: Everything the wearer did, by start.
    """

    flexion_deg: FloatArray
    lateral_deg: FloatArray
    yaw_deg: FloatArray
    up: FloatArray
    height_m: FloatArray
    activity: NDArray[np.uint8]
    context: NDArray[np.uint8]
    events: tuple[Event, ...]

    def of_kind(self, *kinds: str) -> tuple[Event, ...]:
        """Pick the events of some kinds, by start."""
        return tuple(event for event in self.events if event.kind in kinds)


@dataclass(frozen=True, eq=False)
class SimulatedDay:
    """Hold a simulated recording beside its truth.

    Attributes:
        recording: What the sensor reported, in the sensor frame.
        truth: What happened.
        perfect_acc_m_s2: What a sensor without errors would have felt in its place, (N, 3).
        perfect_gyr_rad_s: Likewise, (N, 3).
        scenario: The scenario's name.
        seed: The seed it was drawn from.
    """

    recording: Recording
    truth: Truth
    perfect_acc_m_s2: FloatArray
    perfect_gyr_rad_s: FloatArray
    scenario: str
    seed: int

    def save(self, path: str | Path) -> None:
        """Write the recording and its truth to an `.npz` that `load` reads."""
        recording, truth = self.recording, self.truth
        gyr = self.perfect_gyr_rad_s if recording.gyr_rad_s is None else recording.gyr_rad_s
        np.savez_compressed(
            path,
            rate_hz=recording.rate_hz,
            acc_m_s2=recording.acc_m_s2.astype(np.float32),
            gyr_rad_s=gyr.astype(np.float32),
            placement=recording.placement,
            axes=recording.axes,
            is_simulated=True,
            source=recording.source,
            truth_flexion_deg=truth.flexion_deg.astype(np.float32),
            truth_lateral_deg=truth.lateral_deg.astype(np.float32),
            truth_yaw_deg=truth.yaw_deg.astype(np.float32),
            truth_up=truth.up.astype(np.float32),
            truth_activity=truth.activity,
            truth_context=truth.context,
            truth_events_json=json.dumps([asdict(event) for event in truth.events]),
        )
