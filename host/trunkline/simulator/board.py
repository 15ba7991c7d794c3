"""The virtual board: the firmware's own files on the MicroPython VM, in virtual time."""

import asyncio
import os
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from trunkline.errors import SimulatorError
from trunkline.simulator.air import VirtualAir
from trunkline.simulator.firmware_radio import FirmwareRadio
from trunkline.simulator.wire import BoardLine, Kind

_START_TIMEOUT_S = 20
_QUIT_TIMEOUT_S = 2
_DRAIN_TIMEOUT_S = 1
_LINES_IN_ERROR = 20
# The package's own command drops the VM's exit code.
_RUN_VM = "import sys, micropython_unix as vm; sys.exit(vm.main())"
FAULTS = ("nak", "brown_out", "battery_mv", "usb")


def firmware_path() -> Path:
    """Give the folder with main.py, boards/ and lib/.

    Raises:
        SimulatorError: Neither the installed package nor the repository has it.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "_firmware", package.parents[1] / "firmware"):
        if (folder / "boards" / "sim" / "board.py").is_file():
            return folder
    raise SimulatorError(
        f"Found no firmware beside {package}; expected {package / '_firmware'}; "
        "try installing trunkline from a wheel or running from its repository."
    )


@dataclass(frozen=True)
class MotorChange:
    """One change of the motor's drive."""

    time_ms: int
    """Virtual time."""
    duty_u16: int
    """0 is off, 65535 is fully on."""


@dataclass(frozen=True)
class Note:
    """A change on the board that costs energy.

    Attributes:
        time_ms: Virtual time.
        name: "state", "radio", "slept_ms" (a light sleep that ends here) or "off".
        value: As the name says.
    """

    time_ms: int
    name: str
    value: int


class VirtualBoard:
    """A board on the virtual air; an async context manager.

    Attributes:
        motor_log: Every change of the motor.
        notes: Every change of what else costs energy.
        printed: Lines the firmware printed.
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
    ) -> None:
        """Prepare a board; entering it starts the VM.

        Args:
            air: Where its radio is.
            tape: Motion to play, from `write_tape`. None: upright and still.
            root: Folder of its file system: settings and bonds.
            firmware: Script to run. None: the product's main.py.
            env: Further environment variables of the VM. TRUNKLINE_SIM_INTERNAL_FREQ is the
                IMU's trim (steps of 0.13 %), TRUNKLINE_SIM_TICKS_START_MS where its clock starts.
        """
        self.motor_log: list[MotorChange] = []
        self.notes: list[Note] = []
        self.printed: list[str] = []
        self.time_ms = 0
        self.address = air.address_for(str(Path(root).resolve()))
        self._folder = firmware_path()
        self._script = Path(firmware) if firmware else self._folder / "main.py"
        self._line = BoardLine(self._on_message, self._on_lost)
        self.radio = FirmwareRadio(air, self._line, self.address)
        self._env = {
            **os.environ,
            "TRUNKLINE_SIM_TAPE": str(Path(tape).resolve()) if tape else "",
            "TRUNKLINE_SIM_ROOT": str(Path(root).resolve()),
            "TRUNKLINE_SIM_ADDRESS": self.address,
            **(env or {}),
        }
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._reached: asyncio.Future[int] | None = None

    async def __aenter__(self) -> Self:
        """Start the VM and let the firmware run to its first Board.wait()."""
        loop = asyncio.get_running_loop()
        self._reached = loop.create_future()
        server = await loop.create_server(lambda: self._line, "127.0.0.1", 0)
        try:
            await self._spawn(server.sockets[0].getsockname()[1])
            await self._until_reached(_START_TIMEOUT_S)
        except BaseException:
            await self.close()
            raise
        finally:
            server.close()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the VM and take its radio off the air."""
        await self.close()

    async def _spawn(self, port: int) -> None:
        folders = [self._folder / "boards" / "sim", self._folder, self._folder / "lib"]
        path = ":".join([*map(str, folders), ".frozen"])
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            _RUN_VM,
            str(self._script),
            env={**self._env, "TRUNKLINE_SIM_PORT": str(port), "MICROPYPATH": path},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            # Ctrl-C is for the host; the VM ends when its line closes.
            start_new_session=True,
        )
        self._reader = asyncio.get_running_loop().create_task(self._read_lines())

    async def _read_lines(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.printed.append(line.decode(errors="replace").rstrip("\n"))
        await self._process.wait()
        await self.radio.switch_off()
        if self._reached is not None and not self._reached.done():
            self._reached.set_exception(self._death())

    def _death(self) -> SimulatorError:
        code = self._process.returncode if self._process else None
        last = "\n".join(self.printed[-_LINES_IN_ERROR:]) or "(it printed nothing)"
        return SimulatorError(
            f"Found the virtual board's VM ended (exit code {code}); expected it to run; "
            f"try reading what it printed last:\n{last}"
        )

    async def _until_reached(self, timeout_s: float | None) -> int:
        assert self._reached is not None
        try:
            return await asyncio.wait_for(self._reached, timeout_s)
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
            self.time_ms = struct.unpack("<I", body)[0]
            if self._reached is not None and not self._reached.done():
                self._reached.set_result(self.time_ms)
        else:
            self.radio.on_message(kind, body)

    def _on_lost(self) -> None:
        self._line.close()

    # What the board is told

    def _alive(self) -> None:
        if self._process is None or self._process.returncode is not None:
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
        self._reached = asyncio.get_running_loop().create_future()
        self._line.send(Kind.PLAY, struct.pack("<I", until_ms))
        reached_ms = await self._until_reached(None)
        await self.radio.drain(_DRAIN_TIMEOUT_S)
        return reached_ms

    async def press(self, duration_ms: int) -> None:
        """Hold the button from now for `duration_ms` of virtual time."""
        self._alive()
        self._line.send(Kind.PRESS, struct.pack("<I", duration_ms))

    async def inject(self, fault: str, value: int = 0) -> None:
        """Break something.

        Args:
            fault: "nak" fails the next `value` I2C transfers; "brown_out" resets the IMU, which
                then ignores `value` writes; "battery_mv" sets the battery's voltage; "usb" puts
                the cable in (1) or out (0).
            value: As said there.

        Raises:
            SimulatorError: There is no such fault, or the VM ended.
        """
        if fault not in FAULTS:
            raise SimulatorError(f"Found fault {fault!r}; expected one of {FAULTS}.")
        self._alive()
        self._line.send(Kind.FAULT, struct.pack("<i", value) + fault.encode())

    async def kill(self) -> None:
        """Pull the battery: the VM ends at once, peers see a lost link."""
        process = self._process
        if process is not None and process.returncode is None:
            process.kill()
        await self._finish()

    async def close(self) -> None:
        """End the VM and take its radio off the air, with nothing half done; cf. `kill`."""
        if self._process is not None and self._process.returncode is None:
            await self.radio.settle(_QUIT_TIMEOUT_S)
            self._line.close()  # the VM ends by itself on this
            try:
                await asyncio.wait_for(self._process.wait(), _QUIT_TIMEOUT_S)
            except TimeoutError:
                self._process.kill()
        await self._finish()

    async def _finish(self) -> None:
        if self._reader is not None:
            await self._reader
            self._reader = None
        if self._reached is not None and self._reached.done() and not self._reached.cancelled():
            self._reached.exception()  # looked at, so that asyncio does not complain
        self._line.close()
        await self.radio.close()
