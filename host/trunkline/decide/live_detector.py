"""A plug-in detector that listens to a session, live or played."""

from collections.abc import Callable

import numpy as np

from posturecore import params
from posturecore.calibrate import DONE
from posturecore.scales import NOMINAL_RATE_MHZ, SAMPLES_PER_BLOCK
from trunkline.decide.analysis import block_seconds
from trunkline.decide.blocks import make_blocks
from trunkline.decide.detectors import Found, Plugin, Run, Setup
from trunkline.errors import DetectorError
from trunkline.protocol.events import Calibration, Event, Hello, Samples, SettingsFrame


class LiveDetector:
    """Give `take` to a session's listeners; the device must stream samples.

    The detector is made at the first samples, with the settings and the pose known by then, and
    counts blocks as the device does. A detector that fails is told once and not asked again.
    """

    def __init__(
        self,
        plugin: Plugin,
        on_found: Callable[[Found, float], None],
        on_failure: Callable[[DetectorError], None],
    ) -> None:
        """Prepare to listen.

        Args:
            plugin: From `detectors.named`.
            on_found: Told of each thing that is found, and the seconds of a block.
            on_failure: Told if it fails.
        """
        self._plugin = plugin
        self._on_found, self._on_failure = on_found, on_failure
        self._rate_mhz = NOMINAL_RATE_MHZ
        self._settings = params.defaults()
        self._neutral: tuple[int, int, int] | None = None
        self._run: Run | None = None
        self._is_over = False

    def take(self, event: Event) -> None:
        """Take one event of the session."""
        if isinstance(event, Samples):
            self._tell(lambda: self._samples(event))
        elif isinstance(event, Hello):
            self._rate_mhz = event.rate_mhz
        elif isinstance(event, SettingsFrame):
            known = ((row, value) for row, value in event.items if row < len(params.NAMES))
            self._settings.update({params.NAMES[row]: value for row, value in known})
        elif isinstance(event, Calibration) and event.code == DONE:
            self._neutral = event.up_x, event.up_y, event.up_z

    def finish(self) -> None:
        """Let it end what is open: nothing more will come."""
        run = self._run
        if run is not None:
            self._tell(run.finish)
        self._is_over = True

    def _samples(self, event: Samples) -> list[Found]:
        if self._run is None:
            self._run = Run(self._plugin, Setup(self._rate_mhz, self._settings, self._neutral))
        counts = np.array(event.items, dtype=np.int16).reshape(-1, 9)
        count = len(counts) // SAMPLES_PER_BLOCK
        has_motor = (event.motor_blocks >> np.arange(count) & 1).astype(np.bool_)
        first = event.sample_index // SAMPLES_PER_BLOCK
        return self._run.blocks(first, make_blocks(counts, has_motor))

    def _tell(self, step: Callable[[], list[Found]]) -> None:
        if self._is_over:
            return
        try:
            news = step()
        except DetectorError as error:
            self._is_over = True
            self._on_failure(error)
            return
        for each in news:
            self._on_found(each, block_seconds(self._rate_mhz))
