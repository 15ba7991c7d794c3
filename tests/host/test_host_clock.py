"""A host's clock against what the device was told before, and how times are said."""

import asyncio
from zoneinfo import ZoneInfo

import pytest

from posturecore import frames
from tests.host.test_dating import DAY_MS, HOUR_MS, T0, anchor, boot, power
from tests.host.test_session import Wire, polite
from trunkline.clocks.dating import clocks_of
from trunkline.clocks.host_clock import check_host_clock
from trunkline.clocks.local_time import local_time, spread
from trunkline.device.greeting import greet
from trunkline.device.session import Session

TOLD = [boot(7), anchor(7, 0, T0), anchor(7, HOUR_MS, T0 + HOUR_MS)]
FLAT = [*TOLD, power(2 * HOUR_MS, 72_000), boot(8), power(1000, 0)]
VIENNA = ZoneInfo("Europe/Vienna")


# Checking


@pytest.mark.parametrize("off_ms", [0, -30_000, 30_000])
def test_clock_that_agrees_is_no_finding(off_ms):
    assert check_host_clock(clocks_of(TOLD), 7, 2 * HOUR_MS, T0 + 2 * HOUR_MS + off_ms) is None


@pytest.mark.parametrize(
    ("off_ms", "said"),
    [
        pytest.param(DAY_MS, "24 h ahead", id="a-day"),
        pytest.param(-2 * DAY_MS, "2 d behind", id="two-days"),
        pytest.param(HOUR_MS, "time zone and daylight saving", id="an-hour"),
        pytest.param(-2 * HOUR_MS + 60_000, "time zone and daylight saving", id="two-hours"),
        pytest.param(40_000, "40 s ahead", id="seconds"),
        pytest.param(-T0 - 2 * HOUR_MS, "it was never set", id="1970"),
    ],
)
def test_clock_that_contradicts_is_told_and_by_how_much(off_ms, said):
    now_ms = T0 + 2 * HOUR_MS + off_ms
    finding = check_host_clock(clocks_of(TOLD), 7, 2 * HOUR_MS, now_ms)
    assert said in finding.sentence
    assert (finding.now_utc_ms, finding.off_ms) == (now_ms, pytest.approx(off_ms, abs=500))
    assert finding.expected.utc_ms == pytest.approx(T0 + 2 * HOUR_MS, abs=500)
    for part in ("Found this computer's clock at ", "; expected ", "; try: "):
        assert part in finding.sentence


def test_one_wrong_host_among_three_does_not_make_a_right_clock_wrong():
    told = [*TOLD, anchor(7, 2 * HOUR_MS, T0 + 9 * DAY_MS)]
    assert check_host_clock(clocks_of(told), 7, 3 * HOUR_MS, T0 + 3 * HOUR_MS) is None


@pytest.mark.parametrize("boot_id", [8, 9], ids=["undated", "not-downloaded"])
def test_after_a_flat_battery_only_a_clock_before_all_records_is_found(boot_id):
    clocks = clocks_of(FLAT)
    assert check_host_clock(clocks, boot_id, 0, T0 + 2 * HOUR_MS) is None
    assert check_host_clock(clocks, boot_id, 0, T0 + 900 * DAY_MS) is None
    finding = check_host_clock(clocks, boot_id, 0, T0 + HOUR_MS)
    assert finding.expected is None
    assert finding.off_ms == pytest.approx(-HOUR_MS, abs=5000)
    assert "already lived through" in finding.sentence


def test_device_that_nobody_has_told_the_time_takes_any_clock():
    assert check_host_clock({}, 1, 0, 0) is None
    assert check_host_clock(clocks_of([boot(1), power(1000, 0)]), 1, 0, 0) is None


# Saying


@pytest.mark.parametrize(
    ("uncertainty_ms", "said"),
    [
        (0, "16:13:20"),
        (1000, "16:13:20"),
        (1001, "about 16:13 (± 2 s)"),
        (119_000, "about 16:13 (± 119 s)"),
        (119_001, "about 16:13 (± 2 min)"),
        (90 * 60_000, "about 16:13 (± 90 min)"),
        (2 * DAY_MS, "about 16:13 (± 2 d)"),
    ],
)
def test_time_is_said_as_sure_as_it_is(uncertainty_ms, said):
    assert local_time(T0, VIENNA, uncertainty_ms) == said


def test_unknown_time_is_said_so():
    assert local_time(None, VIENNA) == "time unknown"


def test_spread_is_rounded_up():
    assert [spread(ms) for ms in (0, 1, 7_199_000, 7_200_000, 7_200_001)] == [
        "0 s",
        "1 s",
        "120 min",
        "2 h",
        "3 h",
    ]


def test_hour_that_comes_twice_is_told_apart_and_lasts_two_hours():
    before_ms = 1_792_888_200_000  # 2026-10-25 00:30 UTC
    said = [local_time(before_ms + k * HOUR_MS, VIENNA, with_date=True) for k in range(-1, 3)]
    assert said == [
        "2026-10-25 01:30:00",
        "2026-10-25 02:30:00 CEST",
        "2026-10-25 02:30:00 CET",
        "2026-10-25 03:30:00",
    ]


def test_hour_that_never_comes_is_left_out():
    before_ms = 1_774_744_200_000  # 2026-03-29 00:30 UTC
    said = [local_time(before_ms + k * HOUR_MS, VIENNA) for k in (0, 1)]
    assert said == ["01:30:00", "03:30:00"]


# Greeting

UPTIME_MS = 2 * HOUR_MS


class Greeted(Wire):
    """A device in boot 7, up for two hours; `slow_s(count)` is how long its answers take."""

    def __init__(self, slow_s=lambda count: 0.0):
        super().__init__(self._answer)
        self.anchors = []
        self._slow_s = slow_s
        self._asked = 0

    def _answer(self, frame, sequence, values, items):
        if values == (frames.STATUS,):
            yield frames.STATUS, (7, UPTIME_MS, 0, *([0] * 11))
        if frame == frames.TIME_ANCHOR:
            self.anchors.append(values)
        yield from polite(frame, sequence, values, items)

    async def write(self, frame):
        await asyncio.sleep(self._slow_s(self._asked))
        self._asked += 1
        await super().write(frame)


async def greeted(device, now_ms, **options):
    async with Session(device) as session:
        return await greet(session, lambda: now_ms, **options)


async def test_device_is_given_the_time_with_the_uncertainty_of_the_way():
    device = Greeted(lambda count: 0.05)
    greeting = await greeted(device, T0)
    assert (greeting.is_set, greeting.finding) == (True, None)
    _, _, seconds, ms, uncertainty_ms, _ = device.anchors[-1]
    assert uncertainty_ms == greeting.uncertainty_ms >= 25
    assert 25 <= seconds * 1000 + ms - T0 <= uncertainty_ms  # as it will be when it arrives


async def test_time_that_took_longer_on_its_way_is_given_again():
    slow = (0, 0, 0, 0, 0.6)  # hello, settings, calibration, status, the first anchor
    device = Greeted(lambda count: slow[count] if count < len(slow) else 0.0)
    greeting = await greeted(device, T0)
    assert len(device.anchors) >= 2
    assert device.anchors[0][4] < 300 <= device.anchors[1][4]
    assert device.anchors[-1][4] == greeting.uncertainty_ms


async def test_contradicted_clock_is_not_used_without_asking():
    device = Greeted()
    greeting = await greeted(device, T0 + DAY_MS, clocks=clocks_of(TOLD))
    assert (greeting.is_set, device.anchors) == (False, [])
    assert "22 h ahead" in greeting.finding.sentence


@pytest.mark.parametrize("answer", [False, True])
async def test_contradicted_clock_is_used_as_the_answer_says(answer):
    asked = []

    async def confirm(finding):
        asked.append(finding)
        return answer

    device = Greeted()
    options = {"clocks": clocks_of(TOLD), "confirm": confirm}
    greeting = await greeted(device, T0 + DAY_MS, **options)
    assert asked == [greeting.finding]
    assert (greeting.is_set, len(device.anchors)) == (answer, int(answer))


async def test_clock_that_agrees_is_used_and_nobody_asked():
    device = Greeted()
    greeting = await greeted(device, T0 + UPTIME_MS + 5000, clocks=clocks_of(TOLD))
    assert (greeting.is_set, greeting.finding) == (True, None)
    assert device.anchors[0][2] == (T0 + UPTIME_MS + 5000) // 1000
