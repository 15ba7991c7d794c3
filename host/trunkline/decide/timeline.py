"""What was decided at each block, as arrays: flexion, lean, context and slouch."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posturecore import context


@dataclass(frozen=True, eq=False)
class Timeline:
    """One value a block: what the device decided, moment by moment.

    Attributes:
        block_s: Seconds a block.
        flexion_deg: Flexion from neutral, forward positive; NaN where it is not known.
        lateral_deg: Lean from neutral, right positive; NaN where it is not known.
        context: Index in posturecore.context.CONTEXTS.
        slouch_state: 0 good, 1 begun, 2 prolonged.
    """

    block_s: float
    flexion_deg: NDArray[np.float64]
    lateral_deg: NDArray[np.float64]
    context: NDArray[np.int8]
    slouch_state: NDArray[np.int8]

    @property
    def is_momentary(self) -> bool:
        """Tell whether each value is of its own moment, and not a mean over more."""
        return True

    @property
    def time_s(self) -> NDArray[np.float64]:
        """Give the start of each block in seconds."""
        return np.arange(len(self.context), dtype=np.float64) * self.block_s

    def minutes(self) -> tuple[tuple[float, float, float], ...]:
        """Give (start_s, mean flexion in degrees, seconds of it) of each minute that was worn."""
        is_worn = np.isfinite(self.flexion_deg) & (self.context != context.OFF_BODY)
        length = round(60 / self.block_s)
        found = []
        for first in range(0, len(is_worn), length):
            worn = self.flexion_deg[first : first + length][is_worn[first : first + length]]
            if len(worn):
                start_s, worn_s = first * self.block_s, len(worn) * self.block_s
                found.append((round(start_s, 3), round(float(worn.mean()), 2), round(worn_s, 3)))
        return tuple(found)

    def angle_bands_s(self) -> dict[str, float]:
        """Give the seconds of known flexion in bands used in ergonomics: <0, 0-20, 20-60, >60°."""
        known = self.flexion_deg[
            np.isfinite(self.flexion_deg) & (self.context != context.OFF_BODY)
        ]
        edges = [-np.inf, 0.0, 20.0, 60.0, np.inf]
        counts, _ = np.histogram(known, bins=edges)
        names = ("below 0°", "0 to 20°", "20 to 60°", "over 60°")
        pairs = zip(names, counts, strict=True)
        return {name: round(float(count) * self.block_s, 3) for name, count in pairs}
