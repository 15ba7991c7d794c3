"""How awake the device is, on the models of sensor and radio: each state and each way between."""

import pytest

from posturecore import faults, flash, patterns
from tests.firmware.parts import MpuRig, Radio, Rig
from tests.firmware.tapes import packed, write_packed

from ble.bonds import Bonds  # isort: skip
from ble.link import Link  # isort: skip
from hosts import Hosts  # isort: skip
from power import ALONE, LINKED, OFF, STORED, Power  # isort: skip
from sampler import Sampler  # isort: skip
from storage.documents import Storage  # isort: skip
from uptime import Uptime  # isort: skip

MINUTE_MS = 60_000
MOVED_MS = 120 * MINUTE_MS
UP = (16393, 0, 0)


class Button:
    level = 1

    def value(self):
        return self.level


class Device:
    """Power with the parts it has on a board; it is the board, too."""

    def __init__(self, rig, root):
        self.rig = rig
        self.ticks_ms, self.ticks_diff = rig.clock.ticks_ms, rig.clock.ticks_diff
        self.button = Button()
        self.mv, self.usb = 3900, False
        self.waits, self.sleeps = [], []
        self.told, self.faults, self.rests, self.gaps = [], [], [], []
        self.radio = Radio()
        bonds = Bonds(Storage(str(root)))
        self.link = Link(self.radio, self, bonds, "Trunkline 0001", 1, lambda: 50)
        self.link.start()
        rig.imu.start()
        self.sampler = Sampler(
            rig.imu, self, rig.haptics, lambda block: None, self.gaps.append, lambda *_: None
        )
        self.sampler.begin()
        self.uptime = Uptime(self)
        self.is_off_body = False
        self.power = Power(
            self, rig.imu, self.sampler, Hosts((self.link,)), self.link, rig.haptics,
            self.uptime, self._tell, lambda *fault: self.faults.append(fault),
            lambda blocks, charging: self.rests.append((blocks, charging)),
        )  # fmt: skip

    def _tell(self, frame, values):
        assert frame == flash.POWER
        self.told.append(values)

    def battery_mv(self):
        return self.mv

    def has_usb(self):
        return self.usb

    def note(self, name, value):
        pass

    def wait(self, ms):
        self.waits.append(ms)
        self.rig.pass_ms(ms)

    def sleep(self, ms):
        self.sleeps.append(ms)
        self.rig.pass_ms(ms)

    def turn(self):
        self.power.sleep()
        self.uptime.tend()
        self.link.tend()
        self.sampler.run()
        self.power.tend(self.is_off_body)

    def live(self, ms):
        """Let the loop turn for so long; forget what was waited before."""
        self.waits.clear()
        self.sleeps.clear()
        end_ms = self.uptime.ms + ms
        while self.uptime.ms < end_ms:
            self.turn()

    def until(self, state, most_ms):
        end_ms = self.uptime.ms + most_ms
        while self.power.state != state:
            assert self.uptime.ms < end_ms, f"it stays in state {self.power.state}"
            self.turn()

    def radio_ms(self, ms):
        """Let so long pass, and tell how long the radio was on."""
        on_ms, end_ms = 0, self.uptime.ms + ms
        while self.uptime.ms < end_ms:
            from_ms = self.uptime.ms
            is_on = self.radio.is_active
            self.turn()
            on_ms += is_on * (self.uptime.ms - from_ms)
        return on_ms

    def meet(self):
        """A host comes, and is trusted."""
        self.radio.connect(1)
        self.radio.secure(1)

    @property
    def states(self):
        return [state for _, state, _, _ in self.told]


@pytest.fixture(scope="module")
def tape(tmp_path_factory):
    """Upright and still; taken up after `MOVED_MS`, and then still again."""
    path = tmp_path_factory.mktemp("still") / "tape"
    minute = [packed((0, 0, 0), (4098, 0, 0), UP) * (MINUTE_MS * 60 // 1000)]
    moving = [packed((0, 0, 0), (4098, 0, 2000 * (-1) ** (k // 8)), UP) for k in range(300)]
    count = (MOVED_MS + MINUTE_MS) * 60 // 1000 + len(moving)
    return write_packed(path, count, minute * (MOVED_MS // MINUTE_MS) + moving + minute)


@pytest.fixture
def device(tape, tmp_path):
    device = Device(Rig(tape), tmp_path)
    with device.rig:
        yield device


@pytest.fixture
def alone(device):
    device.until(ALONE, 2 * MINUTE_MS)
    device.live(5000)
    return device


@pytest.fixture
def stored(alone):
    alone.is_off_body = True
    alone.until(STORED, 6 * MINUTE_MS)
    alone.told.clear()
    return alone


# Linked


def test_radio_is_on_for_a_minute_after_switching_on(device):
    assert device.power.state == LINKED
    device.live(MINUTE_MS - 1000)
    assert device.radio.is_active
    assert device.states == []
    device.until(ALONE, 2000)


@pytest.mark.long_on_vm("many minutes of samples")
def test_linked_device_never_sleeps(device):
    device.meet()
    device.live(5 * MINUTE_MS)
    assert device.power.state == LINKED
    assert device.sleeps == []


@pytest.mark.long_on_vm("many minutes of samples")
def test_host_that_has_gone_may_come_back_for_a_minute(device):
    device.meet()
    device.live(5 * MINUTE_MS)
    device.radio.disconnect(1)
    device.live(MINUTE_MS - 2000)
    assert device.power.state == LINKED
    device.until(ALONE, 4000)


# Alone


def test_alone_device_sleeps_between_batches(alone):
    alone.live(10_000)
    assert len(alone.sleeps) >= 19
    assert alone.waits == []
    assert max(alone.sleeps) == 500


def test_alone_device_takes_larger_batches_and_loses_nothing(alone):
    index = alone.sampler.index
    alone.live(MINUTE_MS)
    assert alone.sampler.index - index == pytest.approx(3600, abs=30)
    assert alone.gaps == [3]  # settling after the start
    assert (alone.sampler.lost, alone.sampler.overruns) == (0, 0)


@pytest.mark.long_on_vm("many minutes of samples")
def test_radio_is_on_for_two_seconds_a_minute_when_alone(alone):
    alone.radio_ms(MINUTE_MS)
    assert alone.radio_ms(10 * MINUTE_MS) == pytest.approx(20_000, abs=5500)


@pytest.mark.long_on_vm("many minutes of samples")
def test_device_does_not_sleep_while_its_radio_is_on(alone):
    alone.live(5 * MINUTE_MS)
    assert len(alone.waits) * 500 == pytest.approx(10_000, abs=5000)


@pytest.mark.long_on_vm("many minutes of samples")
def test_host_that_comes_in_a_window_keeps_the_radio_on(alone):
    while not alone.radio.is_active:
        alone.turn()
    alone.meet()
    alone.live(3 * MINUTE_MS)
    assert alone.power.state == LINKED
    assert alone.radio.is_active


def test_host_in_a_window_is_waited_for_until_it_is_trusted(alone):
    while not alone.radio.is_active:
        alone.turn()
    alone.radio.connect(1)
    alone.live(10_000)
    assert (alone.power.state, alone.radio.links) == (ALONE, {1})
    alone.radio.secure(1)
    alone.until(LINKED, 1000)


def test_pairing_that_begins_late_in_its_window_is_waited_for(alone):
    alone.link.open_window()
    alone.power.invite()
    alone.live(MINUTE_MS - 2000)
    alone.radio.connect(1)
    alone.radio.raise_irq(31, (1, 3, 0))
    alone.live(20_000)
    assert (alone.radio.passkeys, alone.radio.links) == ([1], {1})
    alone.radio.raise_irq(30, (2, b"peer", b"key"))
    alone.radio.secure(1)
    alone.live(MINUTE_MS)
    assert (alone.power.state, alone.link.is_open) == (LINKED, True)


def strangers_come(device, count):
    """One in each of the radio's windows, for a second; tell how long the radio was on."""
    on_ms = 0
    for connection in range(count):
        while not device.radio.is_active:
            device.turn()
        device.radio.connect(connection)
        on_ms += device.radio_ms(1000)
        device.radio.disconnect(connection)
        while device.radio.is_active:
            on_ms += device.radio_ms(1)
    return on_ms


def test_stranger_in_a_window_keeps_the_radio_on_no_longer_than_it_is_there(alone):
    assert strangers_come(alone, 2) <= 6000
    assert alone.states == [ALONE]


def test_press_invites_a_host_for_a_minute(alone):
    alone.power.invite()
    alone.live(MINUTE_MS - 2000)
    assert alone.power.state == LINKED
    alone.until(ALONE, 4000)


@pytest.mark.parametrize("why", ["motor", "button", "cable"])
def test_no_light_sleep_with(alone, why):
    if why == "motor":
        assert alone.rig.haptics.play(patterns.PATTERNS[patterns.PAIRING])
    elif why == "button":
        alone.button.level = 0
    else:
        alone.usb = True
    alone.sleeps.clear()
    alone.turn()
    assert alone.sleeps == []


def test_device_sleeps_again_once_the_motor_has_stopped(alone):
    assert alone.rig.haptics.play(patterns.PATTERNS[patterns.PAIRING])
    alone.live(10_000)
    assert not alone.rig.haptics.is_playing
    assert alone.sleeps


@pytest.mark.parametrize(("state", "samples"), [(LINKED, 12), (ALONE, 30)])
def test_sensor_without_an_interrupt_is_asked_in_time(tape, tmp_path, state, samples):
    device = Device(MpuRig(tape), tmp_path)
    with device.rig:
        device.until(ALONE, 2 * MINUTE_MS)
        if state == LINKED:
            device.power.invite()
            device.turn()
        device.live(20_000)
        longest_ms = max(device.waits + device.sleeps)
        assert longest_ms <= min(500, device.rig.imu.poll_ms)
        assert device.rig.imu.poll_ms == pytest.approx(samples * 17, abs=1)
        assert (device.sampler.lost, device.sampler.overruns) == (0, 0)


# Stored


@pytest.mark.long_on_vm("many minutes of samples")
def test_device_off_the_body_is_stored_after_five_minutes(alone):
    alone.is_off_body = True
    alone.live(5 * MINUTE_MS - 1000)
    assert alone.power.state == ALONE
    alone.until(STORED, 3000)
    assert alone.sampler.is_resting


@pytest.mark.long_on_vm("many minutes of samples")
def test_device_that_is_worn_again_is_not_stored(alone):
    alone.is_off_body = True
    alone.live(4 * MINUTE_MS)
    alone.is_off_body = False
    alone.turn()
    alone.is_off_body = True
    alone.live(4 * MINUTE_MS)
    assert alone.power.state == ALONE


@pytest.mark.long_on_vm("many minutes of samples")
def test_stored_device_sleeps_long_but_shorter_than_its_watchdog(stored):
    stored.live(MINUTE_MS)
    assert set(stored.sleeps) == {4000}


@pytest.mark.long_on_vm("many minutes of samples")
def test_radio_is_on_for_two_seconds_in_ten_minutes_when_stored(stored):
    stored.radio_ms(10 * MINUTE_MS)
    assert stored.radio_ms(60 * MINUTE_MS) == pytest.approx(12_000, abs=16_000)
    assert stored.power.state == STORED


@pytest.mark.long_on_vm("many minutes of samples")
def test_motion_wakes_a_stored_device(stored):
    stored.live(MOVED_MS - stored.uptime.ms - 10_000)
    assert stored.power.state == STORED
    stored.until(ALONE, 20_000)
    assert not stored.sampler.is_resting
    index = stored.sampler.index
    stored.live(5000)
    assert stored.sampler.index > index


@pytest.mark.long_on_vm("many minutes of samples")
def test_sensor_that_does_not_take_its_rest_is_not_waited_for(alone, monkeypatch):
    def refuse():
        raise OSError(19)

    monkeypatch.setattr(alone.rig.imu, "rest", refuse)
    alone.is_off_body = True
    alone.until(STORED, 6 * MINUTE_MS)
    alone.until(ALONE, 10_000)
    assert not alone.sampler.is_resting


@pytest.mark.long_on_vm("many minutes of samples")
def test_time_in_which_it_was_stored_is_told_in_blocks(stored):
    before = stored.sampler.index
    stored.live(60 * MINUTE_MS)
    stored.power.invite()
    stored.until(LINKED, 10_000)
    ((blocks, is_charging),) = stored.rests
    assert blocks == pytest.approx(36_000, abs=100)
    assert not is_charging
    stored.live(1000)
    assert stored.sampler.index - before == pytest.approx(blocks * 6, abs=80)
    assert stored.sampler.lost == 0  # nobody wore it


@pytest.mark.long_on_vm("many minutes of samples")
def test_time_on_the_charger_is_kept_apart(stored):
    stored.live(10 * MINUTE_MS)
    stored.usb = True
    stored.until(LINKED, 10_000)
    stored.live(20 * MINUTE_MS)
    assert [charging for _, charging in stored.rests] == [False]
    stored.usb = False
    stored.until(LINKED, 10_000)
    assert [charging for _, charging in stored.rests] == [False, True]


@pytest.mark.long_on_vm("many minutes of samples")
def test_stranger_does_not_wake_a_stored_device(stored):
    assert strangers_come(stored, 3) <= 9000
    assert stored.states == []


# Off


@pytest.mark.long_on_vm("many minutes of samples")
def test_empty_battery_switches_off_after_three_readings_and_says_so(alone):
    alone.mv = 3250
    alone.live(4 * MINUTE_MS)
    assert alone.power.is_over
    assert (faults.BATTERY_EMPTY, 3250) in alone.faults
    assert len([f for f in alone.faults if f[0] == faults.BATTERY_LOW]) >= 3


@pytest.mark.long_on_vm("many minutes of samples")
def test_one_low_reading_switches_nothing_off(alone):
    alone.mv = 3250
    while not alone.faults:
        alone.turn()
    alone.mv = 3600
    alone.live(5 * MINUTE_MS)
    assert not alone.power.is_over


@pytest.mark.long_on_vm("many minutes of samples")
def test_low_battery_is_said_and_goes_on(alone):
    alone.mv = 3450
    alone.live(10 * MINUTE_MS)
    assert not alone.power.is_over
    assert {code for code, _ in alone.faults} == {faults.BATTERY_LOW}


@pytest.mark.long_on_vm("many minutes of samples")
def test_empty_battery_on_the_charger_switches_nothing_off(alone):
    alone.mv, alone.usb = 3200, True
    alone.live(10 * MINUTE_MS)
    assert not alone.power.is_over
    assert alone.faults == []


def test_off_stops_motor_sensor_and_radio_and_is_told(alone):
    alone.rig.haptics.play(patterns.PATTERNS[patterns.OFF])
    alone.power.off()
    assert not alone.rig.haptics.is_playing
    assert not alone.radio.is_active
    assert alone.sampler.is_resting
    assert alone.states[-1] == OFF


def test_every_state_is_told_with_time_voltage_and_block(alone):
    alone.until(ALONE, 1)
    ((ms, state, mv, block),) = alone.told
    assert (state, mv) == (ALONE, 3900)
    assert MINUTE_MS <= ms <= MINUTE_MS + 1000
    assert block == pytest.approx(ms // 100, abs=10)
