"""What a device would stream of a recording: its samples, and all that it decides on them.

The recording is filtered as it comes, brought to 60 Hz and int16, and decided by the device's own
code. It has been calibrated before the start, by the pose that is given, or by the first still,
upright stretch. Its motor does not run: the wearer of a recording cannot feel it.
"""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from posturecore import frames, params, wire
from posturecore.bow import NOMINAL
from posturecore.calibrate import DONE
from posturecore.decide import Decider
from posturecore.flash import MODES
from posturecore.scales import NOMINAL_RATE_MHZ, SAMPLES_PER_BLOCK
from trunkline.decide.blocks import lay_out, make_blocks
from trunkline.decide.counts import to_stretches
from trunkline.decide.neutral import Up, find_neutral, given_neutral
from trunkline.decide.replay import complete_settings
from trunkline.filter.gravity import gravity
from trunkline.recordings.recording import Recording

# As in firmware/sampler.py and firmware/streaming.py.
_BLOCKS_PER_FRAME, _DECISIONS_PER_FRAME = 2, 10
_BOOT_ID, _DEVICE_ID = 1, b"recorded"
_SAMPLES_PER_FRAME = _BLOCKS_PER_FRAME * SAMPLES_PER_BLOCK

Items = tuple[tuple[int, ...], ...]
Sent = tuple[int, tuple[int | bytes, ...], Items]


def stream_of(
    recording: Recording,
    settings: Mapping[str, int] | None = None,
    neutral: ArrayLike | None = None,
) -> Iterator[bytes]:
    """Give the frames of a device that was worn like this, one after the other.

    Args:
        recording: Any recording of a sensor on the back.
        settings: Some or all parameters by name; None: defaults.
        neutral: The upright pose as `analyze` takes it; None: the first still, upright stretch.

    Raises:
        InputError: A setting or a neutral that cannot be used, or a gap of more than a day.
    """
    prescription = complete_settings(settings, recording.placement)
    worn = recording.in_sensor_frame()
    stretches = to_stretches(worn, gravity(worn, mode="online", gaps=worn.gaps))
    up = None if neutral is None else given_neutral(recording, neutral)
    if up is None:
        found = find_neutral(lay_out(stretches)[0], prescription)
        up = None if found is None else found[0]
    sent = _Device(prescription, up).stream(stretches)
    return (
        wire.pack_frame(frame, k & 0xFFFF, values, items)
        for k, (frame, values, items) in enumerate(sent)
    )


class _Device:
    """Sends what firmware/app.py does, in its order."""

    def __init__(self, prescription: dict[str, int], neutral: Up | None) -> None:
        self._prescription = prescription
        self._neutral = neutral
        self._decider = Decider(prescription, NOMINAL_RATE_MHZ)
        self._told: list[tuple[int, ...]] = []

    def stream(self, stretches: list[tuple[int, NDArray[np.int16]]]) -> Iterator[Sent]:
        """Give all frames of samples that begin with these blocks."""
        yield from self._introduction()
        decider = self._decider
        for first_block, counts in stretches:
            if first_block > decider.at:
                yield from self._decisions()
                yield from _events(decider.gap(first_block - decider.at))
            yield from self._worn(counts)
        yield from self._decisions()
        yield from _events(decider.finish())

    def _introduction(self) -> Iterator[Sent]:
        decider = self._decider
        about = (frames.VERSION, 0, 0, SAMPLES_PER_BLOCK, NOMINAL_RATE_MHZ, _BOOT_ID)
        mode = MODES.index("app")
        yield frames.HELLO, (*about, decider.prescription, _DEVICE_ID, mode), ()
        rows = tuple((row, self._prescription[name]) for row, name in enumerate(params.NAMES))
        yield frames.SETTINGS, (0, decider.prescription), rows
        if self._neutral is not None:
            decider.set_neutral(self._neutral)
            yield frames.CALIBRATION, (0, DONE, 0, *self._neutral, 0, *NOMINAL), ()

    def _worn(self, counts: NDArray[np.int16]) -> Iterator[Sent]:
        blocks = make_blocks(counts)
        for first in range(0, len(blocks), _BLOCKS_PER_FRAME):
            some = counts[first * SAMPLES_PER_BLOCK :][:_SAMPLES_PER_FRAME]
            some = some[: len(some) - len(some) % SAMPLES_PER_BLOCK]
            at = self._decider.at * SAMPLES_PER_BLOCK
            yield frames.SAMPLES, (at, 0), tuple(map(tuple, some.tolist()))
            for block in blocks[first : first + _BLOCKS_PER_FRAME].tolist():
                yield from self._decide(tuple(block))

    def _decide(self, block: tuple[int, ...]) -> Iterator[Sent]:
        decider, told = self._decider, self._told
        yield from _events(decider.block(block))
        told.append(
            (decider.flexion_cdeg, decider.lateral_cdeg, decider.context, decider.slouch_state)
        )
        if len(told) == _DECISIONS_PER_FRAME:
            yield from self._decisions()

    def _decisions(self) -> Iterator[Sent]:
        if self._told:
            told, self._told = tuple(self._told), []
            yield frames.DECISIONS, (self._decider.at - len(told),), told


def _events(events: list[tuple[int, tuple[int, ...]]]) -> Iterator[Sent]:
    for frame, values in events:
        yield frame, values, ()
