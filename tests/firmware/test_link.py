"""The link's rules, on a radio whose state can be put where a real stack's rarely is.

What a host sees over the real virtual radio is in tests/test_two_ends.py.
"""

import pytest

from posturecore import frames, wire
from tests.firmware.desk import Desk, secured

from ble.advertising import advertisement, scan_response  # isort: skip


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


def test_who_was_never_trusted_is_counted_once_gone_and_a_bonded_host_is_not(desk):
    desk.radio.connect(1)  # comes and goes
    desk.radio.disconnect(1)
    desk.radio.connect(2)
    desk.radio.secure(2, 1, 0)  # pairs without the passkey
    assert desk.link.strangers == 1
    desk.pass_ms(30_000)  # is sent away
    desk.radio.disconnect(2)
    assert desk.link.strangers == 2
    secured(desk, 3)
    desk.radio.connect(4)  # a second one, sent away at once
    desk.radio.disconnect(4)
    assert desk.link.strangers == 3
    desk.radio.secure(3, 0, 0)
    desk.radio.disconnect(3)
    desk.link.rest()  # nobody is there
    assert desk.link.strangers == 3


def test_frame_for_a_peer_that_has_just_gone_stops_nothing(desk):
    secured(desk)
    desk.radio.links.clear()  # the stack knows, the IRQ has not come
    desk.link.send(frames.ACK, (1, 2, 3))
    desk.radio.disconnect(1)
    desk.link._is_secure = True  # the IRQ came between the question and the call
    desk.link.send(frames.ACK, (1, 2, 3))
    desk.link._is_secure = False
    secured(desk, 2)
    desk.link.send(frames.ACK, (3, 2, 1))
    assert [data[6] for data in desk.radio.notified] == [3]  # nothing of the last host's
    assert desk.link.dropped == 0


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


# Services


def test_every_characteristic_needs_an_encrypted_authenticated_link(desk):
    flags = [flags for _, some in desk.radio.services for _, flags in some]
    assert len(flags) == 9
    for flag in flags:
        assert not flag & 0x12 or flag & 0x0600 == 0x0600  # read or notify
        assert not flag & 0x0C or flag & 0x3000 == 0x3000  # write


def test_device_information_says_who_it_is(desk):
    assert list(desk.radio.values.values())[:4] == [b"Trunkline", b"sim", b"c0de00000001", b"0.1"]


def test_battery_level_is_there_to_read_and_told_when_it_changes(desk):
    battery = desk.radio.handle("battery")
    assert desk.radio.values[battery] == bytes([80])
    secured(desk)
    desk.link.set_battery(79)
    desk.link.set_battery(79)
    assert (desk.radio.levels, desk.radio.values[battery]) == ([bytes([79])], bytes([79]))
    desk.battery_pct = 40
    desk.pass_ms(120_000)
    assert desk.radio.levels[-1] == bytes([40])


def test_battery_level_is_not_told_to_a_stranger(desk):
    desk.radio.connect(1)
    desk.radio.raise_irq(21, (1, 247))
    desk.link.set_battery(79)
    assert desk.radio.levels == []


# Addresses


def test_address_is_private_where_the_controller_can_and_else_public(tmp_path):
    desk = Desk(tmp_path)
    assert desk.radio.settings["addr_mode"] == 2
    desk.radio.knows_private = False
    desk.radio.connect(1)
    desk.radio.disconnect(1)
    desk.pass_ms(2000)
    assert desk.radio.settings["addr_mode"] == 0
    assert len(desk.radio.advertised) == 2


def test_busy_radio_keeps_its_private_address(desk):
    desk.radio.connect(1)
    desk.radio.is_busy = True
    desk.radio.disconnect(1)
    desk.pass_ms(5000)
    assert desk.radio.settings["addr_mode"] == 2


# Rest


def test_resting_radio_is_off_and_wakes_with_its_services_and_bonds(desk):
    desk.link.open_window()
    desk.bond()
    desk.link.rest()
    assert (desk.link.is_resting, desk.link.is_open, desk.radio.is_active) == (True, False, False)
    desk.pass_ms(120_000)
    desk.link.set_battery(33)
    desk.link.send(frames.ACK, (1, 2, 3))
    assert len(desk.radio.advertised) == 1
    desk.link.wake()
    assert not desk.link.is_resting
    assert len(desk.in_flash()) == 1
    assert desk.radio.values[desk.radio.handle("battery")] == bytes([33])
    assert desk.radio.advertised[-1][0][-1] == 33
    secured(desk)
    desk.radio.write(1, ask())
    assert desk.link.receive() == ask()


def test_window_wakes_the_radio(desk):
    desk.link.rest()
    desk.link.open_window()
    desk.ask_passkey()
    assert len(desk.radio.passkeys) == 1


def test_radio_that_does_not_start_is_asked_again(desk, monkeypatch):
    desk.link.rest()

    def refuse(_):
        raise OSError(110, "timed out")

    with monkeypatch.context() as broken:
        broken.setattr(desk.radio, "active", refuse)
        desk.link.wake()
    assert desk.link.is_resting
    desk.link.wake()
    assert not desk.link.is_resting


def test_radio_that_refuses_calls_in_an_irq_leaves_the_link_whole(desk, monkeypatch):
    def refuse(*_):
        raise OSError(107, "no such link")

    monkeypatch.setattr(desk.radio, "gap_disconnect", refuse)
    desk.ask_passkey(1)  # outside the window
    desk.radio.connect(2)
    desk.pass_ms(70_000)
    desk.radio.disconnect(1)
    secured(desk, 3)
    desk.link.send(frames.ACK, (1, 2, 3))
    assert len(desk.radio.notified) == 1
