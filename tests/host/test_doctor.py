"""The doctor: each thing looked at, the level it is given, and the remedy where one is needed."""

import dataclasses
import json
from collections import namedtuple

import pytest

from posturecore import faults, flash, frames
from tests.two_ends import UPRIGHT
from trunkline.device.download import download
from trunkline.device.session import Session
from trunkline.doctor import LEVELS, device, examine, host
from trunkline.errors import InputError
from trunkline.protocol.events import Hello, Status, TimeAnchor
from trunkline.protocol.records import DeviceFault, LogStatus
from trunkline.simulator.table import PASSKEY, board_on_table, hold_button
from trunkline.transports.ble import BleTransport
from trunkline.transports.bonded import BondedDevice, bonded_devices

NOW_MS = 1_795_000_000_000
DAY_MS = 86_400_000
USAGE = namedtuple("USAGE", "total used free")


@pytest.fixture(autouse=True)
def _own_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("trunkline.transports.ble._SCAN_S", 1.0)


@pytest.fixture
async def board(tmp_path):
    """A board that takes a new host."""

    async def passkey():
        return PASSKEY

    (tmp_path / "board").mkdir()
    async with board_on_table(tmp_path / "board", passkey) as board:
        await hold_button(board)
        yield board


async def look(where, now_ms=NOW_MS):
    """Give the checks by name; each is whole."""
    checks = await examine(where, lambda: now_ms)
    for check in checks:
        assert check.level in LEVELS
        assert check.sentence.endswith("."), check
        assert bool(check.remedy) == (check.level != "ok"), check
        assert not check.remedy or check.remedy.endswith("."), check
    assert len({check.name for check in checks}) == len(checks)
    return {check.name: check for check in checks}


def level_of(checks):
    return {name: check.level for name, check in checks.items()}


# The device


async def test_new_device_is_well_but_for_what_nobody_has_told_it(board):
    checks = await look(f"ble:{board.address}")
    assert level_of(checks) == {
        "python": "ok",
        "extra ble": "ok",
        "extra sim": "ok",
        "disk": "ok",
        "bonded devices": "ok",
        "bluetooth": "ok",
        "device": "ok",
        "firmware": "ok",
        "battery": "ok",
        "calibration": "warn",
        "samples": "ok",
        "storage": "ok",
        "clock": "ok",
    }
    assert checks["clock"].sentence == "It did not know the time; now it is told."
    assert "differ by 0." in (await look(f"ble:{board.address}"))["clock"].sentence
    assert "Trunkline 0001" in checks["bluetooth"].sentence
    assert "c0de" in checks["device"].sentence


async def test_told_device_is_well(board):
    async with Session(BleTransport(board.address)) as session:
        await session.set_neutral(UPRIGHT)
        await session.set_time(NOW_MS - 2000, 30, 0)
        await board.play(board.time_ms + 1000)
    checks = await look(f"ble:{board.address}")
    assert {check.level for check in checks.values()} == {"ok"}
    assert "differ by 1.0 s" in checks["clock"].sentence


@pytest.mark.parametrize("off_ms", [-DAY_MS, DAY_MS, 3_600_000])
async def test_clock_of_the_computer_that_contradicts_the_device_fails(board, off_ms):
    async with Session(BleTransport(board.address)) as session:
        await session.set_time(NOW_MS, 30, 0)
    checks = await look(f"ble:{board.address}", NOW_MS + off_ms)
    assert checks["clock"].level == "fail"
    assert "this computer's clock" in checks["clock"].sentence


async def test_looking_changes_nothing_on_the_device_but_that_it_is_told_the_time(board):
    async with Session(BleTransport(board.address)) as session:
        before = session.settings
    await look(f"ble:{board.address}")
    async with Session(BleTransport(board.address)) as session:
        events = [record.event async for record in download(session)]
        log = await session.ask(LogStatus, frames.REQUEST, (flash.LOG_STATUS,))
        assert session.settings == before
        assert (await session.status()).is_calibrated == 0
    assert log.acknowledged == 0
    assert [event.utc_s for event in events if isinstance(event, TimeAnchor)] == [NOW_MS // 1000]


async def test_sensor_that_has_gone_is_told_with_its_own_remedy(board):
    await board.inject("missing", 1)
    await board.play(board.time_ms + 20_000)
    await hold_button(board)
    check = (await look(f"ble:{board.address}"))["fault: sensor bus"]
    assert check.level == "warn"
    assert check.remedy == faults.FAULTS[faults.SENSOR_BUS][2]


async def test_device_that_does_not_let_us_in_fails_with_the_remedy(board):
    await board.air.take_away(board.address, 0)
    checks = await look(f"ble:{board.address}")
    assert checks["device"].level == "fail"
    assert "a press of its button" in checks["device"].remedy
    assert "firmware" not in checks


async def test_cable_needs_no_bluetooth(board):
    board.air.faults.refuse("scan", PermissionError(13, "no"))
    checks = await look(f"usb:{board.usb_port}")
    assert "bluetooth" not in checks
    assert level_of(checks)["device"] == "ok"


STATUS = Status(0, 1, 60_000, 3600, 0, 3900, 1, 0, 0, 0, 0, 0, 0, 3, 0)
HELLO = Hello(0, 1, 0, 1, 6, 60_000, 1, 0, b"12345678", 0)


@pytest.mark.parametrize(
    ("battery_mv", "level"), [(3500, "ok"), (3499, "warn"), (3300, "warn"), (3299, "fail")]
)
def test_battery_is_judged_as_the_firmware_does(battery_mv, level):
    from tests.firmware import parts  # noqa: F401 - puts the firmware on the path

    import power  # isort: skip

    assert (device._LOW_MV, device._EMPTY_MV) == (power.LOW_MV, power.EMPTY_MV)
    assert device._battery(dataclasses.replace(STATUS, battery_mv=battery_mv)).level == level


@pytest.mark.parametrize(
    ("version", "words"),
    [((0, 1), "as this package carries"), ((0, 0), "carries 0.1"), ((1, 0), "newer than the 0.1")],
)
def test_firmware_is_compared_with_what_the_package_carries(version, words):
    hello = dataclasses.replace(HELLO, firmware_major=version[0], firmware_minor=version[1])
    assert words in device._firmware(hello).sentence


@pytest.mark.parametrize(
    ("acknowledged", "used_bytes", "level"),
    [(1000, 1_000_000, "ok"), (0, 400_000, "ok"), (0, 600_000, "warn"), (0, 950_000, "fail")],
)
def test_log_that_no_host_has_is_told_in_time(acknowledged, used_bytes, level):
    log = LogStatus(0, 0, 1000, acknowledged, used_bytes, 1_000_000)
    check = device._storage(log)
    assert check.level == level
    assert f"{1000 - acknowledged} records" in check.sentence


def test_lost_samples_are_told():
    assert device._samples(dataclasses.replace(STATUS, samples_lost=7)).level == "warn"


@pytest.mark.parametrize("code", range(1, len(faults.FAULTS) + 1))
def test_every_fault_has_a_line_or_one_of_its_own(code):
    lines = device._faults([DeviceFault(0, 0, code, 1, 5), DeviceFault(1, 0, code, 2, 6)])
    if code in device._ELSEWHERE:
        assert lines == []
        return
    (line,) = lines
    assert line.level == ("fail" if code in device._GRAVE else "warn")
    assert line.remedy
    has_detail = code < len(faults.FAULTS) and faults.FAULTS[code][3]
    assert ("6)" in line.sentence) == bool(has_detail)


# The computer


@pytest.mark.parametrize(
    ("where", "levels"),
    [("ble:x", {"ble": "fail", "sim": "warn"}), ("", {"ble": "warn", "sim": "warn"})],
)
def test_extra_that_is_missing_fails_where_it_is_needed(monkeypatch, where, levels):
    monkeypatch.setattr(host, "find_spec", lambda module: None)
    checks = {check.name: check for check in host.check_host(where)}
    for extra, level in levels.items():
        assert checks[f"extra {extra}"].level == level
        assert f"trunkline[{extra}]" in checks[f"extra {extra}"].remedy


async def test_without_bleak_bluetooth_is_not_looked_at(monkeypatch):
    monkeypatch.setattr(host, "find_spec", lambda module: None)
    assert (await host.check_bluetooth(is_needed=False)).level == "warn"


@pytest.mark.parametrize(("is_needed", "level"), [(True, "fail"), (False, "warn")])
async def test_adapter_that_is_off_is_told_with_the_remedy(board, is_needed, level):
    board.air.faults.refuse("scan", PermissionError(13, "no"))
    check = await host.check_bluetooth(is_needed=is_needed)
    assert check.level == level
    assert "usermod" in check.remedy


def test_port_that_may_not_be_opened_names_the_group(monkeypatch):
    monkeypatch.setattr(host.os, "access", lambda *_: False)
    monkeypatch.setattr(host.Path, "exists", lambda _: True)
    for wanted, level in (("/dev/ttyACM0", "fail"), ("", "warn")):
        port = type("Port", (), {"device": "/dev/ttyACM0"})
        monkeypatch.setattr(host.list_ports, "comports", lambda port=port: [port])
        check = host._ports(wanted)
        assert check.level == level
        assert "dialout" in check.remedy


def test_ports_that_need_no_permission_are_fine(monkeypatch):
    monkeypatch.setattr(host.list_ports, "comports", list)
    assert [host._ports(wanted).level for wanted in ("", "socket://pi:4000")] == ["ok", "ok"]
    assert host._ports("/dev/ttyNONE").level == "fail"


@pytest.mark.parametrize(("free", "level"), [(2e9, "ok"), (5e8, "warn"), (1e7, "fail")])
def test_disk_without_room_is_told(monkeypatch, free, level):
    monkeypatch.setattr(host.shutil, "disk_usage", lambda _: USAGE(1, 1, free))
    assert host._disk(host.Path.cwd()).level == level


def test_list_of_bonded_devices_is_needed_for_no_name_only():
    assert [host._memory(where).level for where in ("", "ble:x", "ble:")] == ["ok", "ok", "fail"]
    bonded_devices().remember(BondedDevice("ab", "Trunkline 0001", "C0:DE"))
    check = host._memory("ble:")
    assert (check.level, check.sentence) == ("ok", "Trunkline 0001, by this user.")
    bonded_devices().path.write_text("{")
    assert [host._memory(where).level for where in ("", "ble:")] == ["warn", "fail"]


async def test_nowhere_is_refused():
    with pytest.raises(InputError, match="expected ble:NAME"):
        await examine("nowhere", lambda: NOW_MS)


async def test_recording_is_no_device(demo_run):
    with pytest.raises(InputError, match="expected a device; try: `trunkline check`"):
        await examine(str(demo_run.simulated.capture), lambda: NOW_MS)


# The command


def test_virtual_board_is_examined(run):
    code, out, err = run("doctor", "sim:", "--json")
    said = json.loads(out)
    assert (code, said["is_simulated"], "SIMULATED" in err) == (0, True, True)
    levels = {check["name"]: check["level"] for check in said["checks"]}
    assert levels["device"] == levels["storage"] == "ok"


def test_what_fails_gives_exit_code_1_and_its_remedy(run):
    code, out, _ = run("doctor", "usb:/dev/ttyNONE")
    assert code == 1
    assert "fail  usb ports" in out
    assert "a cable that carries data" in out


def test_computer_alone_needs_no_device_and_no_bluetooth(run, monkeypatch):
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/at/all")
    code, out, _ = run("doctor")
    assert code == 0
    assert "warn  bluetooth" in out
    assert run("doctor", "ble:x")[0] == 1
