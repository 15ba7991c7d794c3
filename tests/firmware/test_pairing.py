"""Who may pair, what is kept of it, and when: on a radio that can be asked anything.

What a host sees over the real virtual radio is in tests/test_two_ends_faults.py.
"""

import pytest

from posturecore import frames
from tests.firmware.desk import OUR_KEY, PASSKEY, PEER_KEY, Desk
from tests.firmware.parts import WRAP_MS


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


# The window


def test_passkey_is_shown_only_inside_the_window(desk):
    desk.ask_passkey(1)
    assert (desk.radio.passkeys, desk.radio.ended) == ([], [1])
    desk.radio.disconnect(1)
    desk.link.open_window()
    desk.pass_ms(50_000)
    desk.ask_passkey(2)
    assert desk.radio.passkeys == [PASSKEY]
    desk.radio.disconnect(2)
    desk.pass_ms(20_000)
    desk.ask_passkey(3)
    assert desk.radio.ended == [1, 3]


def test_window_does_not_open_again_when_the_clock_wraps(desk):
    desk.link.open_window()
    desk.pass_ms(100_000)
    desk.clock.now_ms = WRAP_MS + 10
    desk.ask_passkey()
    assert desk.radio.passkeys == []


@pytest.mark.parametrize("start_ms", [WRAP_MS - 30_000, WRAP_MS // 2 - 30_000])
def test_window_lasts_a_minute_over_a_wrap(tmp_path, start_ms):
    desk = Desk(tmp_path, start_ms)
    desk.link.open_window()
    desk.pass_ms(59_000)
    desk.ask_passkey()
    assert desk.radio.passkeys == [PASSKEY]


def test_window_closes_once_a_host_has_paired(desk):
    desk.link.open_window()
    desk.bond()
    desk.link.tend()
    desk.radio.disconnect(1)
    desk.ask_passkey(2)
    assert (desk.radio.passkeys, desk.radio.ended) == ([PASSKEY], [2])


def test_passkey_cannot_be_guessed_at_in_one_window(desk):
    desk.link.open_window()
    for connection in range(10):
        desk.ask_passkey(connection)
        desk.radio.disconnect(connection)
    assert len(desk.radio.passkeys) == 3


# Strangers


@pytest.mark.parametrize("is_open", [True, False], ids=["in-window", "outside"])
def test_stranger_that_pairs_without_a_passkey_is_not_kept(desk, is_open):
    if is_open:
        desk.link.open_window()
    desk.radio.connect(1)
    desk.radio.secure(1, authenticated=0)
    for k in range(40):
        assert not desk.keep(PEER_KEY, bytes([k]))
    desk.link.tend()
    assert len(desk.bonds) == len(desk.in_flash()) == 0
    assert not desk.link.is_open


def test_wrong_passkey_and_then_none_leaves_no_bond(desk):
    desk.link.open_window()
    desk.bond(b"owner")
    desk.link.tend()
    desk.radio.disconnect(1)
    desk.ask_passkey(2)  # typed wrong, and paired again without one on the same link
    desk.keep(PEER_KEY, b"stranger")
    desk.radio.secure(2, authenticated=0)
    desk.link.tend()
    assert not desk.link.is_open
    desk.radio.disconnect(2)
    desk.link.tend()
    assert desk.in_flash().get(PEER_KEY, 0, b"stranger") is None
    assert desk.bonds.get(PEER_KEY, 0, b"stranger") is None


@pytest.mark.parametrize("is_open", [True, False], ids=["in-window", "outside"])
def test_stranger_cannot_make_the_device_forget_a_host(desk, is_open):
    desk.link.open_window()
    desk.bond()
    desk.link.tend()
    desk.radio.disconnect(1)
    if not is_open:
        desk.pass_ms(70_000)
    desk.radio.connect(2)  # claims to be the bonded host and asks to pair anew
    assert desk.keep(PEER_KEY, b"peer", None)  # the stack deletes, and lets it try
    desk.radio.raise_irq(31, (2, 3, 0))
    desk.link.tend()
    desk.radio.disconnect(2)
    assert desk.radio.raise_irq(29, (PEER_KEY, 0, b"peer")) == b"key"
    assert len(desk.in_flash()) == 1


@pytest.mark.parametrize(
    ("asks", "dropped_after_s"),
    [pytest.param(False, (20, 24), id="silent"), pytest.param(True, (60, 66), id="typing")],
)
def test_peer_that_does_not_pair_is_dropped(desk, asks, dropped_after_s):
    desk.link.open_window()
    if asks:
        desk.ask_passkey()
    else:
        desk.radio.connect(1)
    start_ms = desk.clock.now_ms
    while not desk.radio.ended and desk.clock.now_ms - start_ms < 120_000:
        desk.pass_ms(1000)
    assert (desk.clock.now_ms - start_ms) // 1000 in range(*dropped_after_s)


def test_bonded_host_stays(desk):
    desk.link.open_window()
    desk.bond()
    desk.pass_ms(600_000)
    assert desk.radio.ended == []


# Bonds


def test_host_that_knew_the_passkey_is_kept(desk):
    desk.link.open_window()
    desk.bond()
    desk.link.tend()
    kept = desk.in_flash()
    assert len(kept) == 1
    assert kept.get(OUR_KEY, 0, b"peer") == kept.get(PEER_KEY, 0, b"peer") == b"key"


def test_link_opens_when_the_bond_is_in_flash_and_not_before(desk):
    desk.link.open_window()
    desk.bond()
    desk.link.send(frames.ACK, (1, 2, 3))
    assert not desk.link.is_open
    assert (len(desk.in_flash()), desk.radio.notified) == (0, [])
    desk.link.tend()
    assert desk.link.is_open
    assert len(desk.in_flash()) == 1


def test_command_that_comes_with_the_pairing_is_not_lost(desk):
    desk.link.open_window()
    desk.bond()
    desk.radio.write(1, b"ask")
    desk.link.tend()
    assert desk.link.receive() == b"ask"


@pytest.mark.parametrize("comes_back", [False, True])
def test_bond_outlives_a_link_lost_before_it_was_saved(desk, comes_back):
    desk.link.open_window()
    desk.bond()
    desk.radio.disconnect(1)
    if comes_back:
        desk.radio.connect(2)
    desk.link.tend()
    assert len(desk.in_flash()) == 1


def test_bond_that_flash_refuses_is_no_bond_and_its_host_is_told_by_the_loss(desk, monkeypatch):
    def refuse(*_):
        raise OSError(28, "no room")

    desk.link.open_window()
    desk.bond()
    monkeypatch.setattr(desk.storage, "save", refuse)
    desk.link.tend()
    assert desk.radio.ended == [1]
    assert len(desk.bonds) == 0


def test_bonded_host_may_pair_anew_inside_the_window(desk):
    desk.link.open_window()
    desk.bond()
    desk.link.tend()
    desk.radio.disconnect(1)
    desk.link.open_window()
    desk.radio.connect(2)
    desk.keep(PEER_KEY, b"peer", None)
    desk.radio.raise_irq(31, (2, 3, 0))
    desk.keep(PEER_KEY, b"peer", b"new key")
    desk.radio.secure(2)
    desk.link.tend()
    assert desk.in_flash().get(PEER_KEY, 0, b"peer") == b"new key"


def test_fifth_host_takes_the_place_of_the_first(desk):
    names = [b"a", b"b", b"c", b"d", b"e"]
    for connection, name in enumerate(names):
        desk.link.open_window()
        desk.bond(name, connection)
        desk.link.tend()
        desk.radio.disconnect(connection)
    kept = desk.in_flash()
    assert len(kept) == 4
    assert kept.get(PEER_KEY, 0, b"a") is kept.get(OUR_KEY, 0, b"a") is None
    assert all(kept.get(OUR_KEY, 0, name) == b"key" for name in names[1:])


def test_radio_keeps_its_identity_over_bonds_rests_and_restarts(desk, tmp_path):
    identity = desk.radio.raise_irq(29, (10, 0, b"irk"))
    assert identity == bytes(range(16))
    assert len(desk.bonds) == 0  # it is no host
    assert Desk(tmp_path).radio.raise_irq(29, (10, 0, b"irk")) == identity
    desk.radio.connect(1)
    desk.radio.disconnect(1)
    assert desk.radio.raise_irq(29, (10, 0, b"irk")) == identity


def test_forgetting_hosts_ends_the_link_and_the_bonds(desk):
    desk.link.open_window()
    desk.bond()
    desk.link.tend()
    assert desk.link.forget_hosts()
    assert desk.radio.ended == [1]
    assert not desk.link.is_open
    assert (len(desk.bonds), len(desk.in_flash())) == (0, 0)
    assert len(desk.radio.advertised) == 2


def test_forgetting_hosts_says_when_flash_refuses(desk, monkeypatch):
    desk.link.open_window()
    desk.bond()
    desk.link.tend()

    def refuse(*_):
        raise OSError(28, "no room")

    monkeypatch.setattr(desk.storage, "save", refuse)
    assert not desk.link.forget_hosts()
    assert len(desk.bonds) == 1
