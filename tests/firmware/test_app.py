"""The application over days: its clock, its button, its flash, and hosts that come and go.

What a host sees of it over the real radio is in tests/test_two_ends.py.
"""

import itertools
import random

import pytest

from posturecore import frames, wire
from posturecore.calibrate import DONE, NO_GRAVITY
from posturecore.faults import MEMORY
from posturecore.flash import FAULT
from posturecore.patterns import AWAKE
from tests.firmware.parts import WRAP_MS, Radio, Rig, numbered_tape

from about import About  # isort: skip
from app import App  # isort: skip
from ble.bonds import Bonds  # isort: skip
from ble.link import Link  # isort: skip
from faults import Faults  # isort: skip
from hosts import Hosts  # isort: skip
from prescription import Prescription  # isort: skip
from storage.documents import Storage  # isort: skip
from storage.log import Log  # isort: skip
from supervisor import Supervisor  # isort: skip
from uptime import Uptime  # isort: skip

NO_BOW = (0, 0, 0)
UPRIGHT = (16393, 0, 0)
EPISODE = (0, 1, 2, 10, 700, 1500, 1300, 0, 0, 0, -1, -1, 0, 80)


class Button:
    def __init__(self):
        self.is_pressed = False

    def value(self):
        return 0 if self.is_pressed else 1


class Watchdog:
    def feed(self):
        pass


class Crumbs:
    def watch(self, tasks):
        pass

    def done(self, tasks, task):
        pass

    def alive(self, uptime_ms):
        pass


class Device:
    """All of the firmware but `main`; it is also the board."""

    def __init__(self, tape, root, start_ms=0):
        self.rig = Rig(tape)
        self.rig.clock.now_ms = start_ms
        self.rig.chip.now_us = start_ms * 1000
        self.ticks_ms, self.ticks_diff = self.rig.clock.ticks_ms, self.rig.clock.ticks_diff
        self.button = Button()
        self.unique_id = b"\xc0\xde\x00\x00\x00\x01"
        self.storage = Storage(str(root))
        self.radio = Radio()
        bonds = Bonds(self.storage)
        self.link = Link(self.radio, self, bonds, "Trunkline 0001", 1, lambda: 50)
        self.link.start()
        self.rig.imu.start()
        self.prescription = Prescription(self.storage)
        hosts, uptime = Hosts((self.link,)), Uptime(self)
        self.log = Log(str(root), 1 << 20)
        faults = Faults(hosts.tell, self.log.append, lambda: uptime.ms)
        about = About(self, hosts, uptime, faults, 7, 0)
        parts = (self.prescription, self.log, about, faults, uptime)
        self.app = App(self, self.rig.imu, self.rig.haptics, hosts, self.link, *parts)
        self.supervisor = Supervisor(Watchdog(), Crumbs(), self, self.app.watched)
        self.notes = []
        self.app.begin((7, 0, 0, 0, 1, 60000, 0, 0, 0), AWAKE)

    def battery_mv(self):
        return 3900

    def has_usb(self):
        return False

    def note(self, name, value):
        self.notes.append((name, value))

    def step(self):
        self.app.step(self.supervisor)

    def pass_ms(self, ms, step_ms=100):
        for _ in range(ms // step_ms):
            self.rig.pass_ms(step_ms)
            self.step()

    def meet(self, connection=1):
        self.radio.connect(connection)
        self.radio.raise_irq(21, (connection, 247))
        self.radio.secure(connection)

    def command(self, frame, values=(), items=()):
        """Send a frame and return what came back, as (id, values)."""
        self.radio.notified.clear()
        self.radio.write(1, wire.pack_frame(frame, 0, values, items))
        self.step()
        return self.said()

    def said(self):
        found = [wire.unpack_frame(data, 0) for data in self.radio.notified]
        return [(frame, values) for frame, _, values, _ in found]

    def ask(self, frame):
        return dict(self.command(frames.REQUEST, (frame,)))[frame]


@pytest.fixture(scope="module")
def tape(tmp_path_factory):
    return numbered_tape(tmp_path_factory.mktemp("tape") / "tape")


@pytest.fixture
def device(tape, tmp_path):
    device = Device(tape, tmp_path)
    with device.rig:
        yield device


def ack(said):
    return dict(said)[frames.ACK][2]


# Time


def test_uptime_goes_on_over_every_wrap_of_the_clock(tape, tmp_path):
    device = Device(tape, tmp_path, start_ms=WRAP_MS - 5000)
    with device.rig:
        device.meet()
        passed_ms = 0
        for _ in range(40):  # 26 days, half a wrap or less at a time
            device.rig.clock.now_ms += WRAP_MS // 18
            passed_ms += WRAP_MS // 18
            device.app._uptime.tend()
            assert device.ask(frames.STATUS)[1] == passed_ms % 2**32


def test_status_is_sent_after_a_year_of_samples(device):
    device.meet()
    device.app._sampler.index = 60 * 86400 * 365 // 6 * 6
    device.app._decider.at = device.app._sampler.index // 6
    device.command(frames.STREAM, (frames.STREAM_SAMPLES | frames.STREAM_DECISIONS,))
    device.radio.notified.clear()
    device.pass_ms(3000)
    firsts = [values[0] for frame, values in device.said() if frame == frames.SAMPLES]
    assert firsts[0] > 2**30
    assert all(b - a == 12 for a, b in itertools.pairwise(firsts))


# Button


def test_long_press_opens_the_window_and_a_short_one_does_not(device):
    device.button.is_pressed = True
    device.pass_ms(2500)
    device.button.is_pressed = False
    device.pass_ms(1000)
    device.radio.connect(1)
    device.radio.raise_irq(31, (1, 3, 0))
    assert device.radio.passkeys == []
    device.radio.disconnect(1)
    device.button.is_pressed = True
    device.pass_ms(3500)
    device.radio.connect(2)
    device.radio.raise_irq(31, (2, 3, 0))
    assert device.radio.passkeys == [1]


def press_five_times(device):
    device.pass_ms(100)
    for _ in range(5):
        for is_pressed in (True, False):
            device.button.is_pressed = is_pressed
            device.pass_ms(200)
    device.pass_ms(1000)


@pytest.mark.parametrize("takes", [True, False], ids=["flash-takes-it", "flash-refuses"])
def test_five_presses_open_the_window_only_if_the_hosts_are_forgotten(device, monkeypatch, takes):
    if not takes:
        monkeypatch.setattr(device.storage, "save", no_room)
    press_five_times(device)
    device.radio.connect(1)
    device.radio.raise_irq(31, (1, 3, 0))
    assert device.radio.passkeys == ([1] if takes else [])


# Flash


def no_room(*_):
    raise OSError(28)


def test_full_flash_is_answered_and_changes_nothing(device, monkeypatch):
    device.meet()
    before = device.ask(frames.SETTINGS)
    monkeypatch.setattr(device.storage, "save", no_room)
    assert ack(device.command(frames.SETTINGS, (0, 0), ((3, 5),))) == frames.ACK_FAILED
    assert ack(device.command(frames.NEUTRAL, (0,) + UPRIGHT + NO_BOW)) == frames.ACK_FAILED
    assert device.ask(frames.SETTINGS)[1] == before[1]
    assert device.ask(frames.STATUS)[5] == 0


def no_memory(*_):
    raise MemoryError


def test_command_that_memory_does_not_do_for_is_refused_and_counted(device, monkeypatch):
    device.meet()
    with monkeypatch.context() as patched:
        patched.setattr(device.app._touch, "say", no_memory)
        said = device.command(frames.HAPTIC, (3,))
    assert ack(said) == frames.ACK_NO_MEMORY
    assert dict(said)[FAULT][1:] == (MEMORY, 1, frames.HAPTIC)
    assert ack(device.command(frames.HAPTIC, (3,))) == frames.ACK_DONE


@pytest.mark.parametrize("call", ["configure", "set_neutral"])
def test_what_flash_keeps_and_memory_does_not_put_in_force_takes_a_new_start(
    device, monkeypatch, call
):
    device.meet()
    monkeypatch.setattr(device.app._decider, call, no_memory)
    command = (frames.SETTINGS, (0, 0), ((3, 5),))
    if call == "set_neutral":
        command = (frames.NEUTRAL, (0,) + UPRIGHT + NO_BOW)
    with pytest.raises(RuntimeError):
        device.command(*command)
    after = Prescription(device.storage)
    assert after.settings["slouch_hold_s"] == 5 or after.neutral == 0


def test_pose_in_force_that_memory_does_not_do_to_tell_takes_a_new_start(device, monkeypatch):
    device.meet()
    monkeypatch.setattr(device.app._calibration, "_tell", no_memory)
    with pytest.raises(RuntimeError):
        device.command(frames.NEUTRAL, (0,) + UPRIGHT + NO_BOW)
    assert Prescription(device.storage).neutral == 0


def test_pulse_that_memory_does_not_do_to_note_is_not_felt(device, monkeypatch):
    device.meet()
    with monkeypatch.context() as patched:
        patched.setattr(device.app._journal, "record", no_memory)
        said = device.command(frames.HAPTIC, (3,))
    assert ack(said) == frames.ACK_NO_MEMORY
    assert not device.rig.haptics.is_playing


def test_neutral_in_force_is_the_same_after_a_restart(device, tape, tmp_path):
    device.meet()
    device.command(frames.NEUTRAL, (0,) + UPRIGHT + NO_BOW)
    device.command(frames.NEUTRAL, (1, 16000, 0, 3000) + NO_BOW)
    assert device.ask(frames.CALIBRATION)[3:6] == (16000, 0, 3000)
    again = Device(tape, tmp_path)
    with again.rig:
        again.meet()
        assert again.ask(frames.CALIBRATION)[:2] == (1, DONE)
        assert again.ask(frames.CALIBRATION)[3:6] == (16000, 0, 3000)


# Commands


@pytest.mark.parametrize(
    ("frame", "values", "items", "answer"),
    [
        pytest.param(frames.REQUEST, (0x10,), (), frames.ACK_BAD_VALUE, id="ask-for-samples"),
        pytest.param(frames.STREAM, (8,), (), frames.ACK_BAD_VALUE, id="stream-unknown"),
        pytest.param(frames.CALIBRATE, (3, 0), (), frames.ACK_BAD_VALUE, id="calibrate-unknown"),
        pytest.param(
            frames.NEUTRAL, (3,) + UPRIGHT + NO_BOW, (), frames.ACK_BAD_VALUE, id="neutral-id"
        ),
        pytest.param(
            frames.NEUTRAL, (0, 0, 0, 0) + NO_BOW, (), frames.ACK_BAD_VALUE, id="neutral-zero"
        ),
        pytest.param(
            frames.NEUTRAL, (0, 5000, 0, 0) + NO_BOW, (), frames.ACK_BAD_VALUE, id="a-third-g"
        ),
        pytest.param(
            frames.NEUTRAL,
            (0, -32768, -32768, -32768) + NO_BOW,
            (),
            frames.ACK_BAD_VALUE,
            id="two-g",
        ),
        pytest.param(
            frames.NEUTRAL, (0, 0, 0, 16393) + NO_BOW, (), frames.ACK_BAD_VALUE, id="lying"
        ),
        pytest.param(frames.HAPTIC, (0,), (), frames.ACK_BAD_VALUE, id="no-pattern"),
        pytest.param(frames.HAPTIC, (200,), (), frames.ACK_BAD_VALUE, id="unknown-pattern"),
        pytest.param(frames.SETTINGS, (0, 0), ((200, 1),), frames.ACK_BAD_VALUE, id="unknown-row"),
        pytest.param(frames.SETTINGS, (0, 0), ((3, -1),), frames.ACK_BAD_VALUE, id="out-of-range"),
        pytest.param(frames.SETTINGS, (0, 0), (), frames.ACK_DONE, id="no-change"),
        pytest.param(frames.CUE, (0,) * 4, (), frames.ACK_UNKNOWN, id="a-devices-frame"),
    ],
)
def test_command_is_answered(device, frame, values, items, answer):
    device.meet()
    assert ack(device.command(frame, values, items)) == answer


def test_second_calibration_is_busy(device):
    device.meet()
    assert ack(device.command(frames.CALIBRATE, (0, 0))) == frames.ACK_DONE
    assert ack(device.command(frames.CALIBRATE, (0, 0))) == frames.ACK_BUSY


def test_calibration_that_a_gap_cuts_is_refused_aloud(device):
    device.meet()
    device.command(frames.CALIBRATE, (0, 0))
    device.radio.notified.clear()
    device.rig.pass_ms(5000)  # nobody reads: the FIFO overruns
    device.step()
    assert [v[1] for frame, v in device.said() if frame == frames.CALIBRATION] == [NO_GRAVITY]
    assert ack(device.command(frames.CALIBRATE, (0, 0))) == frames.ACK_DONE


# The end


def test_slouch_that_is_open_at_switch_off_is_logged_as_cut(device):
    device.meet()
    device.command(frames.NEUTRAL, (0,) + UPRIGHT + NO_BOW)
    decider = device.app._decider
    decider.finish = lambda: [(frames.EPISODE, EPISODE)]
    device.app.end(True)
    assert device.log.durable == device.log.next
    said = [values for frame, values in device.said() if frame == frames.EPISODE]
    assert said == [EPISODE]


# Hosts


def test_next_host_gets_no_stream_that_it_did_not_ask_for(device):
    device.meet()
    device.command(frames.STREAM, (7,))
    device.radio.disconnect(1)
    device.meet(2)  # before the loop came round
    device.radio.notified.clear()
    device.pass_ms(5000)
    assert device.radio.notified == []


@pytest.mark.parametrize("seed", range(20))
def test_random_bytes_from_a_host_stop_nothing(device, seed):
    random.seed(seed)
    device.meet()
    for _ in range(50):
        data = bytearray(random.getrandbits(8) for _ in range(random.randrange(60)))
        if random.random() < 0.8:  # with a good crc, so that the handlers see it
            frame = random.choice((0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x30, 0x32, 0x77))
            data = bytearray(6) + data + bytearray(4)
            wire.seal(data, frame, len(data) - 10, 0)
        device.radio.write(1, bytes(data))
        device.pass_ms(100)
    status = device.ask(frames.STATUS)
    assert status[2] > 250
    assert status[3] == 0
    assert status[10] + status[11] > 0
