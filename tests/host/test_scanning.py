"""Scanning: what a device tells to anybody, and what this computer remembers of it."""

import json

import pytest
from bleak.backends.scanner import AdvertisementData

from tests.two_ends import worn
from tests.worn_tape import write_worn
from trunkline.errors import BluetoothError, InputError
from trunkline.simulator.table import press_button
from trunkline.transports.bonded import BondedDevice, BondedDevices
from trunkline.transports.scanning import battery_pct, find, scan

LEVEL = "0000180f-0000-1000-8000-00805f9b34fb"


@pytest.fixture
async def ends(tmp_path):
    async with worn(tmp_path, write_worn(tmp_path / "tape")) as ends:
        yield ends


@pytest.fixture
def memory(tmp_path):
    return BondedDevices(tmp_path / "config" / "devices.json")


async def listen(ends, memory):
    with ends.air.as_adapter():
        return await scan(0.5, memory)


async def test_device_tells_name_battery_and_signal(ends, memory):
    ends.air.rssi_dbm = -71
    (heard,) = await listen(ends, memory)
    assert heard.name.startswith("Trunkline ")
    assert (heard.address, heard.rssi_dbm) == (ends.board.address, -71)
    assert 0 <= heard.battery_pct <= 100
    assert heard.is_bonded is None


@pytest.mark.parametrize(("told", "known"), [(-71, -71), (127, None), (-127, None)])
async def test_found_device_is_given_with_its_signal_where_that_is_told(ends, told, known):
    ends.air.rssi_dbm = told
    with ends.air.as_adapter():
        device, rssi_dbm = await find((ends.board.address,), 10)
    assert (device.address, rssi_dbm) == (ends.board.address, known)


async def test_battery_is_what_the_board_measures(ends, memory):
    levels = []
    for at_ms, millivolts in ((100_000, 4180), (200_000, 3600)):
        await ends.board.inject("battery_mv", millivolts)
        await ends.board.play(at_ms)
        await press_button(ends.board)
        (heard,) = await listen(ends, memory)
        levels.append(heard.battery_pct)
    assert levels == pytest.approx([100, 10], abs=3)


@pytest.mark.parametrize("known_by", ["name", "address"])
async def test_remembered_device_is_bonded(ends, memory, known_by):
    (heard,) = await listen(ends, memory)
    other = {"name": "Trunkline FFFF", "address": "AA:AA:AA:AA:AA:AA"}
    memory.remember(BondedDevice("ab" * 8, **{**other, known_by: getattr(heard, known_by)}))
    (heard,) = await listen(ends, memory)
    assert heard.is_bonded


async def test_connected_device_is_silent(ends, memory):
    async with ends.session():
        assert await listen(ends, memory) == ()
    assert len(await listen(ends, memory)) == 1


async def test_strongest_comes_first(ends, memory, monkeypatch):
    both = {}

    async def heard(*_, **__):
        for name, rssi in (("far", -90), ("near", -40)):
            device = type("Device", (), {"name": name, "address": name})
            both[name] = (device, AdvertisementData(name, {}, {}, [], None, rssi, ()))
        return both

    monkeypatch.setattr("trunkline.transports.scanning.BleakScanner.discover", heard)
    assert [device.name for device in await scan(0.1, memory)] == ["near", "far"]


@pytest.mark.parametrize("data", [b"", b"\x65", b"\x10\x20"])
def test_battery_that_makes_no_sense_is_none(data):
    assert battery_pct(AdvertisementData(None, {}, {LEVEL: data}, [], None, -50, ())) is None


# Memory


DEVICES = [BondedDevice(f"{k:016x}", f"Trunkline 000{k}", f"C0:DE:00:00:00:0{k}") for k in (1, 2)]


def test_what_is_remembered_is_there_for_the_next_program(memory):
    for device in DEVICES:
        memory.remember(device)
    assert list(BondedDevices(memory.path).devices()) == DEVICES


def test_device_under_a_new_address_is_the_same_device(memory):
    memory.remember(DEVICES[0])
    moved = BondedDevice(DEVICES[0].device_id, "Trunkline 0001", "another")
    memory.remember(moved)
    assert memory.devices() == (moved,)


def test_the_only_device_is_given_and_several_are_listed(memory):
    with pytest.raises(InputError, match="Found no bonded device"):
        memory.the_only()
    memory.remember(DEVICES[0])
    assert memory.the_only() == DEVICES[0]
    memory.remember(DEVICES[1])
    with pytest.raises(InputError, match=r"2 bonded devices \(ble:Trunkline 0001, ble:"):
        memory.the_only()


@pytest.mark.parametrize("by", ["name", "address", "device_id"])
def test_device_is_forgotten_by_any_of_its_names(memory, by):
    for device in DEVICES:
        memory.remember(device)
    assert memory.forget(getattr(DEVICES[0], by))
    assert not memory.forget("nobody")
    assert memory.the_only() == DEVICES[1]


def test_nothing_but_id_name_and_address_is_kept_and_for_this_user_only(memory):
    memory.remember(DEVICES[0])
    (row,) = json.loads(memory.path.read_text())
    assert set(row) == {"device_id", "name", "address"}
    assert memory.path.stat().st_mode & 0o077 == 0
    assert list(memory.path.parent.iterdir()) == [memory.path]


@pytest.mark.parametrize(
    "text", ["{", "[1]", "{}x", '[{"name": "a"}]', '[{"device_id": 1, "name": "", "address": ""}]']
)
def test_damaged_list_is_one_sentence_and_is_not_overwritten(memory, text):
    memory.path.parent.mkdir()
    memory.path.write_text(text)
    for use in (memory.devices, memory.the_only, lambda: memory.remember(DEVICES[0])):
        with pytest.raises(InputError, match="damaged"):
            use()
    assert memory.path.read_text() == text


def test_list_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "config").write_text("a file where the folder should be")
    with pytest.raises(InputError, match="list of bonded devices"):
        BondedDevices(tmp_path / "config" / "devices.json").remember(DEVICES[0])


# The command


def test_scan_of_the_virtual_air_lists_one_board(run):
    code, out, err = run("scan", "sim:", "--seconds", "0.5", "--json")
    assert (code, "SIMULATED" in err) == (0, True)
    said = json.loads(out)
    assert said["is_simulated"]
    (device,) = said["devices"]
    assert device["name"].startswith("Trunkline ")
    code, out, _ = run("scan", "sim:", "--seconds", "0.5")
    assert code == 0
    assert "dBm" in out


def test_scan_that_hears_nothing_says_what_to_try(run, monkeypatch):
    async def nothing(*_):
        return ()

    monkeypatch.setattr("trunkline.transports.scanning.scan", nothing)
    code, out, _ = run("scan")
    assert (code, out.startswith("Heard no device.")) == (1, True)


@pytest.mark.parametrize("words", [("usb:",), ("--seconds", "0"), ("--seconds", "nan")])
def test_scan_of_nonsense_is_refused(run, words):
    code, out, err = run("scan", *words)
    assert (code, out) == (2, "")
    assert "expected ble: or sim:" in err


def test_scan_without_bluetooth_is_one_sentence(run, monkeypatch):
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/at/all")
    code, _, err = run("scan", "--json")
    assert code == 1
    assert err.startswith("trunkline: No Bluetooth to scan with: found no Bluetooth service")


async def test_scan_that_the_system_refuses_is_a_bluetooth_error(ends, memory):
    ends.air.faults.refuse("scan", PermissionError(13, "Permission denied"))
    with pytest.raises(BluetoothError, match="no permission"):
        await listen(ends, memory)
