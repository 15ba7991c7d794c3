"""What happened in a simulated day: events, measured from the motion itself."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trunkline.wearer import spine
from trunkline.wearer.activities import VOCABULARY
from trunkline.wearer.moment import Moment

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Event:
    """Describe one thing the wearer did, in [start_s, end_s), as the placement saw it.

    Attributes:
        kind: The activity.
        start_s: When it begins, in seconds from the first sample.
        end_s: When it is over, in seconds.
        onset_s: How long the way there takes; 0: no change of posture.
        return_s: How long the way back takes; 0: it stays there.
        flexion_deg: The change of flexion that was asked for, at the placement.
        lateral_deg: The change of lateral lean that was asked for, to the right.
        twist_deg: The turn to the left that was asked for.
        drop_m: How far the hip was asked to go down.
        speed_m_s: How fast on foot or in a car; 0: in place.
        peak_deg: Flexion from upright, in truth, where it differs most from that at the start.
        sensor_drop_m: How far the sensor truly goes down from where it was at the start.
        twist_range_deg: Over how wide a range the back truly turns.
    """

    kind: str
    start_s: float
    end_s: float
    onset_s: float = 0.0
    return_s: float = 0.0
    flexion_deg: float = 0.0
    lateral_deg: float = 0.0
    twist_deg: float = 0.0
    drop_m: float = 0.0
    speed_m_s: float = 0.0
    peak_deg: float = 0.0
    sensor_drop_m: float = 0.0
    twist_range_deg: float = 0.0


def event_of(
    moment: Moment, placement: str, angles_deg: FloatArray, height_m: FloatArray, rate_hz: float
) -> Event:
    """Measure what a moment came to.

    Args:
        moment: What was performed.
        placement: Where the sensor is.
        angles_deg: Flexion, lateral lean and yaw of the whole day, (N, 3).
        height_m: The sensor's height, (N,).
        rate_hz: Samples a second.
    """
    track = VOCABULARY[moment.kind].track
    share = spine.seen_by(placement, track) if track in spine.POSTURES else 0.0
    rows = span(moment.start_s, moment.end_s, rate_hz, len(height_m))
    flexion, height, yaw = angles_deg[rows, 0], height_m[rows], angles_deg[rows, 2]
    return Event(
        kind=moment.kind,
        start_s=moment.start_s,
        end_s=moment.end_s,
        onset_s=moment.timing.onset_s,
        return_s=moment.timing.return_s,
        flexion_deg=moment["flexion_deg"] * share + moment["tilt_deg"],
        lateral_deg=moment["lateral_deg"] * spine.seen_by(placement, "side") + moment["roll_deg"],
        twist_deg=moment["twist_deg"] * spine.seen_by(placement, "twist"),
        drop_m=moment["drop_m"],
        speed_m_s=moment["speed_m_s"],
        peak_deg=float(flexion[np.argmax(np.abs(flexion - flexion[0]))]),
        sensor_drop_m=float(max(height[0] - height.min(), 0.0)),
        twist_range_deg=float(np.ptp(yaw)),
    )


def span(start_s: float, end_s: float, rate_hz: float, count: int) -> slice:
    """Give the samples in [start_s, end_s), at least one."""
    first = min(math.ceil(start_s * rate_hz), count - 1)
    return slice(first, max(min(math.ceil(end_s * rate_hz), count), first + 1))
