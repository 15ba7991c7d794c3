"""One run of the MicroPython VM: its process and what it prints."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

# The package's own command drops the VM's exit code.
_RUN = "import sys, micropython_unix as vm; sys.exit(vm.main())"
_RTC = "rtc"


def vm_command(env: Mapping[str, str]) -> list[str]:
    """Return the command of the VM: the package's, or the program TRUNKLINE_SIM_VM names."""
    other = env.get("TRUNKLINE_SIM_VM")
    return [other] if other else [sys.executable, "-c", _RUN]


class VmProcess:
    """A VM that may be started again and again, one run at a time.

    Attributes:
        printed: Lines of all its runs.
    """

    def __init__(
        self,
        script: Path,
        path: list[Path],
        env: Mapping[str, str],
        on_end: Callable[[], Awaitable[None]],
        heap_bytes: int | None = None,
    ) -> None:
        """Prepare a VM.

        Args:
            script: What it runs.
            path: Where it imports from.
            env: Its environment, beside this process's.
            on_end: Called when a run has ended, however.
            heap_bytes: Size of its heap; None: the VM's own default, some MB.
        """
        self.printed: list[str] = []
        self._script = script
        self._env = {
            **os.environ,
            "MICROPYPATH": ":".join([*map(str, path), ".frozen"]),
            **env,
        }
        self._on_end = on_end
        self._options = [] if heap_bytes is None else ["-X", f"heapsize={heap_bytes}"]
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None

    @property
    def exit_code(self) -> int | None:
        """How the last run ended; None while it runs."""
        return self._process.returncode if self._process else None

    @property
    def is_running(self) -> bool:
        """Whether a run has begun and not ended."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        """The number of the last run's process."""
        return self._process.pid if self._process else None

    async def start(self, env: Mapping[str, str]) -> None:
        """Begin a run, with more environment."""
        self._process = await asyncio.create_subprocess_exec(
            *vm_command(self._env),
            *self._options,
            str(self._script),
            env={**self._env, **env},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            # Ctrl-C is for the host; the VM ends when its line closes.
            start_new_session=True,
        )
        self._reader = asyncio.get_running_loop().create_task(self._read(self._process))

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            self.printed.append(line.decode(errors="replace").rstrip("\n"))
        await process.wait()
        await self._on_end()

    async def ended(self, timeout_s: float) -> None:
        """Wait for the end of the run, and end it when that takes too long."""
        if self._process is not None and self.is_running:
            try:
                async with asyncio.timeout(timeout_s):
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
        await self.join()

    async def kill(self) -> None:
        """End the run at once, whatever it was doing."""
        if self._process is not None and self.is_running:
            self._process.kill()
        await self.join()

    async def join(self) -> None:
        """Wait until everything it printed has been read."""
        if self._reader is not None:
            await self._reader
            self._reader = None


class RtcMemory:
    """The file that stands for RTC memory: it outlives a reset, not the battery."""

    def __init__(self, folder: str) -> None:
        self.path = Path(folder) / _RTC

    def lose(self) -> None:
        """Forget, as without power."""
        self.path.unlink(missing_ok=True)
