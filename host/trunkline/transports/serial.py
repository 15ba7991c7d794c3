"""A USB cable, or any serial port that pyserial opens, over TCP too.

The cable is the key to the house: whoever holds it is not asked for a passkey.
"""

import asyncio
import contextlib
import errno
import threading
from collections.abc import Callable

import serial

from posturecore import flash, frames, wire
from trunkline.errors import LinkError
from trunkline.transports.base import Transport, ignore
from trunkline.transports.strands import Strands

_BAUD = 115200  # USB ignores it
_READ_S = 0.25  # how soon the reader sees that it should end
_READ_BYTES = 4096
_CUT_READS = 2  # in vain: a frame that does not go on for 0.5 s is none, as in usb.py
_WRITE_S = 2.0
_BEAT_S = 1.0  # the device takes a host that is silent for 3 s for gone
_REASONS = {
    errno.ENOENT: "found no such port; expected a device; "
    "try plugging it in and `python -m serial.tools.list_ports` for its name",
    errno.EACCES: "found no permission; expected read and write; "
    "try `sudo usermod -aG dialout $USER` and log in again",
    errno.EBUSY: "found it in use; expected it free; try closing mpremote or other monitors",
    errno.ECONNREFUSED: "found nobody listening; expected a serial server; try its address again",
}
_REASONS[errno.EAGAIN] = _REASONS[errno.EBUSY]  # the lock is another program's


class SerialTransport(Transport):
    """One device on a cable.

    Attributes:
        name: The port as given.
        noise_bytes: Bytes between frames: what a REPL printed, or damage.
    """

    def __init__(self, port: str) -> None:
        """Prepare the port.

        Args:
            port: "/dev/ttyACM0", "COM4", or a URL of pyserial's, "socket://host:port".
        """
        self.name = port
        self.takes_commands = True
        self.is_over = False
        self._port: serial.SerialBase | None = None
        self._strands = Strands()
        self._is_closing = threading.Event()
        self._reader: threading.Thread | None = None
        self._beat: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()

    @property
    def noise_bytes(self) -> int:
        """Bytes between frames so far."""
        return self._strands.noise_bytes

    async def open(
        self,
        on_data: Callable[[bytes], None],
        on_lost: Callable[[], None],
        on_log: Callable[[bytes], None] = ignore,
    ) -> None:
        """Open the port and say that a host is there."""
        await self.close()
        try:
            port = await self._opened()
        except (OSError, ValueError) as error:  # SerialException is an OSError
            raise LinkError(f"Could not open {self.name}: {_reason(error)}.") from error
        loop = asyncio.get_running_loop()
        self._port, self._strands = port, Strands()
        self._is_closing.clear()

        def received(data: bytes) -> None:
            came = self._strands.feed(data) if data else self._strands.cut()
            for is_log, frame in came:
                (on_log if is_log else on_data)(frame)

        def lost() -> None:
            if not self._is_closing.is_set():
                self._is_closing.set()
                on_lost()

        self._reader = threading.Thread(
            target=self._read, args=(port, loop, received, lost), daemon=True
        )
        self._reader.start()
        try:
            await self._say(frames.ALIVE_COMES)
        except BaseException:
            await self.close()
            raise
        self._beat = asyncio.create_task(self._beat_on())

    async def write(self, frame: bytes) -> None:
        """Send one frame."""
        if self._port is None or self._is_closing.is_set():
            raise LinkError(f"{self.name} is not open; connect again.")
        if frame[1] == flash.LOG_READ:
            self._strands.expect_log()
        try:
            async with self._writing:
                await asyncio.to_thread(self._port.write, frame)
        except OSError as error:
            raise LinkError(
                f"{self.name} did not take a command: {error}; check the cable and connect again."
            ) from error

    async def close(self) -> None:
        """Say goodbye and close the port."""
        beat, self._beat = self._beat, None
        if beat is not None:
            beat.cancel()
            await asyncio.gather(beat, return_exceptions=True)
        with contextlib.suppress(LinkError):
            await self._say(frames.ALIVE_LEAVES)
        self._is_closing.set()
        reader, self._reader = self._reader, None
        if reader is not None:
            await asyncio.to_thread(reader.join)
        port, self._port = self._port, None
        if port is not None:
            await asyncio.to_thread(port.close)  # over TCP it takes a moment

    async def _opened(self) -> serial.SerialBase:
        opening = asyncio.create_task(asyncio.to_thread(self._open))
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:  # the thread goes on: what it opens, nobody would close
            opening.add_done_callback(_close_unwanted)
            raise

    def _open(self) -> serial.SerialBase:
        options = {} if "://" in self.name else {"exclusive": True}
        return serial.serial_for_url(
            self.name, baudrate=_BAUD, timeout=_READ_S, write_timeout=_WRITE_S, **options
        )

    def _read(
        self,
        port: serial.SerialBase,
        loop: asyncio.AbstractEventLoop,
        received: Callable[[bytes], None],
        lost: Callable[[], None],
    ) -> None:
        in_vain = 0
        try:
            while not self._is_closing.is_set():
                data = self._come(port)
                in_vain = 0 if data else in_vain + 1
                if data or in_vain == _CUT_READS:
                    loop.call_soon_threadsafe(received, data)
        except OSError:  # unplugged
            loop.call_soon_threadsafe(lost)

    def _come(self, port: serial.SerialBase) -> bytes:
        """Wait a little for something, and give all that is there; b"": nothing came."""
        data: bytes = port.read(port.in_waiting or 1)
        if data and self.name.lower().startswith("socket:"):  # its in_waiting is never above 1
            port.timeout = 0
            data += port.read(_READ_BYTES)
            port.timeout = _READ_S
        return data

    async def _say(self, state: int) -> None:
        await self.write(wire.pack_frame(frames.ALIVE, 0, (state,)))

    async def _beat_on(self) -> None:
        with contextlib.suppress(LinkError):  # the reader tells of the loss
            while True:
                await asyncio.sleep(_BEAT_S)
                await self._say(frames.ALIVE_STAYS)


def _close_unwanted(opening: asyncio.Task[serial.SerialBase]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()


def _reason(error: Exception) -> str:
    number = getattr(error, "errno", None)
    for code, reason in _REASONS.items():
        # pyserial keeps the number of some errors only in the text.
        if number == code or f"[Errno {code}]" in str(error):
            return reason
    return f"{error}; expected a serial port; try another port or cable"
