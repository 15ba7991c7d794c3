"""The virtual board: the firmware's own files on the MicroPython VM, in virtual time."""

import asyncio
import struct
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from trunkline.errors import SimulatorError
from trunkline.simulator.air import VirtualAir
from trunkline.simulator.cable import Cable
from trunkline.simulator.changes import MotorChange, Note
from trunkline.simulator.firmware_radio import FirmwareRadio
from trunkline.simulator.vm import RtcMemory, VmProcess
from trunkline.simulator.wire import BoardLine, Kind
from trunkline.sources import firmware_path

_START_TIMEOUT_S = 20
_QUIT_TIMEOUT_S = 2
_DRAIN_TIMEOUT_S = 1
_LINES_IN_ERROR = 20
_OF_THE_SENSOR = ("nak", "stuck_bus", "missing", "wrong_chip", "brown_out", "overrun", "self_test")
FAULTS = (*_OF_THE_SENSOR, "battery_mv", "usb", "hang", "crash")
CAUSES = ("switched on", "reset", "watchdog")


class VirtualBoard:
    """A board on the virtual air; an async context manager.

    Attributes:
        air: Where its radio is.
        motor_log: Every change of the motor.
        notes: Every change of what else costs energy.
        printed: Lines the firmware printed.
        restarts: (virtual time in ms, cause) of every start but the first; causes as in CAUSES.
        time_ms: Virtual time the board has reached, as it last said.
        address: Bluetooth address, the same for the same `root` on one air.
        radio: Its radio, with the counts `sent` and `refused`.
    """

    def __init__(
        self,
        air: VirtualAir,
        tape: str | Path | None = None,
        root: str | Path = ".",
        firmware: str | Path | None = None,
        env: Mapping[str, str] | None = None,
        heap_bytes: int | None = None,
    ) -> None:
        """Prepare a board; entering it starts the VM.

        Args:
            air: Where its radio is.
            tape: Motion to play, from `write_tape`. None: upright and still.
            root: Folder of its file system: settings and bonds.
            firmware: Script to run. None: the product's main.py, from the sources. With the
                main.py of a folder that `firmware/compile.py` laid out, and that folder as
                `root`, the board runs what is installed there, as a real one does.
            env: Further environment variables of the VM. TRUNKLINE_SIM_IMU is the sensor,
                lsm6dsv16x or mpu6050; TRUNKLINE_SIM_INTERNAL_FREQ its trim (steps of 0.13 %),
                TRUNKLINE_SIM_CLOCK_PPM what its clock is off beside, TRUNKLINE_SIM_SETTLE_MS how
                long its gravity is wrong after a start; TRUNKLINE_SIM_TICKS_START_MS is where the
                board's clock starts; TRUNKLINE_SIM_VM is another MicroPython to run it on.
            heap_bytes: Memory for the firmware and the virtual board together; on the packaged
                VM objects are twice as large as a board's. None: more than it ever needs.
        """
        self.air = air
        self.motor_log: list[MotorChange] = []
        self.notes: list[Note] = []
        self.restarts: list[tuple[int, str]] = []
        self.time_ms = 0
        self.address = air.address_for(str(Path(root).resolve()))
        source = firmware_path()
        script = Path(firmware) if firmware else source / "main.py"
        path = [source / "boards" / "sim", source, source / "lib"]
        if script.parent == Path(root):  # installed: nothing else may be found
            path = [script.parent, path[0]]
        self._line = BoardLine(self._on_message, self._on_lost)
        self.radio = FirmwareRadio(air, self._line, self.address)
        self._cable = Cable(self._line)
        # Gone with the object: so is the chip.
        self._rtc_folder = tempfile.TemporaryDirectory(prefix="trunkline-rtc-")
        self._rtc = RtcMemory(self._rtc_folder.name)
        self._env = {
            "TRUNKLINE_SIM_TAPE": str(Path(tape).resolve()) if tape else "",
            "TRUNKLINE_SIM_ROOT": str(Path(root).resolve()),
            "TRUNKLINE_SIM_ADDRESS": self.address,
            "TRUNKLINE_SIM_RTC": str(self._rtc.path),
            **(env or {}),
        }
        self._vm = VmProcess(script, path, self._env, self._on_end, heap_bytes)
        self.printed = self._vm.printed
        self._server: asyncio.Server | None = None
        self._restarting: asyncio.Task[None] | None = None
        self._until_ms = 0
        self._reached: asyncio.Future[int] | None = None

    @property
    def usb_port(self) -> str:
        """The serial port of its USB cable, once started."""
        return self._cable.port

    async def __aenter__(self) -> Self:
        """Start the VM and let the firmware run to its first Board.wait()."""
        self._reached = asyncio.get_running_loop().create_future()
        self._cable.plug_in()
        try:
            await self._start(0)
            await self._until_reached(_START_TIMEOUT_S)
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the VM and take its radio off the air."""
        await self.close()

    async def _start(self, cause: int) -> None:
        self._close_server()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: self._line, "127.0.0.1", 0)
        env = {
            "TRUNKLINE_SIM_PORT": str(self._server.sockets[0].getsockname()[1]),
            "TRUNKLINE_SIM_CAUSE": str(cause),
            "TRUNKLINE_SIM_START_MS": str(self.time_ms),
        }
        await self._vm.start(env)

    def _close_server(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _restart(self, cause: int) -> None:
        await self._vm.kill()
        self._line.close()
        if self.motor_log and self.motor_log[-1].duty_u16:  # the pull-down keeps it off
            self.motor_log.append(MotorChange(self.time_ms, 0))
        self.restarts.append((self.time_ms, CAUSES[cause]))
        await self._start(cause)
        self._restarting = None

    def _begin_restart(self, cause: int) -> asyncio.Task[None]:
        self._restarting = asyncio.get_running_loop().create_task(self._restart(cause))
        return self._restarting

    async def _on_end(self) -> None:
        await self.radio.switch_off()
        is_waited_for = self._reached is not None and not self._reached.done()
        if self._reached is not None and is_waited_for and self._restarting is None:
            self._reached.set_exception(self._death())

    def _death(self) -> SimulatorError:
        last = "\n".join(self.printed[-_LINES_IN_ERROR:]) or "(it printed nothing)"
        return SimulatorError(
            f"Found the virtual board's VM ended (exit code {self._vm.exit_code}); expected it to "
            f"run; try reading what it printed last:\n{last}"
        )

    async def _until_reached(self, timeout_s: float | None) -> int:
        assert self._reached is not None
        try:
            async with asyncio.timeout(timeout_s):
                return await self._reached
        except TimeoutError:
            raise SimulatorError(
                f"Found no call of Board.wait() within {timeout_s} s; expected the firmware's "
                "main loop to call it; try reading what it printed: "
                + "\n".join(self.printed[-_LINES_IN_ERROR:])
            ) from None

    # What the board says

    def _on_message(self, kind: int, body: bytes) -> None:
        if kind == Kind.MOTOR:
            self.motor_log.append(MotorChange(*struct.unpack("<IH", body)))
        elif kind == Kind.NOTE:
            time_ms, value = struct.unpack_from("<II", body)
            self.notes.append(Note(time_ms, body[8:].decode(), value))
        elif kind == Kind.REACHED:
            self._on_reached(struct.unpack("<I", body)[0])
        elif kind == Kind.RESTART:
            self.time_ms, cause = struct.unpack("<IB", body)
            self._begin_restart(cause)
        elif kind == Kind.USB:
            self._cable.send(body)
        else:
            self.radio.on_message(kind, body)

    def _on_reached(self, time_ms: int) -> None:
        self.time_ms = time_ms
        self._close_server()
        if time_ms < self._until_ms:  # it has restarted on the way
            self._line.send(Kind.PLAY, struct.pack("<I", self._until_ms))
        elif self._reached is not None and not self._reached.done():
            self._reached.set_result(time_ms)

    def _on_lost(self) -> None:
        self._line.close()

    # What the board is told

    def _alive(self) -> None:
        if not self._vm.is_running and self._restarting is None:
            raise self._death()

    async def play(self, until_ms: int) -> int:
        """Let virtual time run to `until_ms` and freeze it there.

        Returns:
            The virtual time reached, in ms. Notifications sent until then have been delivered,
            unless the link cannot carry them.

        Raises:
            SimulatorError: The VM ended; the message carries what it printed last.
        """
        self._alive()
        self._until_ms = until_ms
        self._reached = asyncio.get_running_loop().create_future()
        self._line.send(Kind.PLAY, struct.pack("<I", until_ms))
        reached_ms = await self._until_reached(None)
        await self.radio.drain(_DRAIN_TIMEOUT_S)
        await self._cable.drain(_DRAIN_TIMEOUT_S)
        return reached_ms

    async def press(self, duration_ms: int) -> None:
        """Hold the button from now for `duration_ms` of virtual time."""
        self._alive()
        self._line.send(Kind.PRESS, struct.pack("<I", duration_ms))

    async def inject(self, fault: str, value: int = 0) -> None:
        """Break something.

        Args:
            fault: "nak" fails the next `value` I2C transfers; "stuck_bus" holds the data line
                until `value` clocks have come; "missing" takes the sensor off the bus (0 puts it
                back); "wrong_chip" gives it the identity `value` (0: its own); "brown_out" resets
                it, and it then ignores `value` writes; "overrun" lets `value` ms pass in which the
                firmware does nothing; "self_test" makes the axes in the bits of `value` fail it;
                "battery_mv" sets the battery's voltage; "usb" puts the cable in (1) or out (0);
                "hang" lets the next I2C transfer never return; "crash" lets every one raise what
                no firmware expects. A reset mends both.
            value: As said there.

        Raises:
            SimulatorError: There is no such fault, or the VM ended.
        """
        if fault not in FAULTS:
            raise SimulatorError(f"Found fault {fault!r}; expected one of {FAULTS}.")
        self._alive()
        self._line.send(Kind.FAULT, struct.pack("<i", value) + fault.encode())

    async def reset(self) -> None:
        """Press the board's reset: it starts anew, with what is in flash and RTC memory."""
        self._alive()
        await self._begin_restart(CAUSES.index("reset"))

    async def cut_power(self, off_ms: int = 0) -> None:
        """Pull the battery and put it back `off_ms` later: RTC memory is lost."""
        self._alive()
        self._rtc.lose()
        self.time_ms += off_ms
        await self._begin_restart(CAUSES.index("switched on"))

    async def kill(self) -> None:
        """Pull the battery: the VM ends at once, peers see a lost link."""
        await self._vm.kill()
        await self._finish()

    async def close(self) -> None:
        """End the VM and take its radio off the air, with nothing half done; cf. `kill`."""
        if self._restarting is not None:
            await self._restarting
        if self._vm.is_running:
            await self.radio.settle(_QUIT_TIMEOUT_S)
            self._line.close()  # the VM ends by itself on this
        await self._vm.ended(_QUIT_TIMEOUT_S)
        await self._finish()

    async def _finish(self) -> None:
        await self._vm.join()
        self._close_server()
        if self._reached is not None and self._reached.done() and not self._reached.cancelled():
            self._reached.exception()  # looked at, so that asyncio does not complain
        self._line.close()
        self._cable.unplug()
        await self.radio.close()
        self._rtc_folder.cleanup()
