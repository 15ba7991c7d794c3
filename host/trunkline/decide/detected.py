"""What plug-in detectors found in an analysed file, beside what the device decides."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posturecore.blocks import FLAGS, MOTOR
from posturecore.context import VIBRATING
from posturecore.scales import NOMINAL_RATE_MHZ, SAMPLES_PER_BLOCK
from trunkline.decide.analysis import Analysis
from trunkline.decide.blocks import BoolArray, lay_out
from trunkline.decide.counts import blocks_of
from trunkline.decide.detectors import Found, Plugin, Setup, detect
from trunkline.decide.mirror import Mirror
from trunkline.decide.neutral import up_counts
from trunkline.errors import DetectorError
from trunkline.recordings.recording import Recording

Blocks = tuple[NDArray[np.int32], BoolArray]


@dataclass(frozen=True)
class Detected:
    """What one detector found.

    Attributes:
        detector: Its name.
        package: Who brings it.
        version: Of the package.
        found: What it found, as it came.
        failure: Why it failed; None: it did not.
    """

    detector: str
    package: str
    version: str
    found: tuple[Found, ...]
    failure: DetectorError | None

    def to_json(self, block_s: float) -> dict[str, Any]:
        """Give plain values, with seconds from the first sample."""
        found = [
            {
                "start_s": round(each.start_block * block_s, 3),
                "end_s": round(each.end_block * block_s, 3),
                **asdict(each),
            }
            for each in self.found
        ]
        return {
            "detector": self.detector,
            "package": self.package,
            "version": self.version,
            "failure": None if self.failure is None else str(self.failure),
            "found": found,
        }


def run_all(
    plugins: Sequence[Plugin], analysis: Analysis, source: Mirror | Recording
) -> tuple[Detected, ...]:
    """Run detectors over what was analysed; one that fails stops no other.

    Args:
        plugins: From `detectors.named`.
        analysis: What the built-in decisions made of it.
        source: Where its blocks come from: the mirror of a capture, or the recording.
    """
    blocks, is_lost = _blocks(source, analysis)
    rate_mhz = NOMINAL_RATE_MHZ
    if isinstance(source, Mirror) and source.hello is not None:
        rate_mhz = source.hello.rate_mhz
    neutral = None if analysis.neutral is None else up_counts(analysis.neutral)
    setup = Setup(rate_mhz, analysis.settings, neutral)
    results = []
    for plugin in plugins:
        found: tuple[Found, ...] = ()
        failure = None
        try:
            found = detect(plugin, setup, blocks, is_lost)
        except DetectorError as error:
            failure = error
        about = (plugin.name, plugin.package, plugin.version)
        results.append(Detected(*about, found, failure))
    return tuple(results)


def _blocks(source: Mirror | Recording, analysis: Analysis) -> Blocks:
    if isinstance(source, Recording):
        return blocks_of(source)
    first = source.replay.first_block if source.replay else 0
    pieces = [(index // SAMPLES_PER_BLOCK - first, counts) for index, counts in source.samples]
    blocks, is_lost = lay_out(pieces)
    count = min(len(blocks), len(analysis.timeline.context))
    blocks[:count][analysis.timeline.context[:count] == VIBRATING, FLAGS] |= MOTOR
    return blocks, is_lost
