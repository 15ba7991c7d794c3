"""A device for its user: what it can be asked and told to do, by name."""

from collections.abc import Mapping

from posturecore import frames, params, patterns
from trunkline.answers import Answer, neutral_index
from trunkline.contact import Contact
from trunkline.errors import InputError
from trunkline.events import Calibration, Status


class Session(Contact):
    """A conversation with one device; an async context manager.

    Faults in what the device sends are counted and told to the listeners, never raised. A listener
    that raises is not called again, nor is a capture that fails written to; the others go on, and
    the first such error comes out of `wait_lost`, `wait_over` or of leaving the session.

    With `reconnect` a lost link is brought back, to the same device only, and what was streamed
    goes on; the listeners are told with `LinkLost` and `LinkBack`, the gap in samples. A command
    under way at the loss fails, as does each one until the link is back: none is sent twice.

    Attributes:
        info: The device's introduction, once open.
        settings: The prescription in force on the device.
        counts: Good frames under "good" and each kind of fault under its name.
        is_lost: Whether the link is away.
        capture: Where all that comes is written; may be changed at any time. None: nowhere.
        listeners: Called with every event.
        log_listeners: Called with the bytes of stored frames, and of the log_from before them.
    """

    async def status(self) -> Status:
        """Ask for the device's health."""
        return await self.ask(Status, frames.REQUEST, (frames.STATUS,))

    async def set_stream(
        self, *, samples: bool = False, blocks: bool = False, decisions: bool = False
    ) -> None:
        """Choose what the device streams; episodes and cues always come."""
        mask = (
            samples * frames.STREAM_SAMPLES
            | blocks * frames.STREAM_BLOCKS
            | decisions * frames.STREAM_DECISIONS
        )
        await self.command(frames.STREAM, (mask,))
        self._mask = mask

    async def flush(self) -> None:
        """Have the device send what it still holds of the stream."""
        await self.command(frames.REQUEST, (frames.DECISIONS,))

    async def change_settings(self, changes: Mapping[str, int]) -> None:
        """Change part of the prescription; it holds from the device's next block.

        Raises:
            InputError: A setting that does not exist or does not fit.
        """
        for name, value in changes.items():
            if fault := params.problem(name, value):
                raise InputError(
                    found=fault.removeprefix("Found ").rstrip("."),
                    expected="a setting within its range",
                    hint="`trunkline settings` lists them all",
                )
        items = tuple((params.NAMES.index(name), value) for name, value in changes.items())
        await self.command(frames.SETTINGS, (0, 0), items)

    async def set_neutral(
        self,
        up: tuple[int, int, int],
        neutral: str = "stand",
        ahead: tuple[int, int, int] = (0, 0, 0),
    ) -> None:
        """Give the device a neutral pose as gravity counts; `ahead` of zeros keeps forward.

        Raises:
            InputError: No such kind of pose, or a vector that the device cannot use.
        """
        await self.command(frames.NEUTRAL, (neutral_index(neutral), *up, *ahead))

    async def start_calibration(self, neutral: str = "stand", *, with_bow: bool = False) -> Answer:
        """Have the wearer's pose taken as neutral; the result comes when the device has it.

        With a bow, in any mounting: stand still, and at the pulse bow forward and hold it.

        Raises:
            InputError: No such kind of pose, or the device is busy calibrating.
        """
        values = (neutral_index(neutral), int(with_bow))
        return await self._current().begin(Calibration, frames.CALIBRATE, values)

    async def vibrate(self, pattern: str = "identify") -> None:
        """Play a vibration pattern on the device.

        Raises:
            InputError: An unknown pattern, or the motor's limits refuse it now.
        """
        if pattern not in patterns.PATTERN_NAMES[1:]:
            raise InputError(
                found=f"the pattern {pattern!r}",
                expected="one of " + ", ".join(patterns.PATTERN_NAMES[1:]),
                hint="identify is easy to feel",
            )
        await self.command(frames.HAPTIC, (patterns.PATTERN_NAMES.index(pattern),))

    async def set_time(
        self, utc_ms: int, uncertainty_ms: int = 50, utc_offset_min: int = 0
    ) -> None:
        """Tell the device what time it is.

        Args:
            utc_ms: Since 1970.
            uncertainty_ms: How far off that may be.
            utc_offset_min: How far the wearer's clock is ahead, for quiet hours.
        """
        values = (0, 0, *divmod(utc_ms, 1000), uncertainty_ms, utc_offset_min)
        await self.command(frames.TIME_ANCHOR, values)
