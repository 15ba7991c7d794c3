"""How well a device and its mirror agree, in numbers and in words."""

from dataclasses import dataclass, field


@dataclass
class Comparison:
    """How device and host agree; its text says so in words.

    Attributes:
        blocks: Verdicts compared.
        events: Episodes and cues compared.
        lost_frames: Frames that never came or could not be read.
        lost_links: Times that the link was lost and came back.
        unmatched_blocks: Blocks on which only one side has a verdict.
        differences: What differed, a sentence each.
    """

    blocks: int = 0
    events: int = 0
    lost_frames: int = 0
    lost_links: int = 0
    unmatched_blocks: int = 0
    differences: list[str] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Tell whether something was compared and nothing is missing on either side."""
        lost = self.lost_frames + self.lost_links + self.unmatched_blocks
        return self.blocks > 0 and not lost

    @property
    def is_identical(self) -> bool:
        """Tell whether everything was compared and nothing differed."""
        return self.is_complete and not self.differences

    def __str__(self) -> str:
        """Say it in words."""
        compared = f"{self.blocks:,} blocks, {self.events} events"
        if self.is_identical:
            return f"identical ({compared})"
        if self.differences:
            verdict = f"DIFFERENT, differences: {len(self.differences)} ({compared})"
        elif self.blocks:
            verdict = f"incomplete, identical where both are known ({compared})"
        else:
            return "not compared: no decisions came beside the samples"
        if self.is_complete:
            return verdict
        links = f"links lost: {self.lost_links}, " if self.lost_links else ""
        return (
            f"{verdict}; {links}frames lost: {self.lost_frames}, "
            f"blocks not comparable: {self.unmatched_blocks}"
        )
