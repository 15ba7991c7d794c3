"""A recording of any kind, played as a device would have streamed it."""

from collections.abc import Mapping

from numpy.typing import ArrayLike

from trunkline.captures.streamed import stream_of
from trunkline.recordings.recording import Recording
from trunkline.transports.playing import Clock, PlayingTransport


class RecordedTransport(PlayingTransport):
    """The frames of a device that was worn like this, in step with its samples."""

    def __init__(
        self,
        recording: Recording,
        settings: Mapping[str, int] | None = None,
        neutral: ArrayLike | None = None,
        *,
        speed: float | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Prepare to play a recording.

        Args:
            recording: Any recording of a sensor on the back.
            settings: Some or all parameters by name; None: defaults.
            neutral: The upright pose as `analyze` takes it; None: it is looked for.
            speed: Recorded seconds a second; None: as fast as they are taken.
            clock: What waits; None: real time.

        Raises:
            InputError: A speed that is none; when opened, settings or a pose that cannot be used.
        """
        super().__init__(
            recording.name, lambda: stream_of(recording, settings, neutral), speed, clock
        )
