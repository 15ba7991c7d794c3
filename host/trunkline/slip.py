"""Has the sensor slipped? Told from how the wearer walks; said, and never corrected in silence."""

import numpy as np

from posturecore.context import WALKING
from trunkline.timeline import Timeline

LEAST_WALK_S = 60.0  # less says nothing about a day
SLIP_DEG = 8.0  # our engineering default: docs/detection.md


def slip_warnings(timeline: Timeline) -> tuple[str, ...]:
    """Compare upright walking with the calibrated upright; give a sentence when they are apart.

    The medians of lean forward and sideways over at least a minute of walking are compared, so a
    bend or a glance down does not count.
    """
    walks = (timeline.context == WALKING) & np.isfinite(timeline.flexion_deg)
    if walks.sum() * timeline.block_s < LEAST_WALK_S:
        return ()
    forward = float(np.median(timeline.flexion_deg[walks]))
    aside = float(np.median(timeline.lateral_deg[walks]))
    if np.hypot(forward, aside) <= SLIP_DEG:
        return ()
    return (
        f"walking was {forward:+.0f}° forward and {aside:+.0f}° to the right of the neutral pose, "
        f"more than {SLIP_DEG:.0f}° off: the sensor may have slipped, or the neutral pose was not "
        "upright; calibrate again",
    )
