"""The whole application in the memory of a board, on three virtual machines."""

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from array import array
from pathlib import Path

import pytest

from posturecore import flash, frames
from posturecore.faults import NOT_CALIBRATED, TIME_UNKNOWN
from tests.firmware.test_on_vm import SCRIPTS
from tests.two_ends import PASSKEY
from tests.workday import make_day
from tests.worn_tape import write_worn
from trunkline.device.reconnect import Reconnect
from trunkline.device.session import Session
from trunkline.device.updating import Bundle, send_bundle
from trunkline.protocol.events import Calibration, Decisions
from trunkline.protocol.records import DeviceFault, UpdateStatus
from trunkline.simulator import VirtualAir, VirtualBoard, firmware_path
from trunkline.transports.ble import BleTransport

sys.path.append(str(firmware_path()))

import compile as compiler

MICROPYTHON = Path(__file__).resolve().parents[1] / "micropython"
NPM_PACKAGE = MICROPYTHON / "node_modules/@micropython/micropython-webassembly-pyscript"
SHARE = SCRIPTS / "share.py"
MOST_BYTES = 120 * 1024  # of heap
MOST_HELD_BYTES = 112_000  # the rest is room for the collector
# Where objects are twice as large; some 50 kB of it are the virtual board's.
MOST_BYTES_64_BIT = 264 * 1024
MINUTE_MS = 60_000
UNPACKED_AND_STARTED = ["reset", "reset"]  # by the first start that an update causes


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
    held = [held for held, _ in found["minutes"]]
    assert max(held) <= MOST_HELD_BYTES
    before, with_host, after, with_next = held[5:10], held[10:30], held[31:40], held[42:]
    assert min(after) - min(before) <= 512  # what a host needs is given back
    assert max(with_next) <= max(with_host)
    assert max(with_next) - min(with_next) <= 256  # nothing grows while it stays


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


@contextlib.asynccontextmanager
async def installed(root, vm, heap_bytes, script="main.py", tape=None):
    """The product as it is on a board, in a heap of so many bytes."""
    (root / "passkey.json").write_text(json.dumps(PASSKEY))
    async with (
        VirtualAir() as air,
        VirtualBoard(
            air, tape, root=root, firmware=root / script, heap_bytes=heap_bytes, env=vm
        ) as board,
    ):
        board.air = air
        yield board


def build(root, architecture, readers=()):
    made = compiler.build(firmware_path(), root, architecture, board="sim", readers=readers)
    assert made.complaints == []


async def share_of_the_virtual_board(root, vm):
    """Give the bytes of the heap that are the virtual board's, not the application's."""
    build(root, "x86", (SHARE.read_text("utf-8"),))
    shutil.copy(SHARE, root)
    tape = write_worn(root / "any.tape")
    async with installed(root, vm, 1_000_000, SHARE.name, tape) as board, asyncio.timeout(10):
        while not board.printed:  # its lines come on another way than its time
            await asyncio.sleep(0.01)
        return int(board.printed[-1])


class Visit:
    """A host that pairs, streams, calibrates, reads the log, and may update."""

    def __init__(self, board):
        self.board = board
        self.events = []

    @contextlib.asynccontextmanager
    async def session(self, reconnect=None):
        with self.board.air.as_adapter(passkey=lambda: PASSKEY):
            session = Session(BleTransport(self.board.address), reconnect=reconnect)
            session.listeners.append(self.events.append)
            async with session:
                await session.set_stream(samples=True, decisions=True)
                yield session

    async def use_all(self):
        async with self.session() as session:
            calibration = await session.start_calibration()
            await self.play(5)
            await calibration
            await session.send(flash.LOG_READ, (0, 5000))
            await session.command(flash.UPDATE_BEGIN, (100_000, bytes(32)))
            await self.play(10)

    async def update(self, bundle):
        await self.board.press(300)  # it listens for a minute
        await self.play(0.05)
        async with self.session(Reconnect()) as session:
            clock = asyncio.create_task(self.play_on())
            await send_bundle(session, bundle)
            clock.cancel()
            await asyncio.gather(clock, return_exceptions=True)

    async def play_on(self):
        while True:
            await self.board.play(self.board.time_ms + 100)
            await asyncio.sleep(0.1)  # as fast as real time: the host finds it again

    async def play(self, minutes):
        await self.board.play(self.board.time_ms + round(minutes * MINUTE_MS))

    def check(self):
        for kind in (Decisions, Calibration, UpdateStatus):
            assert [event for event in self.events if isinstance(event, kind)]
        faults = [event for event in self.events if isinstance(event, DeviceFault)]
        assert {fault.code for fault in faults} <= {NOT_CALIBRATED, TIME_UNKNOWN}


async def test_application_runs_within_its_heap_for_an_hour(tmp_path):
    """The same on the packaged VM, whose objects are twice as large, with the product's host."""
    build(tmp_path / "flash", "x64")
    async with installed(tmp_path / "flash", {}, MOST_BYTES_64_BIT) as board:
        visit = Visit(board)
        await visit.play(1 / 6)
        await visit.use_all()
        await visit.play(60)
        assert (board.printed, board.restarts) == ([], [])
    visit.check()


class Held:
    """The bytes in use after each collection, as the 32-bit VM notes them."""

    def __init__(self, path):
        self._path = path
        self._read = 0

    def new(self):
        """Those since the last call."""
        values = array("I", self._path.read_bytes()[self._read :])
        self._read += 4 * len(values)
        return values


@pytest.fixture(params=["lsm6dsv16x", "mpu6050"])
def vm_and_imu(request, vm32):
    """The environment of a VM that is like an ESP32's, with either sensor."""
    return {**vm32, "TRUNKLINE_SIM_IMU": request.param}


@pytest.fixture
def short_path():
    """A folder with a short name: each module remembers its path, which is /a/... on a board."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="") as name:
        yield Path(name)


@contextlib.asynccontextmanager
async def in_120_kib(short_path, vm, worn_s=0):
    """A worn device with the heap that is allowed, and what the virtual board takes beside."""
    share_bytes = await share_of_the_virtual_board(short_path, vm)
    build(short_path, "x86")
    tape = make_day(short_path, duration_s=worn_s).tape if worn_s else None
    held = short_path / "held"
    vm = {**vm, "TRUNKLINE_VM32_HELD": str(held)}
    async with installed(short_path, vm, MOST_BYTES + share_bytes, tape=tape) as board:
        board.held, board.share_bytes = Held(held), share_bytes
        try:
            yield board
        finally:  # pytest shows it when the test fails
            print(board.printed, board.restarts)
        assert board.printed == []


async def test_application_runs_in_120_kib_for_an_hour_and_takes_an_update(short_path, vm_and_imu):
    """On a VM that is like an ESP32's, whose limit holds; the virtual board's share beside."""
    async with in_120_kib(short_path, vm_and_imu, 3700) as board:
        visit = Visit(board)
        await visit.play(1 / 6)
        await visit.use_all()
        await visit.play(45)
        assert board.restarts == []
        told(board, board.held.new())
        await visit.update(Bundle(compiler.bundle(short_path / "a")))
        await visit.play(1 / 6)
        assert [cause for _, cause in board.restarts] == UNPACKED_AND_STARTED
        told(board, board.held.new())
    visit.check()


async def test_update_is_taken_in_120_kib(short_path, vm_and_imu):
    """From its first piece to the start of what it brought, which is proven."""
    async with in_120_kib(short_path, vm_and_imu) as board:
        visit = Visit(board)
        await visit.play(1 / 6)
        shutil.copytree(short_path / "a", short_path / "b")  # what it takes the place of
        await visit.update(Bundle(compiler.bundle(short_path / "a")))
        await visit.play(2)
        assert [cause for _, cause in board.restarts] == UNPACKED_AND_STARTED
        assert json.loads((short_path / "slot.json").read_text()) == ["b", 0, 0, 0]
        told(board, board.held.new())


def told(board, held):
    most = max(held) - board.share_bytes
    print(f"{len(held)} collections; at most {most} bytes, and {board.share_bytes} of the board's")


@pytest.mark.skipif(not os.getenv("TRUNKLINE_SOAK"), reason="takes minutes; run: make soak")
async def test_application_runs_in_120_kib_for_eight_hours(short_path, vm_and_imu):
    async with in_120_kib(short_path, vm_and_imu, 8.3 * 3600) as board:
        visit = Visit(board)
        await visit.play(1 / 6)
        await visit.use_all()
        board.held.new()
        hours = []
        for _ in range(8):
            await visit.play(60)
            hours.append(board.held.new())
            told(board, hours[-1])
        least = [min(hour) for hour in hours]
        assert max(least) - min(least) <= 256
        assert board.restarts == []
    visit.check()
