"""Bluetooth that refuses: each way is one sentence with the remedy, over the virtual adapter."""

import asyncio
import sys

import pytest
from bleak import BleakClient
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakCharacteristicNotFoundError,
    BleakDBusError,
    BleakDeviceNotFoundError,
    BleakError,
    BleakGATTProtocolError,
)

from tests.two_ends import PASSKEY, worn
from tests.worn_tape import write_worn
from trunkline.errors import BluetoothError, InputError, LinkError
from trunkline.transports import ble, ble_troubles
from trunkline.transports.ble import BleTransport
from trunkline.transports.ble_troubles import TROUBLES, trouble_of


def unavailable(reason):
    return BleakBluetoothNotAvailableError(
        "as bleak says", BleakBluetoothNotAvailableReason[reason]
    )


def dbus(name, *body):
    return BleakDBusError(name, list(body))


# (operation, what bleak raises there or None: it never answers, row)
CASES = [
    ("scan", unavailable("NO_BLUETOOTH"), "no adapter"),
    ("scan", unavailable("NO_BLE_CENTRAL_ROLE"), "old adapter"),
    ("scan", unavailable("POWERED_OFF"), "adapter off"),
    ("scan", unavailable("DENIED_BY_USER"), "no permission"),
    ("scan", unavailable("DENIED_BY_SYSTEM"), "no permission"),
    ("scan", unavailable("DENIED_BY_UNKNOWN"), "no permission"),
    ("scan", unavailable("UNKNOWN"), "no service"),
    ("scan", dbus("org.freedesktop.DBus.Error.AccessDenied", "Rejected"), "no permission"),
    ("scan", dbus("org.freedesktop.DBus.Error.ServiceUnknown", "gone"), "no service"),
    ("scan", dbus("org.freedesktop.DBus.Error.Spawn.ChildExited", "code 1"), "no service"),
    ("scan", dbus("org.bluez.Error.NotReady", "Resource Not Ready"), "adapter off"),
    ("scan", dbus("org.bluez.Error.InProgress", "Operation in progress"), "adapter busy"),
    ("scan", FileNotFoundError(2, "No such file or directory"), "no service"),
    ("scan", ConnectionRefusedError(111, "Connection refused"), "no service"),
    ("scan", PermissionError(13, "Permission denied"), "no permission"),
    ("scan", BleakError("Failed to start scanner. Is Bluetooth turned on?"), "adapter off"),
    ("scan", None, "no answer"),
    ("connect", BleakDeviceNotFoundError("C0:DE", "was not found"), "not heard"),
    ("connect", dbus("org.bluez.Error.Failed", "le-connection-abort-by-local"), "gone"),
    ("connect", dbus("org.freedesktop.DBus.Error.UnknownObject", "no"), "not heard"),
    ("connect", BleakError("Could not get GATT services: Unreachable"), "gone"),
    ("connect", dbus("org.bluez.Error.NotReady", "Resource Not Ready"), "adapter off"),
    ("connect", None, "no answer"),
    ("pair", dbus("org.bluez.Error.AuthenticationFailed", "Failed"), "not paired"),
    ("pair", dbus("org.bluez.Error.AuthenticationCanceled", "Canceled"), "not paired"),
    ("pair", BleakError("Could not pair with device: FAILED"), "not paired"),
    ("pair", BleakError("Device disconnected"), "not paired"),
    ("pair", dbus("org.freedesktop.DBus.Error.AccessDenied", "Rejected"), "no permission"),
    ("pair", None, "not paired"),
    ("subscribe", BleakGATTProtocolError(0x05), "not paired"),
    ("subscribe", BleakGATTProtocolError(0x0F), "not paired"),
    ("subscribe", dbus("org.bluez.Error.NotPermitted", "Notify acquired"), "in use"),
    ("subscribe", BleakCharacteristicNotFoundError("7a2b0002"), "not ours"),
    ("subscribe", BleakError("Not connected"), "gone"),
    ("subscribe", None, "no answer"),
    ("write", BleakError("Could not write value: Access Denied"), "not paired"),
    ("write", BleakError("disconnected"), "gone"),
    ("write", BleakGATTProtocolError(0x81), "other"),
    ("write", None, "no answer"),
]


@pytest.fixture(scope="module")
def tape(tmp_path_factory):
    return write_worn(tmp_path_factory.mktemp("worn") / "tape")


@pytest.fixture
async def ends(tmp_path, tape):
    async with worn(tmp_path, tape) as ends:
        yield ends


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    for name in ("_CONNECT_S", "_PAIR_S", "_ANSWER_S", "_LEAVE_S"):
        monkeypatch.setattr(ble, name, 1.0)
    monkeypatch.setattr(ble, "_SCAN_S", 0.6)
    monkeypatch.setattr("trunkline.transports.scanning._GRACE_S", 0.2)


async def refused(ends):
    """Give the error of a host that tries to connect."""
    with pytest.raises(BluetoothError) as caught:
        async with ends.session():
            pass
    return caught.value


async def test_each_failure_is_one_sentence_and_connecting_works_once_it_is_mended(ends):
    for operation, error, trouble in CASES:
        ends.air.faults.refuse(operation, error)
        said = await refused(ends)
        assert said.trouble == trouble, (operation, error)
        what = "No Bluetooth to scan with" if operation == "scan" else ends.board.address
        assert str(said).startswith((what, f"Could not connect to {what}"))
        assert TROUBLES[trouble].found in str(said)
        remedy = TROUBLES[trouble].remedy(sys.platform, ends.board.address)
        assert str(said).endswith(f"; try {remedy}.")
        assert "\n" not in str(said)
        ends.air.faults.mend()
    async with ends.session() as session:
        assert (await session.status()).frames_bad == 0


@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_every_row_has_a_remedy_on_every_system(system):
    for name, row in TROUBLES.items():
        for text in (row.found, row.expected, row.remedy(system)):
            assert text, name
            assert text.strip(". ") == text, name


def test_every_row_is_reached():
    reached = {trouble for _, _, trouble in CASES}
    assert set(TROUBLES) - reached == {"small packets"}  # below


@pytest.mark.parametrize(("system", "word"), [("linux", "bluetoothctl"), ("darwin", "macOS")])
def test_remedy_is_of_the_system_at_hand(system, word, monkeypatch):
    monkeypatch.setattr(sys, "platform", system)
    assert word in str(ble_troubles.bluetooth_error("Could not connect", "not paired"))


def test_failure_nobody_knows_tells_what_the_system_said():
    error = BleakError("0xC0FFEE")
    trouble = trouble_of(error, "connect")
    assert trouble == "other"
    assert "(0xC0FFEE)" in str(ble_troubles.bluetooth_error("It failed", trouble, error))


async def test_device_out_of_range_is_not_heard(ends):
    await ends.air.take_away(ends.board.address, 0)
    assert (await refused(ends)).trouble == "not heard"
    ends.air.bring_back(ends.board.address)
    async with ends.session():
        pass


async def test_device_that_this_computer_holds_already_is_in_use(ends):
    async with ends.session():
        with pytest.raises(BluetoothError, match="connected to this computer already") as caught:
            await BleTransport(ends.board.address).open(print, print)
    assert caught.value.trouble == "in use"


async def test_system_that_does_not_tell_of_its_links_says_not_heard(ends, monkeypatch):
    async def unsupported(_uuids):
        raise NotImplementedError

    async with ends.session():
        monkeypatch.setattr(
            "trunkline.simulator.bleak_backend.VirtualBleakAdapter.get_connected_devices",
            lambda _self, uuids: unsupported(uuids),
        )
        with pytest.raises(BluetoothError) as caught:
            await BleTransport(ends.board.address).open(print, print)
    assert caught.value.trouble == "not heard"


async def test_packets_too_small_for_a_frame_are_told(ends, monkeypatch):
    monkeypatch.setattr("trunkline.simulator.bleak_client._HOST_MTU", 185)
    monkeypatch.setattr(ble, "_PACKETS_S", 0.2)
    said = await refused(ends)
    assert said.trouble == "small packets"
    assert "an MTU of 185" in str(said)


async def test_packet_size_that_the_system_tells_late_is_waited_for(ends, monkeypatch):
    """BlueZ tells it through a characteristic, 23 at first; `mtu_size` is always 23 there."""
    asked = []

    def size(client):
        asked.append(client)
        return 247 if len(asked) > 3 else 23

    monkeypatch.setattr(
        "trunkline.simulator.bleak_client.VirtualBleakClient.mtu_size", property(size)
    )
    async with ends.session() as session:
        assert session._transport.mtu == 247


async def test_macos_pairs_at_the_first_protected_read(ends, monkeypatch):
    """There bleak cannot pair: the system does, and asks for the passkey."""

    async def unsupported(self):
        raise NotImplementedError("Pairing is not available in Core Bluetooth.")

    async def read(self, characteristic, **_options):
        await self.pair_by_system()
        return await reads(self, characteristic)

    kind = "trunkline.simulator.bleak_client.VirtualBleakClient"
    from trunkline.simulator.bleak_client import VirtualBleakClient

    reads = VirtualBleakClient.read_gatt_char
    monkeypatch.setattr(f"{kind}.pair_by_system", VirtualBleakClient.pair, raising=False)
    monkeypatch.setattr(f"{kind}.pair", unsupported)
    monkeypatch.setattr(f"{kind}.read_gatt_char", read)
    async with ends.session() as session:
        assert (await session.status()).is_calibrated == 1


async def test_opening_that_is_given_up_lets_go_of_the_device(ends):
    ends.air.faults.refuse("subscribe", None)
    with ends.air.as_adapter(passkey=lambda: PASSKEY):
        opening = asyncio.create_task(BleTransport(ends.board.address).open(print, print))
        while not ends.air.faults.met:
            await asyncio.sleep(0.01)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
    assert ends.air.faults.met == ["subscribe"]
    assert not ends.air.adapter.connections


async def test_adapter_that_never_lets_go_does_not_hold_the_host(ends):
    ends.air.faults.refuse("disconnect", None)
    async with ends.session():
        pass
    ends.air.faults.mend()
    ends.air.drop_links(ends.board.address)


async def test_loss_while_opening_is_told_once_by_the_error_alone(ends):
    lost = []
    ends.air.faults.break_link("write")
    with (
        ends.air.as_adapter(passkey=lambda: PASSKEY),
        pytest.raises(LinkError, match="the link lost"),
    ):
        await BleTransport(ends.board.address).open(print, lambda: lost.append(1))
    assert lost == []


async def test_fault_that_does_not_exist_is_refused(ends):
    with pytest.raises(ValueError, match="expected one of"):
        ends.air.faults.refuse("paring", None)
    with pytest.raises(ValueError, match="expected one of"):
        ends.air.faults.break_link("paring")


async def test_nothing_bonded_and_no_name_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with pytest.raises(InputError, match="no bonded device"):
        await BleTransport().open(print, print)


async def test_name_is_found_in_any_case(ends):
    with ends.air.as_adapter(passkey=lambda: PASSKEY):
        async with BleakClient(ends.board.address) as client:
            name = client.name
        transport = BleTransport(ends.board.address.lower())
        await transport.open(print, print)
        assert (transport.address, name) == (ends.board.address, ends.board.address)
        await transport.close()
