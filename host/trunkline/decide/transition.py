"""One change between sitting and standing, as it is told."""

from dataclasses import asdict, dataclass

SIT_TO_STAND, STAND_TO_SIT = KINDS = ("sit-to-stand", "stand-to-sit")


@dataclass(frozen=True)
class Transition:
    """A sit-to-stand or a stand-to-sit.

    Attributes:
        kind: "sit-to-stand" or "stand-to-sit".
        start_s: When the hips begin to move, from the first sample.
        end_s: When they are there.
        height_m: How far the hips went, up or down; good to about 0.1 m.
        peak_speed_m_s: Their fastest vertical speed over 100 ms.
        confidence_pct: How sure it is, from 50 at the least height that counts to 100; our own
            scale, not a measured probability.
    """

    kind: str
    start_s: float
    end_s: float
    height_m: float
    peak_speed_m_s: float
    confidence_pct: int

    @property
    def duration_s(self) -> float:
        """Tell how long the hips moved."""
        return self.end_s - self.start_s

    def to_json(self) -> dict[str, str | float]:
        """Give it as plain values, its duration with them."""
        return asdict(self) | {"duration_s": round(self.duration_s, 3)}
