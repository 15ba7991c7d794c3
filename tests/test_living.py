"""A board with installed firmware: hangs, failed starts, safe mode, updates, over the real radio.

The firmware is compiled as for the board, for the virtual machine's processor, and runs from its
folder with nothing else to import from.
"""

import asyncio
import contextlib
import hashlib
import itertools
import json
import shutil
import sys

import pytest
from bleak import BleakClient

from posturecore import faults, flash, frames
from trunkline.device.session import Session
from trunkline.device.updating import Bundle, read_bundle, send_bundle
from trunkline.doctor import examine
from trunkline.errors import InputError, SimulatorError
from trunkline.protocol.events import Hello, Samples
from trunkline.protocol.records import DeviceFault, UpdateStatus
from trunkline.simulator import VirtualAir, VirtualBoard, firmware_path
from trunkline.transports.ble import BleTransport

sys.path.append(str(firmware_path()))

import compile as compiler
from supervisor import TASKS

PASSKEY = 246801


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The product, as it is copied to an empty board."""
    folder = tmp_path_factory.mktemp("built") / "flash"
    made = compiler.build(firmware_path(), folder, "x64", board=None)
    assert made.complaints == []
    return folder


@pytest.fixture
def root(built, tmp_path):
    shutil.copytree(built, tmp_path / "flash")
    (tmp_path / "flash" / "passkey.json").write_text(json.dumps(PASSKEY))
    return tmp_path / "flash"


@contextlib.asynccontextmanager
async def switched_on(root, **env):
    async with (
        VirtualAir() as air,
        VirtualBoard(air, root=root, firmware=root / "main.py", env=env) as board,
    ):
        yield board


@contextlib.asynccontextmanager
async def meet(board):
    events = []
    with board.air.as_adapter(passkey=lambda: PASSKEY):
        session = Session(BleTransport(board.address))
        session.listeners.append(events.append)
        async with session:
            session.events = events
            yield session


def state(root):
    return json.loads((root / "slot.json").read_text())


def bundle_of(root, folder="a"):
    return Bundle(compiler.bundle(root / folder))


async def fail_three_times(board):
    """Let three starts crash; what runs then is safe mode, or the folder before."""
    for count in range(1, 4):
        await board.inject("crash")
        await board.play(board.time_ms + 3000)
        assert len(board.restarts) == count


def fault_codes(session):
    return [event.code for event in session.events if isinstance(event, DeviceFault)]


async def test_installed_firmware_runs_from_its_folder(root):
    async with switched_on(root) as board:
        await board.play(2000)
        async with meet(board) as session:
            await session.set_stream(decisions=True)
            await board.play(5000)
            assert session.info.mode == flash.MODES.index("app")
            assert session.counts["good"] > 3
        assert state(root) == ["a", 0, 1, 0]
        await board.play(70_000)
    assert state(root) == ["a", 0, 0, 0]
    assert board.restarts == []


async def test_loop_that_hangs_is_bitten_and_the_next_start_says_so(root):
    async with switched_on(root) as board:
        await board.play(70_000)
        await board.inject("hang")
        await board.play(90_000)
        ((bitten_ms, cause),) = board.restarts
        assert cause == "watchdog"
        assert 70_000 + 7000 <= bitten_ms <= 70_000 + 8500
        async with meet(board) as session:
            await board.play(board.time_ms + 2000)
            (fault,) = [
                e
                for e in session.events
                if isinstance(e, DeviceFault) and e.code == faults.TASK_STUCK
            ]
            assert fault.detail == TASKS.index("samples")
            assert session.info.boot_id == 2


async def test_error_nobody_expected_starts_the_firmware_anew(root):
    async with switched_on(root) as board:
        await board.play(70_000)
        await board.inject("crash")
        await board.play(75_000)
        assert [cause for _, cause in board.restarts] == ["reset"]
        async with meet(board) as session:
            assert (await session.status()).uptime_ms < 6000
            await board.play(board.time_ms + 2000)
            assert faults.ERROR in fault_codes(session)


async def test_three_failed_starts_lead_to_safe_mode_that_says_why(root):
    async with switched_on(root) as board:
        await fail_three_times(board)
        async with meet(board) as session:
            assert session.info.mode == flash.MODES.index("safe")
            status = await session.status()
            assert status.fault in (faults.SAFE_MODE, faults.ERROR)
            told = [e for e in session.events if isinstance(e, DeviceFault)]
            assert (faults.SAFE_MODE, 3) in [(e.code, e.detail) for e in told]
            with pytest.raises(InputError, match="unknown frame"):
                await session.set_stream(samples=True)
            await board.play(board.time_ms + 20_000)
            assert len(board.restarts) == 3


async def test_safe_mode_tells_of_strangers_and_the_status_still_says_why(root):
    async with switched_on(root) as board:
        await fail_three_times(board)
        with board.air.as_adapter(passkey=None):
            async with BleakClient(board.address):
                await board.play(board.time_ms + 1000)
        await board.play(board.time_ms + 1000)
        async with meet(board) as session:
            assert session.info.mode == flash.MODES.index("safe")
            assert faults.STRANGER in fault_codes(session)
            assert (await session.status()).fault in (faults.SAFE_MODE, faults.ERROR)


async def test_safe_mode_lets_the_application_try_again_after_a_minute(root):
    async with switched_on(root) as board:
        await fail_three_times(board)
        await board.play(board.time_ms + 70_000)
        await board.cut_power(5000)
        await board.play(board.time_ms + 3000)
        async with meet(board) as session:
            assert session.info.mode == flash.MODES.index("app")


async def test_doctor_finds_safe_mode_and_looks_no_further(root):
    async with switched_on(root) as board:
        await fail_three_times(board)
        with board.air.as_adapter(passkey=lambda: PASSKEY):
            checks = {check.name: check for check in await examine(f"ble:{board.address}", int)}
    assert checks["mode"].level == "fail"
    assert checks["mode"].remedy == faults.FAULTS[faults.SAFE_MODE][2]
    assert "storage" not in checks


async def test_update_over_the_link_starts_and_is_proven(root):
    new = bundle_of(root)
    async with switched_on(root) as board:
        await fail_three_times(board)  # safe mode takes updates
        seen = []
        async with meet(board) as session:
            await session.update(new, lambda done, size: seen.append((done, size)))
            assert seen == sorted(seen)
            assert seen[-1] == (len(new.data), len(new.data))
        await board.play(board.time_ms + 5000)
        assert board.restarts[3][1] == "reset"
        assert state(root) == ["b", 1, 1, 0]
        async with meet(board) as session:
            assert session.info.mode == flash.MODES.index("app")
        await board.play(board.time_ms + 70_000)
    assert state(root) == ["b", 0, 0, 0]
    assert "Traceback" not in "\n".join(board.printed[-5:])


async def test_update_while_the_application_decides_loses_no_sample(root):
    new = bundle_of(root)
    async with switched_on(root) as board:
        await board.play(3000)
        async with meet(board) as session:
            await session.set_stream(samples=True, decisions=True)
            clock = asyncio.create_task(play_on(board))
            path = root.parent / "new.bundle"
            path.write_bytes(new.data)
            await session.update(path)
            clock.cancel()
            await asyncio.gather(clock, return_exceptions=True)
            heard = [e.sample_index for e in session.events if isinstance(e, Samples)]
        assert len(heard) > 2
        assert all(later - index == 12 for index, later in itertools.pairwise(heard))
        await board.play(board.time_ms + 5000)
        assert [cause for _, cause in board.restarts] == ["reset", "reset"]  # it unpacks between
        assert state(root) == ["b", 1, 1, 0]
        async with meet(board) as session:
            assert session.info.mode == flash.MODES.index("app")
            assert session.info.boot_id == 2


async def play_on(board):
    """Let time pass beside what is going on."""
    while True:
        await board.play(board.time_ms + 100)
        await asyncio.sleep(0.1)  # as fast as real time: the device restarts a second after


async def test_update_that_does_not_start_is_undone_and_said(root, tmp_path):
    bad = tmp_path / "bad"
    shutil.copytree(root / "a", bad)
    (bad / "device.mpy").unlink()
    (bad / "device.py").write_text("raise RuntimeError('does not start')\n")
    async with switched_on(root) as board:
        await fail_three_times(board)
        async with meet(board) as session:
            await send_bundle(session, Bundle(compiler.bundle(bad)))
        await board.play(board.time_ms + 3000)
        assert state(root)[0] == "a"
        async with meet(board) as session:
            assert session.info.mode == flash.MODES.index("app")
            await board.play(board.time_ms + 2000)
            assert faults.UPDATE_UNDONE in fault_codes(session)
    assert "does not start" in "\n".join(board.printed)


async def test_update_goes_on_after_a_lost_link_and_a_dead_battery(root):
    new = bundle_of(root)
    half = len(new.data) // 2

    class Enough(Exception):
        pass

    def stop(done, _size):
        if done > half:
            raise Enough

    seen = []
    async with switched_on(root) as board:
        await fail_three_times(board)
        async with meet(board) as session:
            with pytest.raises(Enough):
                await send_bundle(session, new, stop)
        await board.cut_power(10_000)
        await board.play(board.time_ms + 1000)
        async with meet(board) as session:
            await send_bundle(session, new, lambda done, _: seen.append(done))
        assert seen[0] > half - 4096
        await board.play(board.time_ms + 5000)
    assert state(root)[0] == "b"


async def test_damaged_bundle_is_refused_and_said(root):
    good = bundle_of(root)
    damaged = Bundle(good.data[:-100] + bytes(100))
    async with switched_on(root) as board:
        await fail_three_times(board)
        async with meet(board) as session:
            with pytest.raises(InputError, match="refused"):
                await send_bundle(session, damaged)
            assert faults.UPDATE_REFUSED in fault_codes(session)
            status = await session.ask(UpdateStatus, frames.REQUEST, (flash.UPDATE_STATUS,))
            assert status.state == flash.UPDATE_STATES.index("refused")
    assert state(root)[0] == "a"


async def test_held_button_keeps_the_application_from_starting(root):
    (root / "slot.json").unlink()
    with pytest.raises(SimulatorError, match="The button is held"):
        async with switched_on(root, TRUNKLINE_SIM_BUTTON="held"):
            pass
    assert not (root / "slot.json").exists()


async def test_board_without_an_application_says_so_and_stops(root):
    shutil.rmtree(root / "a")
    with pytest.raises(SimulatorError, match="Found no application; expected /a or /b"):
        async with switched_on(root):
            pass


async def test_application_in_a_damaged_folder_leads_to_safe_mode(root):
    shutil.copytree(root / "a", root.parent / "good")
    (root / "a" / "sampler.mpy").write_bytes(b"damaged")
    async with switched_on(root) as board:
        await board.play(1000)
        assert [cause for _, cause in board.restarts] == ["reset"] * 3
        async with meet(board) as session:
            assert session.info.mode == flash.MODES.index("safe")
            await send_bundle(session, bundle_of(root.parent / "good", "."))
        await board.play(board.time_ms + 3000)
        async with meet(board) as session:
            assert session.info.mode == flash.MODES.index("app")


async def test_reset_keeps_crumbs_and_a_dead_battery_does_not(root):
    async with switched_on(root) as board:
        await board.play(70_000)
        await board.inject("hang")
        await board.play(72_000)
        await board.cut_power()
        await board.play(73_000)
        async with meet(board) as session:
            assert fault_codes(session) == [faults.NOT_CALIBRATED, faults.TIME_UNKNOWN]
            assert isinstance(session.info, Hello)


async def test_motor_is_off_after_a_bite(root):
    async with switched_on(root) as board:
        await board.play(2000)
        async with meet(board) as session:
            await session.vibrate()
        await board.inject("hang")
        await board.play(30_000)
        assert board.motor_log[-1].duty_u16 == 0


def test_file_that_is_no_bundle_is_refused(tmp_path):
    path = tmp_path / "x.bundle"
    with pytest.raises(InputError, match="cannot be read"):
        read_bundle(path)
    path.write_bytes(b"PK")
    with pytest.raises(InputError, match="without a manifest"):
        read_bundle(path)


def test_bundle_is_read_with_its_hash(built, tmp_path):
    path = tmp_path / "x.bundle"
    path.write_bytes(compiler.bundle(built / "a"))
    assert read_bundle(path).sha256 == hashlib.sha256(path.read_bytes()).digest()
