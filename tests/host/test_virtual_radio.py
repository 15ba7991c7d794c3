"""The virtual board from end to end: a firmware on the VM, Bumble's air, bleak's public calls."""

import ast
import asyncio
import contextlib
import signal
import struct
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import bleak
import numpy as np
import pytest
from bleak import BleakClient, BleakScanner
from bleak.exc import BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError

from trunkline.errors import InputError, SimulatorError
from trunkline.simulator import (
    MotorChange,
    VirtualAir,
    VirtualBoard,
    firmware_path,
    write_tape,
)
from trunkline.simulator.wire import Kind

FIRMWARE = Path(__file__).parents[1] / "firmware" / "scripts" / "radio_firmware.py"
SERVICE, STREAM, CONTROL, SECRET, INDICATED = (
    f"7a1f000{n}-5b2c-4d3e-8f60-112233445566" for n in range(1, 6)
)
PASSKEY = 123456
SLOTS = 10  # of the firmware's notification


@pytest.fixture
async def air() -> AsyncIterator[VirtualAir]:
    async with VirtualAir() as air:
        yield air


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    """Ten minutes in which every row is different."""
    ticks = np.arange(36_000)
    gyr = np.stack([ticks % 30_011, -ticks % 1009, ticks % 7], axis=1).astype(np.int16)
    acc = np.stack([4098 + ticks % 13, ticks % 17, -(ticks % 19)], axis=1).astype(np.int16)
    return write_tape(tmp_path / "tape", gyr, acc, np.tile([16393, 0, 0], (len(ticks), 1)))


def board_on(air: VirtualAir, root: Path, tape: Path | None = None, **env: str) -> VirtualBoard:
    return VirtualBoard(air, tape=tape, root=root, firmware=FIRMWARE, env=env)


@contextlib.asynccontextmanager
async def streaming(board: VirtualBoard) -> AsyncIterator[tuple[BleakClient, list[bytes]]]:
    """A client that has started the stream, and what it receives."""
    received: list[bytes] = []
    async with BleakClient(board.address) as client:
        await client.start_notify(STREAM, lambda _, value: received.append(bytes(value)))
        await client.write_gatt_char(CONTROL, b"S", response=True)
        yield client, received


def sequences(received: list[bytes]) -> list[int]:
    return [struct.unpack_from("<I", frame)[0] for frame in received]


def gyr_x(received: list[bytes]) -> list[int]:
    """The first axis of every gyro word, in order."""
    words = [frame[8 + 7 * i : 15 + 7 * i] for frame in received for i in range(3 * SLOTS)]
    return [struct.unpack_from("<h", word, 1)[0] for word in words if word[0] >> 3 == 1]


async def code_of(failing: object) -> int:
    with pytest.raises(BleakGATTProtocolError) as caught:
        await failing  # type: ignore[misc]
    return int(caught.value.code)


# Scanning and connecting


async def test_scan_tells_name_service_strength_and_manufacturer_data(air, tmp_path):
    async with board_on(air, tmp_path) as board:
        with air.as_adapter():
            found = await BleakScanner.discover(timeout=0.4, return_adv=True)
            device, heard = found[board.address]
    assert device.name == "radio-test"
    assert heard.service_uuids == [SERVICE]
    assert heard.manufacturer_data == {0xFFFF: b"\x01\x62"}
    assert heard.rssi == air.rssi_dbm


async def test_passive_scan_hears_no_scan_response(air, tmp_path):
    names = set()
    async with board_on(air, tmp_path):
        with air.as_adapter():
            async with BleakScanner(
                lambda _, heard: names.add(heard.local_name), scanning_mode="passive"
            ):
                await asyncio.sleep(0.3)
    assert names == {None}


async def test_scan_filter_leaves_out_other_services(air, tmp_path):
    async with board_on(air, tmp_path):
        with air.as_adapter():
            assert (
                await BleakScanner.find_device_by_filter(
                    lambda *_: True, timeout=0.3, service_uuids=[SECRET]
                )
                is None
            )


async def test_connect_negotiates_the_firmware_mtu(air, tmp_path):
    async with board_on(air, tmp_path) as board:
        with air.as_adapter():
            async with BleakClient(board.address) as client:
                assert client.mtu_size == 247
    assert "irq 21 247" in board.printed


async def test_long_write_arrives_whole_and_is_cut_at_the_buffer(air, tmp_path):
    value = bytes(range(256)) * 2
    async with board_on(air, tmp_path) as board:
        with air.as_adapter():
            async with BleakClient(board.address) as client:
                await client.write_gatt_char(CONTROL, value, response=True)
                assert await client.read_gatt_char(CONTROL) == value


async def test_indication_is_confirmed_to_the_firmware(air, tmp_path):
    received = []
    async with board_on(air, tmp_path) as board:
        with air.as_adapter():
            async with BleakClient(board.address) as client:
                await client.start_notify(INDICATED, lambda _, value: received.append(value))
                await client.write_gatt_char(CONTROL, b"I!", response=True)
                await board.play(10)
                await asyncio.sleep(0.05)
                handle = client.services.get_characteristic(INDICATED).handle
    assert received == [b"I!"]
    assert f"irq 20 {handle} 0" in board.printed


@pytest.mark.parametrize("command", [b"N hello", b"U hello"], ids=["notify", "send_update"])
async def test_firmware_sends_a_value_back(air, tmp_path, command):
    received = []
    async with board_on(air, tmp_path) as board:
        with air.as_adapter():
            async with BleakClient(board.address) as client:
                await client.start_notify(STREAM, lambda _, value: received.append(value))
                await client.write_gatt_char(CONTROL, command, response=True)
                await board.play(10)
                await asyncio.sleep(0.05)
    assert received == [command]


async def test_write_that_is_cancelled_at_any_step_never_goes_on_as_if_not(air, tmp_path):
    async with board_on(air, tmp_path) as board:
        with air.as_adapter():
            async with BleakClient(board.address) as client:
                is_done = False
                for step in range(1000):
                    writing = asyncio.create_task(
                        client.write_gatt_char(CONTROL, b"?", response=True)
                    )
                    for _ in range(step):
                        await asyncio.sleep(0)
                    if writing.cancel():  # False: it was done before
                        with pytest.raises(asyncio.CancelledError):
                            await writing
                    elif is_done := writing.exception() is None:
                        break
                    await asyncio.sleep(0.01)  # its answer comes, if it was sent
                assert is_done


async def test_firmware_ends_the_link(air, tmp_path):
    lost = asyncio.Event()
    async with board_on(air, tmp_path) as board:
        with air.as_adapter():
            client = BleakClient(board.address, lambda _: lost.set())
            await client.connect()
            await client.write_gatt_char(CONTROL, b"D", response=True)
            async with asyncio.timeout(1):
                await lost.wait()
            assert not client.is_connected
            await board.play(10)
    assert "gap_disconnect True" in board.printed


async def test_bluetooth_module_refuses_what_the_real_one_refuses(air, tmp_path):
    async with board_on(air, tmp_path) as board:
        with air.as_adapter():
            async with BleakClient(board.address) as client:
                await client.write_gatt_char(CONTROL, b"E", response=True)
                await board.play(10)
    assert board.printed[-4:] == [
        "unknown connection 107",
        "unknown handle 22",
        "long advertising 22",
        "pair nobody 107",
    ]


async def test_two_boards_answer_for_themselves(air, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    async with board_on(air, tmp_path / "a") as one, board_on(air, tmp_path / "b") as two:
        with air.as_adapter():
            async with BleakClient(one.address) as first, BleakClient(two.address) as second:
                await first.write_gatt_char(CONTROL, b"to one", response=True)
                await second.write_gatt_char(CONTROL, b"to two", response=True)
                assert await first.read_gatt_char(CONTROL) == b"to one"
                assert await second.read_gatt_char(CONTROL) == b"to two"
    assert one.address != two.address


async def test_absent_device_is_not_found_and_a_later_connect_works(air, tmp_path):
    with air.as_adapter():
        with pytest.raises(BleakDeviceNotFoundError):
            await BleakClient("C0:DE:00:00:00:01", timeout=0.2).connect()
        async with board_on(air, tmp_path) as board:
            assert board.address == "C0:DE:00:00:00:01"
            async with BleakClient(board.address) as client:
                assert client.is_connected


async def test_bleak_gets_its_own_backend_back(air):
    before = bleak.get_platform_client_backend_type
    with contextlib.suppress(BleakError), air.as_adapter():
        assert bleak.get_platform_client_backend_type is not before
        raise BleakError("inside")
    assert bleak.get_platform_client_backend_type is before


# Security


async def test_unpaired_link_is_refused(air, tmp_path):
    async with board_on(air, tmp_path) as board:
        with air.as_adapter(passkey=lambda: PASSKEY):
            async with BleakClient(board.address) as client:
                assert await code_of(client.read_gatt_char(SECRET)) == 0x05
                assert await code_of(client.write_gatt_char(SECRET, b"x", response=True)) == 0x05


@pytest.mark.parametrize("passkey", [pytest.param(PASSKEY, id="usual"), pytest.param(0, id="0")])
async def test_right_passkey_opens_the_secret(air, tmp_path, passkey):
    async with board_on(air, tmp_path, PASSKEY=str(passkey)) as board:
        with air.as_adapter(passkey=lambda: passkey):
            async with BleakClient(board.address) as client:
                await client.pair()
                assert await client.read_gatt_char(SECRET) == b"posture"
    assert "security 1 1 1 16" in board.printed


async def test_wrong_passkey_opens_nothing(air, tmp_path):
    async with board_on(air, tmp_path) as board:
        with air.as_adapter(passkey=lambda: PASSKEY + 1):
            async with BleakClient(board.address) as client:
                with pytest.raises(BleakError):
                    await client.pair()
                assert await code_of(client.read_gatt_char(SECRET)) == 0x05
    kept = ast.literal_eval((tmp_path / "bonds").read_text())
    assert [kind for kind, _ in kept] == [10]  # the radio's own identity


async def test_firmware_may_ask_to_pair(air, tmp_path):
    async with board_on(air, tmp_path) as board:
        with air.as_adapter(passkey=lambda: PASSKEY):
            async with BleakClient(board.address) as client:
                await client.write_gatt_char(CONTROL, b"P", response=True)
                await asyncio.sleep(0.3)
                assert await client.read_gatt_char(SECRET) == b"posture"


async def test_pairing_without_a_passkey_is_not_authenticated(air, tmp_path):
    async with board_on(air, tmp_path) as board:
        with air.as_adapter(passkey=None):
            async with BleakClient(board.address) as client:
                await client.pair()
                assert await code_of(client.read_gatt_char(SECRET)) == 0x05
    assert "security 1 0 1 16" in board.printed


async def test_bond_outlives_a_restart_of_the_board(air, tmp_path):
    with air.as_adapter(passkey=lambda: PASSKEY):
        async with board_on(air, tmp_path) as board, BleakClient(board.address) as client:
            await client.pair()
        async with board_on(air, tmp_path) as again, BleakClient(again.address) as client:
            assert await client.read_gatt_char(SECRET) == b"posture"
    assert again.address == board.address
    assert "security 1 1 1 16" in again.printed


async def test_board_that_lost_its_bonds_is_an_error(air, tmp_path):
    with air.as_adapter(passkey=lambda: PASSKEY):
        async with board_on(air, tmp_path) as board, BleakClient(board.address) as client:
            await client.pair()
        (tmp_path / "bonds").unlink()
        async with board_on(air, tmp_path) as again:
            with pytest.raises(BleakError):
                await BleakClient(again.address).connect()
            await BleakClient(again.address).unpair()
            async with BleakClient(again.address, pair=True) as client:
                assert await client.read_gatt_char(SECRET) == b"posture"


# Streaming and virtual time


async def test_ten_minutes_arrive_in_order_with_no_sample_lost(air, tmp_path, tape):
    async with board_on(air, tmp_path, tape) as board:
        with air.as_adapter():
            async with streaming(board) as (_, received):
                assert await board.play(600_000) == 600_000
    assert sequences(received) == list(range(3600))
    assert gyr_x(received) == [tick % 30_011 for tick in range(36_000)]
    assert board.radio.sent == 3600
    assert board.radio.refused == 0


async def test_time_stands_still_until_it_is_played(air, tmp_path, tape):
    async with board_on(air, tmp_path, tape) as board:
        with air.as_adapter():
            async with streaming(board) as (_, received):
                await asyncio.sleep(0.2)
                assert (board.time_ms, received) == (0, [])
                await board.play(166)
                assert received == []
                await board.play(167)
                assert len(received) == 1


async def test_same_tape_gives_the_same_bytes(tmp_path, tape):
    runs = []
    for interval_s in (0.0, 0.01):  # a fast host and a slow one
        async with VirtualAir() as air, board_on(air, tmp_path, tape) as board:
            with air.as_adapter():
                async with streaming(board) as (client, received):
                    air.interval_s = interval_s
                    await board.play(7_003)
                    await client.write_gatt_char(CONTROL, b"M", response=True)
                    await board.play(15_000)
                    air.interval_s = 0.0
        runs.append((received, board.motor_log))
    assert runs[0] == runs[1]
    assert len(runs[0][0]) == 90


async def test_slow_link_stalls_time_instead_of_losing_samples(air, tmp_path, tape):
    async with board_on(air, tmp_path, tape) as board:
        with air.as_adapter():
            async with streaming(board) as (_, received):
                air.interval_s, air.packets_per_interval = 0.01, 2
                started_s = asyncio.get_running_loop().time()
                await board.play(10_000)
                took_s = asyncio.get_running_loop().time() - started_s
                air.interval_s = 0.0
    assert sequences(received) == list(range(60))
    assert board.radio.refused == 0
    assert took_s > 0.25  # 60 notifications at 200 a second


async def test_burst_beyond_the_queue_is_refused_and_may_be_sent_again(air, tmp_path):
    received = []
    async with board_on(air, tmp_path) as board:
        with air.as_adapter():
            async with BleakClient(board.address) as client:
                await client.start_notify(STREAM, lambda _, value: received.append(bytes(value)))
                await client.write_gatt_char(CONTROL, b"F", response=True)
                await board.play(1000)
    assert sequences(received) == list(range(40))
    assert board.radio.refused > 0


async def test_time_waits_for_a_link_that_is_out_of_range(air, tmp_path, tape):
    async with board_on(air, tmp_path, tape) as board:
        with air.as_adapter():
            async with streaming(board) as (_, received):
                await board.play(1000)
                leaving = asyncio.create_task(air.take_away(board.address, supervision_s=0.3))
                playing = asyncio.create_task(board.play(60_000))
                await asyncio.sleep(0.2)
                assert not playing.done()
                await leaving
                assert await playing == 60_000
    assert sequences(received) == list(range(6))


# Faults


async def test_link_loss_is_told_and_the_client_can_come_back(air, tmp_path):
    lost = asyncio.Event()
    async with board_on(air, tmp_path) as board:
        with air.as_adapter():
            client = BleakClient(board.address, lambda _: lost.set(), timeout=0.2)
            await client.connect()
            leaving = asyncio.create_task(air.take_away(board.address, supervision_s=0.1))
            await asyncio.sleep(0.02)
            with pytest.raises(BleakError):
                await client.read_gatt_char(CONTROL)
            await leaving
            assert lost.is_set()
            with pytest.raises(BleakDeviceNotFoundError):
                await client.connect()
            air.bring_back(board.address)
            await client.connect()
            await client.disconnect()


async def test_killed_board_is_a_lost_link_and_no_longer_plays(air, tmp_path):
    lost = asyncio.Event()
    async with board_on(air, tmp_path) as board:
        with air.as_adapter():
            client = BleakClient(board.address, lambda _: lost.set())
            await client.connect()
            await board.kill()
            async with asyncio.timeout(1):
                await lost.wait()
            assert not client.is_connected
            with pytest.raises(SimulatorError):
                await board.play(1000)


async def test_failing_firmware_shows_what_it_printed(air, tmp_path):
    async with board_on(air, tmp_path) as board:
        with air.as_adapter():
            async with BleakClient(board.address) as client:
                await client.write_gatt_char(CONTROL, b"X", response=True)
                with pytest.raises(SimulatorError, match="told to fail"):
                    await board.play(60_000)
                await asyncio.sleep(0.01)
                assert not client.is_connected


async def test_firmware_that_cannot_start_is_an_error(air, tmp_path):
    with pytest.raises(SimulatorError, match="failed before the radio was up"):
        async with board_on(air, tmp_path, FAIL_EARLY="1"):
            pass


async def test_imu_that_does_not_answer_for_a_while_loses_no_sample(air, tmp_path, tape):
    async with board_on(air, tmp_path, tape) as board:
        with air.as_adapter():
            async with streaming(board) as (_, received):
                await board.play(1000)
                await board.inject("nak", 50)
                await board.play(5000)
    assert board.printed.count("imu 19") == 50
    assert gyr_x(received) == list(range(300))


async def test_unknown_fault_is_refused(air, tmp_path):
    async with board_on(air, tmp_path) as board:
        with pytest.raises(SimulatorError, match="nak"):
            await board.inject("earthquake")


# Motor and button


async def test_motor_log_has_virtual_times(air, tmp_path):
    async with board_on(air, tmp_path) as board:
        with air.as_adapter():
            async with BleakClient(board.address) as client:
                await board.play(5_000)
                await client.write_gatt_char(CONTROL, b"M", response=True)
                await board.play(10_000)
    assert board.motor_log == [MotorChange(5_000, 40_000), MotorChange(5_250, 0)]


async def test_button_is_held_for_virtual_time(air, tmp_path):
    async with board_on(air, tmp_path) as board:
        with air.as_adapter():
            async with BleakClient(board.address) as client:
                await board.press(3000)
                for until_ms in (2_900, 3_200):
                    await board.play(until_ms)
                    await client.write_gatt_char(CONTROL, b"B", response=True)
                    await board.play(until_ms)
    assert [line for line in board.printed if line.startswith("button")] == [
        "button 0 2900",
        "button 1 3200",
    ]


async def test_clock_wraps_as_on_the_chip(air, tmp_path):
    start_ms = str(2**30 - 1000)
    async with board_on(air, tmp_path, TRUNKLINE_SIM_TICKS_START_MS=start_ms) as board:
        with air.as_adapter():
            async with BleakClient(board.address) as client:
                assert await board.play(1500) == 1500
                await client.write_gatt_char(CONTROL, b"B", response=True)
                await board.play(1500)
    assert board.printed[-1] == "button 1 500"


# Housekeeping


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[-1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"  # ended; nobody has asked for its exit code yet


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc: run it on Linux")
def test_vm_does_not_outlive_a_killed_host(tmp_path):
    script = f"""
import asyncio, os
from trunkline.simulator import VirtualAir, VirtualBoard
async def main():
    async with VirtualAir() as air:
        async with VirtualBoard(air, root={str(tmp_path)!r}, firmware={str(FIRMWARE)!r}) as board:
            print(board._vm.pid, flush=True)
            await asyncio.sleep(60)
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as host:
        assert host.stdout is not None
        vm = int(host.stdout.readline())
        assert is_running(vm)
        host.send_signal(signal.SIGKILL)
        host.wait()
        host.stdout.read()  # ends when the VM has closed its copy, too
    for _ in range(100):
        if not is_running(vm):
            return
        time.sleep(0.02)
    pytest.fail(f"the VM {vm} still runs")


def test_both_ends_number_messages_alike():
    source = (firmware_path() / "boards" / "sim" / "hostlink.py").read_text()
    numbers = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
            names = [name.id for name in node.targets[0].elts]
            numbers.update(zip(names, ast.literal_eval(node.value), strict=True))
    assert {kind.name: numbers[kind.name] for kind in Kind} == {k.name: int(k) for k in Kind}


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(np.zeros((3, 3)), id="floats"),
        pytest.param(np.full((3, 3), 40_000), id="too-large"),
        pytest.param(np.zeros((3, 2), np.int16), id="two-axes"),
        pytest.param(np.zeros((0, 3), np.int16), id="no-rows"),
        pytest.param(np.zeros((4, 3), np.int16), id="other-length"),
    ],
)
def test_tape_refuses_what_is_no_device_count(tmp_path, rows):
    good = np.zeros((3, 3), np.int16)
    with pytest.raises(InputError, match="expected"):
        write_tape(tmp_path / "tape", good if len(rows) else rows, rows, good)


async def test_press_that_comes_with_the_order_to_play_on_is_seen(air, tmp_path):
    script = FIRMWARE.with_name("looks_away.py")
    async with VirtualBoard(air, root=tmp_path, firmware=script) as board, asyncio.timeout(20):
        await board.play(100)
        while "looks away" not in board.printed:
            await asyncio.sleep(0.01)
        await board.press(300)
        await board.play(5000)
        while len(board.printed) < 2:
            await asyncio.sleep(0.01)
    assert board.printed == ["looks away", "seen"]
