"""Pairing: the passkey once, then never again, and it is kept nowhere."""

import json
import logging
import subprocess
import sys
import time
from contextlib import nullcontext
from dataclasses import replace

import pytest

from trunkline.cli import pair as command
from trunkline.device.pairing import pair
from trunkline.device.session import Session
from trunkline.device.told import told_clocks
from trunkline.errors import BluetoothError
from trunkline.simulator.table import PASSKEY, board_on_table, hold_button, press_button
from trunkline.transports.ble import BleTransport
from trunkline.transports.bonded import BondedDevice, BondedDevices, bonded_devices
from trunkline.transports.scanning import HeardDevice


@pytest.fixture(autouse=True)
def _own_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("trunkline.transports.ble._SCAN_S", 1.0)
    monkeypatch.setattr(command, "_LISTEN_S", 0.5)


class Person:
    """Somebody who types."""

    def __init__(self, types=PASSKEY):
        self.types, self.asked = types, 0

    async def ask(self):
        self.asked += 1
        return self.types


async def come_and_go(transport):
    await transport.open(print, print)
    await transport.close()


async def pair_with(board):
    return await pair(board.address, bonded_devices(), nullcontext())


async def test_new_device_asks_once_is_remembered_buzzes_and_is_told_the_time(tmp_path):
    person = Person()
    async with board_on_table(tmp_path, person.ask) as board:
        await hold_button(board)
        before = len(board.motor_log)
        done = await pair_with(board)
        await board.play(board.time_ms + 3000)
        assert len(board.motor_log) == before + 6  # on and off, three times
        assert done.has_buzzed
        assert bonded_devices().devices() == (done.device,)
        assert done.device.address == board.address
        await press_button(board)
        async with Session(BleTransport()) as session:  # "ble:"
            assert session.info.device_id.hex() == done.device.device_id
            (clock,) = (await told_clocks(session)).values()
            now = clock.utc_of_ms((await session.status()).uptime_ms)
            assert abs(now.utc_ms / 1000 - time.time()) < 60  # virtual time goes by itself
        assert (await pair_with(board)).device == done.device
    assert person.asked == 1


async def test_clock_that_contradicts_is_told_to_who_pairs(tmp_path):
    async with board_on_table(tmp_path, Person().ask) as board:
        await hold_button(board)
        async with Session(BleTransport(board.address)) as session:
            await session.set_time(round((time.time() - 86_400) * 1000))
        assert "h ahead; expected" in (await pair_with(board)).time_not_set


async def test_bonded_device_is_found_again_by_its_address_when_it_tells_no_name(tmp_path):
    person = Person()
    async with board_on_table(tmp_path, person.ask) as board:
        await hold_button(board)
        device = (await pair_with(board)).device
        bonded_devices().remember(replace(device, name="Trunkline as it once was"))
        await come_and_go(BleTransport())
        bonded_devices().remember(replace(device, address="another"))
        transport = BleTransport()
        await come_and_go(transport)
    assert (transport.name, transport.address) == (device.name, device.address)


@pytest.mark.parametrize("types", [PASSKEY + 1, None], ids=["wrong", "nothing"])
async def test_wrong_passkey_is_refused_and_nothing_remembered(tmp_path, types):
    person = Person(types)
    async with board_on_table(tmp_path, person.ask) as board:
        await hold_button(board)
        with pytest.raises(BluetoothError, match="holding its button") as caught:
            await pair_with(board)
        assert caught.value.trouble == "not paired"
        assert bonded_devices().devices() == ()
        person.types = PASSKEY
        await pair_with(board)
    assert person.asked == 2


async def test_device_whose_button_was_not_held_asks_nobody(tmp_path):
    person = Person()
    async with board_on_table(tmp_path, person.ask) as board:
        await press_button(board)
        with pytest.raises(BluetoothError, match="holding its button"):
            await pair_with(board)
    assert bonded_devices().devices() == ()


async def test_passkey_and_keys_are_in_no_file_of_the_host_and_in_no_log(tmp_path, caplog):
    caplog.set_level(logging.DEBUG, logger="trunkline")
    person = Person()
    (tmp_path / "board").mkdir()
    async with board_on_table(tmp_path / "board", person.ask) as board:
        await hold_button(board)
        await pair_with(board)
    kept = [path for path in (tmp_path / "config").rglob("*") if path.is_file()]
    assert [path.name for path in kept] == ["devices.json"]
    assert set(json.loads(kept[0].read_text())[0]) == {"device_id", "name", "address"}
    assert str(PASSKEY) not in kept[0].read_text() + caplog.text


async def test_motor_that_may_not_buzz_now_is_told(tmp_path):
    person = Person()
    async with board_on_table(tmp_path, person.ask) as board:
        await hold_button(board)
        assert (await pair_with(board)).has_buzzed
        await board.play(board.time_ms + 3000)
        again = await pair_with(board)  # it has had its share of these ten seconds
    assert not again.has_buzzed
    assert bonded_devices().devices() == (again.device,)


# The command


@pytest.fixture
def types(monkeypatch):
    """Give the lines that somebody types, one after the other; then nothing more."""

    def lines(*texts):
        waiting = list(texts)
        monkeypatch.setattr(command, "_read_line", lambda: waiting.pop(0) if waiting else "")

    return lines


def test_virtual_board_shows_how_it_goes(run, types):
    types("246 801")
    code, out, err = run("pair", "sim:", "--json")
    assert code == 0
    assert "SIMULATED" in err
    said = json.loads(out)
    assert said["is_simulated"]
    assert said["has_buzzed"]
    assert said["time_not_set"] is None
    assert said["device"]["name"].startswith("Trunkline ")
    assert bonded_devices().devices() == ()  # nothing simulated is remembered


def test_nothing_typed_is_one_sentence(run, types):
    types("")
    code, out, err = run("pair", "sim:")
    assert (code, out) == (2, "")
    assert "trunkline: Found no passkey; expected the six digits" in " ".join(err.split())
    assert "Error" not in err


def test_what_is_no_passkey_is_asked_for_again(run, types):
    types("12", "abcdef", "246801")
    code, out, err = run("pair", "sim:")
    assert (code, err.count("not six digits")) == (0, 2)
    assert "is bonded" in out


def test_closed_input_is_nothing_typed(monkeypatch):
    monkeypatch.setattr(sys, "__stdin__", None)
    assert command._read_line() == ""


def test_passkey_comes_through_a_pipe_and_is_not_echoed(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "trunkline", "pair", "sim:", "--json"],
        input=f"{PASSKEY + 1}\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "pairing refused" in done.stderr
    assert "ADDRESS" not in done.stderr
    assert str(PASSKEY + 1) not in done.stdout + done.stderr


@pytest.mark.parametrize("words", [("usb:/dev/ttyACM0",), ("Trunkline 3F2A",), ("--forget",)])
def test_nonsense_is_refused(run, words):
    code, out, err = run("pair", *words)
    assert (code, out) == (2, "")
    assert "expected ble:, ble:NAME" in err


def test_bonded_device_is_forgotten_by_name(run):
    bonded_devices().remember(BondedDevice("ab", "Trunkline 0001", "C0:DE"))
    code, out, _ = run("pair", "ble:Trunkline 0001", "--forget")
    assert (code, "remove it in the Bluetooth" in out) == (0, True)
    assert bonded_devices().devices() == ()
    assert run("pair", "ble:Trunkline 0001", "--forget")[0] == 2


HEARD = [HeardDevice(f"Trunkline 000{k}", f"C0:{k}", 50, -50 - k, None) for k in (1, 2)]


@pytest.fixture
def hears(monkeypatch):
    """Let scans hear these, one answer after the other; then nothing."""

    def answers(*heard):
        waiting = list(heard)

        async def scan(*_):
            return waiting.pop(0) if waiting else ()

        monkeypatch.setattr("trunkline.transports.scanning.scan", scan)

    return answers


async def test_device_is_waited_for_and_the_only_one_taken(hears, tmp_path):
    hears((), (), tuple(HEARD[:1]))
    assert await command._choose(BondedDevices(tmp_path / "x")) == "C0:1"


async def test_of_several_devices_one_is_chosen(hears, types, tmp_path):
    hears(tuple(HEARD))
    types("2")
    assert await command._choose(BondedDevices(tmp_path / "x")) == "C0:2"


@pytest.mark.parametrize("answer", ["", "3", "0", "x"])
def test_choice_that_is_none_is_refused(run, hears, types, answer):
    hears(tuple(HEARD))
    types(answer)
    code, _, err = run("pair")
    assert code == 2
    assert "expected a number from 1 to 2" in err


def test_nobody_near_is_one_sentence(run, hears):
    hears()
    code, _, err = run("pair")
    assert (code, "Found no device within a minute" in err) == (1, True)
