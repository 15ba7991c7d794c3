"""What every transport does."""

from collections.abc import Callable
from typing import Protocol


class Transport(Protocol):
    """Carries bytes to a device and back.

    Attributes:
        name: Which device, for messages.
        takes_commands: Whether `write` can succeed.
    """

    name: str
    takes_commands: bool

    async def open(self, on_data: Callable[[bytes], None], on_lost: Callable[[], None]) -> None:
        """Connect; from now on bytes go to `on_data`, and `on_lost` is called once at a loss.

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
