"""Run the host library on a real Linux Bluetooth stack against the virtual board: `make realble`.

The board, its radio and the air run here at native speed; the machine in QEMU has the adapter.
Exit codes: 0 all steps done, 1 one failed, 2 something to install first.
"""

import asyncio
import json
import shlex
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bumble import hci
from bumble.transport.tcp_server import open_tcp_server_transport_with_socket

from tests.realble import machine
from trunkline.errors import InputError
from trunkline.simulator import VirtualAir, VirtualBoard
from trunkline.simulator.controller import VirtualController

_ADDRESS = "F0:F1:F2:F3:F4:F6/P"
_PASSKEY = 246801
_LIMIT_S = 15 * 60
_TICK_S = 0.1
_STEP = "STEP "


async def _run(folder: Path, kernel: Path) -> bool:
    """Run the machine against the board; return whether every step was done."""
    shared, root = folder / "shared", folder / "board"
    shared.mkdir()
    root.mkdir()
    (root / "passkey.json").write_text(json.dumps(_PASSKEY))
    script = Path(__file__).with_name("guest.sh").resolve()
    machine.write_initramfs(folder / "initramfs.gz", kernel, script)
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    async with (
        VirtualAir() as air,
        VirtualBoard(air, root=root) as board,
        await open_tcp_server_transport_with_socket(listening) as adapter,
    ):
        controller = VirtualController("linux", air, hci.Address(_ADDRESS), adapter)
        _tell(shared, address=board.address)
        play = asyncio.create_task(_play(board))
        drops = asyncio.create_task(
            _drop_when_asked(shared, lambda: air.drop_links(board.address))
        )
        try:
            said = await _boot(machine.command(kernel, folder / "initramfs.gz", shared, port))
        finally:
            for task in (play, drops):
                task.cancel()
            await asyncio.gather(play, drops, return_exceptions=True)
            air.switch_off(controller)
    is_done = (shared / "done").exists()
    if not is_done:
        print("--- console", *said, sep="\n")
        for log in sorted(shared.glob("*.log")):
            print(f"--- {log.name}", log.read_text(), sep="\n")
    return is_done


def _tell(shared: Path, address: str) -> None:
    (shared / "told.json").write_text(json.dumps({"address": address, "passkey": _PASSKEY}))
    environment = {
        "REALBLE_ROOT": Path(__file__).parents[2],
        "REALBLE_PYTHON": sys.executable,
        "PYTHONPATH": ":".join(part for part in sys.path if part),
        "PYTHONDONTWRITEBYTECODE": 1,
    }
    lines = [f"export {name}={shlex.quote(str(value))}" for name, value in environment.items()]
    (shared / "environment").write_text("\n".join(lines) + "\n")


async def _play(board: VirtualBoard) -> None:
    """Let the board's time run beside real time."""
    began = time.monotonic()
    while True:
        await board.play(round((time.monotonic() - began) * 1000))
        await asyncio.sleep(_TICK_S)


async def _drop_when_asked(shared: Path, drop: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(_TICK_S)
        if (shared / "drop").exists():
            (shared / "drop").unlink()
            drop()


async def _boot(command: list[str]) -> list[str]:
    """Run the machine to its end, print its steps, and return all lines of its console."""
    said: list[str] = []
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(_LIMIT_S):
            assert process.stdout is not None
            async for line in process.stdout:
                said.append(line.decode(errors="replace").rstrip())
                if _STEP in said[-1]:  # the first comes behind what the BIOS does to the screen
                    print(said[-1].partition(_STEP)[2], flush=True)
    except TimeoutError:
        said.append(f"not done after {_LIMIT_S // 60} minutes")
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    return said


def main() -> int:
    """Run it."""
    began = time.monotonic()
    try:
        kernel = machine.kernel()
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="trunkline-realble-") as folder:
        is_done = asyncio.run(_run(Path(folder), kernel))
    print(f"{'All steps done' if is_done else 'FAILED'}, {time.monotonic() - began:.0f} s.")
    return 0 if is_done else 1


if __name__ == "__main__":
    sys.exit(main())
