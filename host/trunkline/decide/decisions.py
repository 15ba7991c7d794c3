"""All that a decider said about a recording or a stream, and what only the device knows of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from posturecore import coach, flash, frames
from trunkline.decide.verdicts import Row, Verdicts
from trunkline.protocol.events import CueFrame, EpisodeFrame


@dataclass
class Decisions:
    """All that a Decider said, one row a block and one row an event.

    Attributes:
        verdicts: A verdict a block.
        episodes: Values of episode frames.
        cues: Values of cue frames.
        doubts: Values of doubt frames.
        amendments: (start, end, is_walking): rows of `verdicts` whose context was told later.
        marks: Blocks of the cues that the wearer marked as wrong.
    """

    verdicts: Verdicts = field(default_factory=Verdicts)
    episodes: list[Row] = field(default_factory=list)
    cues: list[Row] = field(default_factory=list)
    doubts: list[Row] = field(default_factory=list)
    amendments: list[tuple[int, int, bool]] = field(default_factory=list)
    marks: set[int] = field(default_factory=set)

    def take(self, events: Iterable[tuple[int, Row]]) -> None:
        """Sort events into episodes, cues and doubts."""
        kinds = {frames.EPISODE: self.episodes, frames.CUE: self.cues, flash.DOUBT: self.doubts}
        for frame, values in events:
            kinds[frame].append(values)

    def take_refusals(self, said: Iterable[Row]) -> None:
        """Take over that the motor refused cues which were decided to be felt.

        Args:
            said: Values of the device's own cue frames.
        """
        refused = {row[:3] for row in said if row[3] == coach.MOTOR_REFUSED}
        self.cues = [
            (*row[:3], coach.MOTOR_REFUSED) if row[3] == coach.FELT and row[:3] in refused else row
            for row in self.cues
        ]

    def is_wrong(self, cue: Row) -> bool:
        """Tell whether the wearer marked this cue as wrong."""
        block, reason, _, outcome = cue
        is_meant = outcome == coach.FELT and reason in (coach.REASON_SLOUCH, coach.REASON_BEND)
        return is_meant and block in self.marks


def row_of(event: EpisodeFrame | CueFrame) -> Row:
    """Give the values of an episode or cue frame, in the order of its table."""
    names = [name for name in event.__dataclass_fields__ if name != "sequence"]
    return tuple(getattr(event, name) for name in names)
