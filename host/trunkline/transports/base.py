"""What every transport does."""

from collections.abc import Awaitable, Callable
from typing import Protocol


def ignore(_: bytes) -> None:
    """Take stored frames for a caller that has not asked for any."""


class Transport(Protocol):
    """Carries bytes to a device and back.

    Attributes:
        name: Which device, for messages.
        takes_commands: Whether `write` can succeed.
        is_over: Whether nothing can ever come again: a file was read, a simulation has ended.
    """

    name: str
    takes_commands: bool
    is_over: bool

    @property
    def rssi_dbm(self) -> int | None:
        """Signal strength of the device when it was last found; None: not known.

        About -50 beside the computer, -90 at the edge. bleak tells none while connected.
        """
        return None

    def wait_for(self, room: Callable[[], Awaitable[None]]) -> bool:
        """Hand over no more than there is room for; return whether that can be: no device waits.

        Args:
            room: Waits until who listens has room for more.
        """
        return False

    async def open(
        self,
        on_data: Callable[[bytes], None],
        on_lost: Callable[[], None],
        on_log: Callable[[bytes], None] = ignore,
    ) -> None:
        """Connect; from now on bytes go to `on_data`, and `on_lost` is called once at a loss.

        After a loss it may be opened again; what is left of the last time is closed first.

        Stored frames and the `log_from` before them go to `on_log`: they are numbered for
        themselves.

        Raises:
            LinkError: The device cannot be reached or refused; the message says what to try.
        """

    async def write(self, frame: bytes) -> None:
        """Send one whole frame.

        Raises:
            LinkError: The device is gone.
        """

    async def close(self) -> None:
        """Disconnect; safe to call at any time."""
