"""What every event from a frame is made of."""

from dataclasses import dataclass

Items = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Frame:
    """Any frame: `sequence` counts the peer's frames modulo 2**16."""

    sequence: int
