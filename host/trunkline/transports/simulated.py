"""The virtual board, reached as a real one is: over BLE, through bleak's public API.

Nothing here knows posture. The firmware runs on the MicroPython VM, its radio is virtual, its time
too: `play` moves it, or `speed` lets it run beside real time.
"""

import asyncio
import json
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

from trunkline.errors import LinkError, TrunklineError
from trunkline.simulator import VirtualAir, VirtualBoard
from trunkline.transports.base import Transport, ignore
from trunkline.transports.ble import BleTransport

_TICK_S = 0.1
_PASSKEY = 246801  # what `set at flashing` is on a virtual board


class SimulatedTransport(Transport):
    """A virtual board playing a tape of motion.

    Attributes:
        name: "sim".
    """

    def __init__(
        self,
        tape: Path | None,
        *,
        root: Path | None = None,
        air: VirtualAir | None = None,
        speed: float | None = None,
        duration_s: float = 0.0,
    ) -> None:
        """Prepare the board.

        Args:
            tape: Motion, from `trunkline.simulator.write_tape`. None: a simulated wearer at a desk
                for `duration_s`.
            root: The board's flash: settings and bonds survive in it. None: a new one.
            air: Where its radio is, to meet a host that it has bonded with. None: new air.
            speed: Virtual seconds a second, from the first command on. None: `play` moves time.
            duration_s: Virtual time after which a board with a speed is switched off.
        """
        self.name = "sim"
        self.takes_commands = True
        self.is_over = False
        self._tape = tape
        self._root = root
        self._air = air
        self._speed = speed
        self._duration_ms = round(duration_s * 1000)
        self._stack = AsyncExitStack()
        self._ble: BleTransport | None = None
        self._board: VirtualBoard | None = None
        self._clock: asyncio.Task[None] | None = None
        self._on_lost: Callable[[], None] = lambda: None

    @property
    def board(self) -> VirtualBoard:
        """The board, once open.

        Raises:
            LinkError: Not open yet.
        """
        if self._board is None:
            raise LinkError("The virtual board is not open; use it inside `async with Session`.")
        return self._board

    @property
    def mtu(self) -> int:
        """Bytes a notification can carry plus 3."""
        return self._ble.mtu if self._ble else 23

    @property
    def rssi_dbm(self) -> int | None:
        """Signal strength on the virtual air when the board was last found."""
        return self._ble.rssi_dbm if self._ble else None

    async def open(
        self,
        on_data: Callable[[bytes], None],
        on_lost: Callable[[], None],
        on_log: Callable[[bytes], None] = ignore,
    ) -> None:
        """Switch the board on, scan, connect, pair with its passkey and subscribe.

        Again after a lost link: the board has lived on, and so has its time.
        """
        self._on_lost = on_lost
        if self._ble is None:
            await self._switch_on()
        await self._link.open(on_data, on_lost, on_log)

    async def _switch_on(self) -> None:
        stack = self._stack = AsyncExitStack()
        root = self._root or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        passkey_file = root / "passkey.json"
        if not passkey_file.exists():
            passkey_file.write_text(json.dumps(_PASSKEY))
        tape = self._tape or await asyncio.to_thread(self._write_desk, root)
        air = self._air
        if air is None:
            air = await stack.enter_async_context(VirtualAir())
        board = VirtualBoard(air, tape=tape, root=root)
        self._board = await stack.enter_async_context(board)
        stack.enter_context(air.as_adapter(passkey=lambda: json.loads(passkey_file.read_text())))
        self._ble = BleTransport(board.address)
        stack.push_async_callback(self._ble.close)

    @property
    def _link(self) -> BleTransport:
        if self._ble is None:
            raise LinkError("The virtual board is not open; use it inside `async with Session`.")
        return self._ble

    async def write(self, frame: bytes) -> None:
        """Send a frame; the first one starts the clock of a board that has a speed."""
        await self._link.write(frame)
        if self._speed is not None and self._clock is None:
            self._clock = asyncio.create_task(self._run(self._speed))

    async def close(self) -> None:
        """Switch the board off and clear the air."""
        if self._clock is not None:
            self._clock.cancel()
            await asyncio.gather(self._clock, return_exceptions=True)
            self._clock = None
        await self._stack.aclose()
        self._ble = None

    def _write_desk(self, folder: Path) -> Path:
        from trunkline.simulator.desk import write_desk_tape

        return write_desk_tape(folder / "desk.tape", self._duration_ms / 1000)

    async def _run(self, speed: float) -> None:
        loop = asyncio.get_running_loop()
        start_s = loop.time()
        until_ms = 0
        try:
            while until_ms < self._duration_ms:
                await asyncio.sleep(_TICK_S)
                until_ms = min(round((loop.time() - start_s) * speed * 1000), self._duration_ms)
                await self.board.play(until_ms)
        except TrunklineError:
            pass  # the board is gone: the same as running out
        self.is_over = True
        self._on_lost()
