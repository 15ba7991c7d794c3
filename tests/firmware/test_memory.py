"""The whole application in the memory of a board, on both virtual machines."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from posturecore import flash, frames
from tests.two_ends import PASSKEY
from trunkline.device.session import Session
from trunkline.protocol.events import Calibration, Decisions
from trunkline.protocol.records import DeviceFault, UpdateStatus
from trunkline.simulator import VirtualAir, VirtualBoard, firmware_path
from trunkline.transports.ble import BleTransport

sys.path.append(str(firmware_path()))

import compile as compiler

MICROPYTHON = Path(__file__).resolve().parents[1] / "micropython"
NPM_PACKAGE = MICROPYTHON / "node_modules/@micropython/micropython-webassembly-pyscript"
MOST_BYTES = 120 * 1024
# Where objects are twice as large; some 50 kB of it are the virtual board's.
MOST_BYTES_64_BIT = 264 * 1024
MINUTE_MS = 60_000


def memory_on_32_bits(folder, minutes):
    node = shutil.which("node")
    if node is None or not NPM_PACKAGE.exists():
        pytest.skip("no npm VM; install Node.js, then run: npm ci --prefix tests/micropython")
    scripts = ("memory.py", "memory_hostlink.py")
    readers = tuple((MICROPYTHON / name).read_text("utf-8") for name in scripts)
    made = compiler.build(firmware_path(), folder, "rv32imc", board="sim", readers=readers)
    assert made.complaints == []
    done = subprocess.run(
        [node, str(MICROPYTHON / "memory.mjs"), str(folder), str(minutes)],
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout.splitlines()[-1])


def check_host_was_served(found):
    told = {frames.STATUS, frames.ACK, frames.SAMPLES, frames.DECISIONS, frames.CALIBRATION}
    told |= {flash.LOG_FROM, flash.UPDATE_STATUS, flash.COACHING, flash.POWER}
    assert told - {flash.COACHING} <= set(found["frames"])
    assert found["records"] > 5


def test_application_fits_a_boards_memory_for_an_hour(tmp_path):
    """Alone, then streaming, calibrating, downloading and beginning an update, then alone."""
    found = memory_on_32_bits(tmp_path / "flash", 60)
    check_host_was_served(found)
    assert max(held for held, _ in found["minutes"]) <= MOST_BYTES
    after_update = [held for held, _ in found["minutes"][20:]]
    assert max(after_update) - min(after_update) < 1500  # a link's own, no more
    assert found["minutes"][-1][0] <= found["minutes"][-10][0]


@pytest.mark.skipif(not os.getenv("TRUNKLINE_SOAK"), reason="takes minutes; run: make soak")
def test_application_does_not_grow_in_eight_hours(tmp_path):
    found = memory_on_32_bits(tmp_path / "flash", 480)
    check_host_was_served(found)
    hours = [max(row[0] for row in found["minutes"][at : at + 60]) for at in range(60, 480, 60)]
    print("most bytes held in each hour:", hours)
    print(
        "rubbish in the last, with a stream:",
        sum(row[1] - row[0] for row in found["minutes"][-60:]),
    )
    assert max(hours) - min(hours) <= 256


async def test_application_runs_within_its_heap_for_an_hour(tmp_path):
    """The same on the larger VM, which enforces the limit, with the product's own host."""
    root = tmp_path / "flash"
    made = compiler.build(firmware_path(), root, "x64", board="sim")
    assert made.complaints == []
    (root / "passkey.json").write_text(json.dumps(PASSKEY))
    events = []
    async with (
        VirtualAir() as air,
        VirtualBoard(
            air, root=root, firmware=root / "main.py", heap_bytes=MOST_BYTES_64_BIT
        ) as board,
    ):
        await board.play(10_000)  # a first host may pair within a minute
        with air.as_adapter(passkey=lambda: PASSKEY):
            session = Session(BleTransport(board.address))
            session.listeners.append(events.append)
            async with session:
                await session.set_stream(samples=True, decisions=True)
                calibration = await session.start_calibration()
                await board.play(5 * MINUTE_MS)
                await calibration
                await session.send(flash.LOG_READ, (0, 5000))
                await session.command(flash.UPDATE_BEGIN, (100_000, bytes(32)))
                await board.play(10 * MINUTE_MS)
        await board.play(60 * MINUTE_MS)
        assert board.printed == []
        assert board.restarts == []
    for kind in (Decisions, Calibration, UpdateStatus):
        assert [event for event in events if isinstance(event, kind)]
    assert not [e for e in events if isinstance(e, DeviceFault) and e.code not in (19, 20)]
