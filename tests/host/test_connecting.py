"""One word says where the device is, and gives a session with it."""

from types import SimpleNamespace

import pytest

import trunkline
from trunkline import InputError, examples
from trunkline.captures.streamed import stream_of
from trunkline.device.connecting import transport_to
from trunkline.device.session import Session
from trunkline.exports import export
from trunkline.transports.ble import BleTransport
from trunkline.transports.capture import CaptureTransport
from trunkline.transports.serial import SerialTransport
from trunkline.transports.simulated import SimulatedTransport


@pytest.mark.parametrize(
    ("where", "kind", "name"),
    [
        ("ble:Trunkline 3F2A", BleTransport, "Trunkline 3F2A"),
        ("ble:C0:DE:00:00:00:01", BleTransport, "C0:DE:00:00:00:01"),
        ("usb:/dev/ttyACM0", SerialTransport, "/dev/ttyACM0"),
        ("usb:socket://localhost:4000", SerialTransport, "socket://localhost:4000"),
        ("socket://localhost:4000", SerialTransport, "socket://localhost:4000"),
        ("usb:COM4", SerialTransport, "COM4"),
        ("sim:", SimulatedTransport, "sim"),
        ("monday.tlcap", CaptureTransport, "monday.tlcap"),
        ("C:/somewhere/monday.tlcap", CaptureTransport, "C:/somewhere/monday.tlcap"),
    ],
)
def test_each_form_gives_its_own_way_to_the_device(where, kind, name):
    transport = transport_to(where)
    assert type(transport) is kind
    assert transport.name == name


@pytest.mark.parametrize("where", ["", "trunkline", "usb:", "BLE:x", "day.doc", "http://x", "sim"])
def test_a_form_that_there_is_not_is_answered_with_those_there_are(where):
    with pytest.raises(
        InputError, match=r"ble:NAME, ble:ADDRESS, usb:PORT, sim:, sim:TAPE, a capture"
    ):
        trunkline.connect(where)


@pytest.mark.parametrize("speed", [0, -1, float("nan"), float("inf"), 2000])
def test_a_speed_at_which_nothing_can_run_is_refused(speed):
    with pytest.raises(InputError, match="speed"):
        trunkline.connect("sim:", speed=speed)


def test_what_is_no_tape_is_refused_before_anything_starts(tmp_path):
    (tmp_path / "short").write_bytes(b"TLTP")
    (tmp_path / "other").write_bytes(bytes(40))
    for name in ("nowhere", "short", "other"):
        with pytest.raises(InputError, match="write_tape"):
            trunkline.connect(f"sim:{tmp_path / name}")


@pytest.mark.parametrize("name", ["a.csv", "dataset"])
async def test_any_recording_is_played_as_its_device_would_have_streamed_it(tmp_path, name):
    recording = trunkline.load(examples.path(examples.NAMES[0]))
    export(recording, tmp_path / name)
    expected = b"".join(stream_of(recording))
    sink = bytearray()
    session = trunkline.connect(tmp_path / name)
    session.capture = SimpleNamespace(write=sink.extend)
    async with session:
        assert not session.takes_commands
        await session.wait_over()
    assert sink == expected


def test_a_recording_that_is_not_there_or_says_too_little_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match=r"no file 'day.csv'"):
        trunkline.connect("day.csv")
    (tmp_path / "a.csv").write_text("t,x,y,z\n0,1,2,3\n")
    with pytest.raises(InputError, match="expected"):
        trunkline.connect(tmp_path / "a.csv")


def test_connecting_opens_nothing_yet():
    session = trunkline.connect("usb:/dev/ttyNONE")
    assert isinstance(session, Session)
    assert session.takes_commands
    assert not trunkline.connect("nowhere.tlcap").takes_commands


async def test_the_same_call_reaches_the_virtual_board():
    async with trunkline.connect("sim:", speed=50) as session:
        assert (await session.status()).boot_id == session.info.boot_id
