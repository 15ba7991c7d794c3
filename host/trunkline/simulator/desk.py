"""A tape of a simulated wearer at a desk, for who has no motion of their own to play."""

from pathlib import Path

from trunkline.decide.counts import to_counts
from trunkline.filter.gravity import gravity
from trunkline.simulator.tape import write_tape
from trunkline.wearer import simulate_desk_hour


def write_desk_tape(path: Path, duration_s: float) -> Path:
    """Write what a sensor on a simulated back measures at a desk; gravity is the filter's."""
    recording = simulate_desk_hour(duration_s=duration_s).recording
    counts = to_counts(recording, gravity(recording, mode="online"))
    return write_tape(path, counts[:, :3], counts[:, 3:6], counts[:, 6:])
