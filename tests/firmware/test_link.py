"""The link's rules, on a radio whose state can be put where a real stack's rarely is.

What a host sees over the real virtual radio is in tests/test_two_ends.py.
"""

import pytest

from posturecore import frames, wire
from tests.firmware.parts import WRAP_MS, Clock, Radio

from ble.advertising import advertisement, scan_response  # isort: skip
from ble.bonds import Bonds  # isort: skip
from ble.link import Link  # isort: skip
from storage.documents import Storage  # isort: skip

PASSKEY = 246801
DISPLAY = 3
OUR_KEY, PEER_KEY = 1, 2


class Desk:
    def __init__(self, root, start_ms=0):
        self.clock = Clock(start_ms)
        self.radio = Radio()
        self.bonds = Bonds(Storage(str(root)))
        self.battery_pct = 80
        self.link = Link(
            self.radio, self.clock, self.bonds, "Trunkline 0001", PASSKEY, lambda: self.battery_pct
        )
        self.link.start()

    def pass_ms(self, ms):
        for _ in range(10):
            self.clock.now_ms += ms // 10
            self.link.tend()

    def pair(self, connection=1):
        self.radio.connect(connection)
        self.radio.raise_irq(31, (connection, DISPLAY, 0))

    def keep(self, kind=PEER_KEY, key=b"peer", value=b"key"):
        return self.radio.raise_irq(30, (kind, key, value))


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def ask(sequence=0):
    return wire.pack_frame(frames.REQUEST, sequence, (frames.HELLO,))


# Advertising


@pytest.mark.parametrize("battery_pct", [0, 55, 100])
def test_advertising_fits_31_bytes_and_tells_the_battery(battery_pct):
    data = advertisement(frames.SERVICE_UUID, battery_pct)
    assert len(data) <= 31
    assert data[-4:] == b"\x16\x0f\x18" + bytes([battery_pct])


@pytest.mark.parametrize("name", ["T", "Trunkline 3F2A", "x" * 60])
def test_scan_response_fits_31_bytes(name):
    data = scan_response(name)
    assert len(data) == data[0] + 1 <= 31


def test_advertising_starts_with_the_radio_and_after_each_link(desk):
    desk.radio.connect(1)
    desk.radio.disconnect(1)
    assert len(desk.radio.advertised) == 2


def test_advertising_that_the_radio_refuses_is_tried_again(desk):
    desk.radio.connect(1)
    desk.radio.is_busy = True
    desk.radio.disconnect(1)
    desk.pass_ms(5000)
    assert len(desk.radio.advertised) == 1
    desk.radio.is_busy = False
    desk.pass_ms(2000)
    assert len(desk.radio.advertised) == 2


def test_advertised_battery_level_does_not_grow_old(desk):
    desk.battery_pct = 40
    desk.pass_ms(120_000)
    assert desk.radio.advertised[-1][0][-1] == 40


def test_connected_device_does_not_advertise(desk):
    desk.radio.connect(1)
    desk.pass_ms(600_000)
    assert len(desk.radio.advertised) == 1


# Pairing


def test_passkey_is_shown_only_inside_the_window(desk):
    desk.pair(1)
    assert (desk.radio.passkeys, desk.radio.ended) == ([], [1])
    desk.radio.disconnect(1)
    desk.link.open_window()
    desk.pass_ms(50_000)
    desk.pair(2)
    assert desk.radio.passkeys == [PASSKEY]
    desk.radio.disconnect(2)
    desk.pass_ms(20_000)
    desk.pair(3)
    assert desk.radio.ended == [1, 3]


def test_window_does_not_open_again_when_the_clock_wraps(desk):
    desk.link.open_window()
    desk.pass_ms(100_000)
    desk.clock.now_ms = WRAP_MS + 10
    desk.pair()
    assert desk.radio.passkeys == []


@pytest.mark.parametrize("start_ms", [WRAP_MS - 30_000, WRAP_MS // 2 - 30_000])
def test_window_lasts_a_minute_over_a_wrap(tmp_path, start_ms):
    desk = Desk(tmp_path, start_ms)
    desk.link.open_window()
    desk.pass_ms(59_000)
    desk.pair()
    assert desk.radio.passkeys == [PASSKEY]


def test_passkey_cannot_be_guessed_at_in_one_window(desk):
    desk.link.open_window()
    for connection in range(10):
        desk.pair(connection)
        desk.radio.disconnect(connection)
    assert len(desk.radio.passkeys) == 3


def test_host_that_knew_the_passkey_is_kept(desk, tmp_path):
    desk.link.open_window()
    desk.pair()
    assert desk.keep(OUR_KEY)
    assert desk.keep(PEER_KEY)
    assert len(Bonds(Storage(str(tmp_path)))) == 2


@pytest.mark.parametrize("is_open", [True, False], ids=["in-window", "outside"])
def test_stranger_that_pairs_without_a_passkey_is_not_kept(desk, tmp_path, is_open):
    if is_open:
        desk.link.open_window()
    desk.radio.connect(1)
    desk.radio.secure(1, authenticated=0)
    for k in range(40):
        assert not desk.keep(PEER_KEY, bytes([k]))
    assert len(desk.bonds) == len(Bonds(Storage(str(tmp_path)))) == 0
    assert not desk.link.is_open


def test_stranger_cannot_make_the_device_forget_a_host(desk, tmp_path):
    desk.link.open_window()
    desk.pair()
    desk.keep()
    desk.radio.disconnect(1)
    desk.pass_ms(70_000)
    desk.radio.connect(2)  # claims to be the bonded host and asks to pair anew
    assert desk.keep(PEER_KEY, b"peer", None)  # the stack clears its own way
    desk.radio.raise_irq(31, (2, DISPLAY, 0))
    desk.radio.disconnect(2)
    assert desk.radio.raise_irq(29, (PEER_KEY, 0, b"peer")) == b"key"
    assert len(Bonds(Storage(str(tmp_path)))) == 1


def test_bonded_host_may_pair_anew_inside_the_window(desk, tmp_path):
    desk.link.open_window()
    desk.pair()
    desk.keep()
    desk.radio.disconnect(1)
    desk.radio.connect(2)
    desk.keep(PEER_KEY, b"peer", None)
    desk.radio.raise_irq(31, (2, DISPLAY, 0))
    desk.keep(PEER_KEY, b"peer", b"new key")
    desk.radio.disconnect(2)
    assert Bonds(Storage(str(tmp_path))).get(PEER_KEY, 0, b"peer") == b"new key"


# Traffic


@pytest.mark.parametrize(
    ("encrypted", "authenticated"),
    [pytest.param(0, 0, id="plain"), pytest.param(1, 0, id="just-works")],
)
def test_nothing_is_sent_or_taken_on_a_weak_link(desk, encrypted, authenticated):
    desk.radio.connect(1)
    desk.radio.secure(1, encrypted, authenticated)
    desk.radio.raise_irq(21, (1, 247))
    desk.radio.write(1, ask())
    desk.link.send(frames.ACK, (1, 2, 3))
    assert desk.radio.notified == []
    assert desk.link.receive() is None


def secured(desk, connection=1):
    desk.radio.connect(connection)
    desk.radio.raise_irq(21, (connection, 247))
    desk.radio.secure(connection)


def test_frames_are_numbered_anew_for_each_host(desk):
    for connection in (1, 2):
        secured(desk, connection)
        desk.radio.notified.clear()
        for _ in range(3):
            desk.link.send(frames.ACK, (1, 2, 3))
        desk.radio.disconnect(connection)
        assert [data[4] for data in desk.radio.notified] == [0, 1, 2]


def test_sequence_wraps_at_two_bytes(desk):
    secured(desk)
    for _ in range(65537):
        desk.link._take_sequence()
    desk.link.send(frames.ACK, (1, 2, 3))
    assert desk.radio.notified[-1][4:6] == b"\x01\x00"


def test_second_host_is_sent_away_and_sees_nothing(desk):
    secured(desk, 1)
    desk.radio.connect(2)
    assert desk.radio.ended == [2]
    desk.radio.write(2, ask())
    desk.radio.disconnect(2)
    desk.link.send(frames.ACK, (1, 2, 3))
    assert desk.link.is_open
    assert desk.link.receive() is None
    assert len(desk.radio.notified) == 1


def test_frame_for_a_peer_that_has_just_gone_stops_nothing(desk):
    secured(desk)
    desk.radio.links.clear()  # the stack knows, the IRQ has not come
    desk.link.send(frames.ACK, (1, 2, 3))
    assert desk.link.dropped == 1
    desk.radio.disconnect(1)
    desk.link.is_open = True  # the IRQ came between the question and the call
    desk.link.send(frames.ACK, (1, 2, 3))
    assert desk.radio.notified == []


def test_frame_larger_than_the_mtu_is_dropped_and_counted(desk):
    desk.radio.connect(1)
    desk.radio.secure(1)  # before the MTU was agreed on: 23
    desk.link.send(frames.HELLO, (1, 0, 1, 6, 60000, 1, 2, bytes(8), 0))
    assert (desk.radio.notified, desk.link.dropped) == ([], 1)


def test_frames_wait_in_order_and_a_flood_costs_only_itself(desk):
    secured(desk)
    for k in range(100):
        desk.radio.write(1, ask(k))
    taken = []
    while (message := desk.link.receive()) is not None:
        taken.append(message[4])
    assert taken == list(range(16))
    assert desk.link.bad == 84


def test_waiting_frames_end_with_their_link(desk):
    secured(desk)
    desk.radio.write(1, ask())
    desk.radio.disconnect(1)
    assert desk.link.receive() is None


def test_write_longer_than_a_frame_is_cut_by_the_stack_not_kept(desk):
    secured(desk)
    desk.radio.write(1, ask() + bytes(500))
    assert len(desk.link.receive()) == wire.MAX_PAYLOAD + wire.OVERHEAD
