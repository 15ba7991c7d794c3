"""What comes from a device: what is known by it, where it is recorded, and who is told."""

from collections import Counter

from posturecore import params
from trunkline.captures.capture import Sink
from trunkline.device.link import Ears
from trunkline.device.listeners import Listeners
from trunkline.device.resume import Gap
from trunkline.device.streams import Streams
from trunkline.errors import TrunklineError
from trunkline.protocol.events import Event, Hello, SettingsFrame


class Hearing:
    """The receiving half of a session; what its attributes mean, `Session` says."""

    def __init__(self, capture: Sink | None, is_file: bool) -> None:
        self.settings: dict[str, int] = {}
        self.counts: Counter[str] = Counter()
        self.capture = capture
        self.listeners: Listeners[Event] = Listeners()
        self.log_listeners: Listeners[bytes] = Listeners()
        self._info: Hello | None = None
        self._failure: Exception | None = None  # a listener's
        self._gap = Gap(self._tell)
        self._streams = Streams(is_file)

    def _ears(self) -> Ears:
        return Ears(self._on_data, self._on_event, self._on_log, self._on_lost)

    def _on_data(self, data: bytes) -> None:
        if self.capture is not None:
            try:
                self.capture.write(data)
            except TrunklineError as error:
                self.capture = None
                self._fail(error)

    def _on_event(self, event: Event) -> None:
        self._gap.before(event)
        if isinstance(event, SettingsFrame):
            for row, value in event.items:
                if row < len(params.NAMES):
                    self.settings[params.NAMES[row]] = value
        elif isinstance(event, Hello):
            self._info = event
        self._tell(event)

    def _tell(self, event: Event) -> None:
        self.listeners.tell(event, self._fail)
        self._streams.put(event)

    def _on_log(self, data: bytes) -> None:
        self.log_listeners.tell(data, self._fail)

    def _on_lost(self) -> None:
        self._gap.lost()

    def _fail(self, error: Exception) -> None:
        self._failure = self._failure or error
