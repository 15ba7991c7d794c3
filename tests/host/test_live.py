"""The live view: what it says after each event, that it fits 80 by 24, and that q ends it."""

import io
import os
import select
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from posturecore import params
from posturecore.calibrate import DONE
from trunkline.cli.live import LivePicture
from trunkline.device.live import TREND_BLOCKS, Live
from trunkline.device.telling import tell
from trunkline.protocol.decoder import Decoder
from trunkline.protocol.events import (
    Calibration,
    CueFrame,
    Decisions,
    Dropped,
    Fault,
    Hello,
    LinkBack,
    LinkLost,
    SettingsFrame,
    Status,
    TimeNotSet,
)
from trunkline.protocol.records import Coaching, DeviceFault, Doubt, LogStatus, Mark, Power

STILL, BENDING = 1, 3
GOOD, BEGUN, PROLONGED = range(3)
HELLO = Hello(0, 1, 0, 1, 6, 60_000, 7, 0, b"device-1", 0)
CALIBRATED = Calibration(1, 0, DONE, 0, 16393, 0, 0, 3, 0, 0, 16384)


class Clock:
    now_s = 100.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def live():
    live = Live(Clock())
    for event in (HELLO, CALIBRATED):
        live.take(event)
    return live


def decided(live, *blocks, at=None):
    """Let the device decide blocks of (flexion_deg, context, state)."""
    first = round(live.view().at_s * 10) if at is None else at
    items = tuple((round(100 * deg), 0, context, state) for deg, context, state in blocks)
    live.take(Decisions(0, first, items))


def status(**changed):
    values = dict.fromkeys(Status.__dataclass_fields__, 0) | {"battery_mv": 3912} | changed
    return Status(**values)


def drawn(view, width=80, height=24, is_away=False, rssi_dbm=None):
    console = Console(width=width, height=height, file=io.StringIO(), force_terminal=False)
    console.print(LivePicture(view, "SIMULATED, sim:", is_away, rssi_dbm), end="")
    return console.file.getvalue().splitlines()


def text(view, **options):
    return "\n".join(drawn(view, **options))


def test_how_strong_the_device_was_heard_stands_in_80_columns_where_it_is_known(live):
    live.take(Fault("missing", 123_456, "some"))
    live.take(status(frames_dropped=123_456))
    (link,) = [line for line in drawn(live.view(), rssi_dbm=-101) if line.startswith(" link")]
    assert link.rstrip().endswith("dropped 123456   heard at -101 dBm")
    assert "heard" not in text(live.view())


def set_to(**settings):
    items = tuple((params.NAMES.index(name), value) for name, value in settings.items())
    return SettingsFrame(0, 0, 0, items)


@pytest.mark.parametrize(
    ("flexion_deg", "band"),
    [(-20, "good"), (7.9, "good"), (8, "near"), (11.9, "near"), (12, "beyond"), (60, "beyond")],
)
def test_band_follows_the_prescription(live, flexion_deg, band):
    decided(live, (flexion_deg, STILL, GOOD))
    assert live.view().posture.band == band
    live.take(set_to(slouch_entry_cdeg=1500, slouch_hysteresis_cdeg=0))
    decided(live, (12, STILL, GOOD), (15, STILL, GOOD))
    assert live.view().posture.band == "beyond"
    decided(live, (14.9, STILL, GOOD))
    assert live.view().posture.band == "good"


def test_at_the_lumbar_spine_a_slouch_tips_backward(live):
    live.take(set_to(placement=params.PLACEMENTS.index("L5")))
    decided(live, (-13, STILL, GOOD))
    assert (live.view().posture.offset_deg, live.view().posture.band) == (13, "beyond")
    assert live.view().trend_deg == (13,)


def test_seconds_over_are_those_that_the_device_counts(live):
    decided(live, *[(15, STILL, BEGUN)] * 25)
    assert live.view().posture.over_s == pytest.approx(2.5)
    decided(live, *[(15, BENDING, BEGUN)] * 10, *[(3, STILL, BEGUN)] * 5)  # pauses, good for now
    assert live.view().posture.over_s == pytest.approx(2.5)
    decided(live, *[(9, STILL, PROLONGED)] * 5)
    assert live.view().posture.over_s == pytest.approx(3.0)
    assert "prolonged, 3 s of 60 s" in text(live.view())
    decided(live, (0, STILL, GOOD), (15, STILL, BEGUN))
    assert live.view().posture.over_s == pytest.approx(0.1)


def test_what_never_came_is_a_hole_in_the_trend(live):
    decided(live, (5, STILL, GOOD), (5, STILL, GOOD))
    decided(live, (6, STILL, GOOD), at=5)
    assert live.view().trend_deg == (5, 5, None, None, None, 6)
    decided(live, (7, STILL, GOOD), at=10**6)
    assert len(live.view().trend_deg) == TREND_BLOCKS
    assert live.view().trend_deg[-2:] == (None, 7)


def test_without_a_neutral_pose_no_angle_is_shown():
    live = Live(Clock())
    live.take(HELLO)
    live.take(status(is_calibrated=0))
    decided(live, (23, STILL, GOOD))
    assert live.view().trend_deg == (None,)
    assert "not calibrated" in text(live.view())
    assert "beyond" not in text(live.view())
    live.take(CALIBRATED)
    decided(live, (23, STILL, GOOD))
    assert "beyond 12°" in text(live.view())


def test_cues_tell_their_outcome_and_how_long_ago(live):
    decided(live, *[(15, STILL, PROLONGED)] * 300)
    live.take(CueFrame(0, 250, 0, 1, 0))
    assert "slouch, felt, 0:05 ago" in text(live.view())
    live.take(CueFrame(0, 290, 0, 1, 2))
    assert "slouch, held back: hourly cap, 0:01 ago" in text(live.view())


def test_coaching_is_a_line_when_it_changes_only(live):
    for coaching in (0, 0, 2, 2):
        live.take(Coaching(0, 0, coaching))
    lines = [line.words for line in live.view().lines if line.what == "coaching"]
    assert lines == ["felt", "snoozed"]
    assert "snoozed" in text(live.view())


def test_link_battery_and_log_are_told_as_they_stand(live):
    live.take(status(is_calibrated=1, frames_dropped=4, samples_lost=60))
    live.take(LogStatus(0, 0, 9, 3, 400, 1000))
    live.take(Fault("missing", 3, "3 frames missing before 9"))
    shown = text(live.view())
    for words in ("missing 3", "dropped 4", "battery 3.91 V", "samples lost 60", "log 40 % full"):
        assert words in shown


def test_frames_a_second_are_those_of_the_last_five():
    clock = Clock()
    live = Live(clock)
    for _ in range(20):
        live.take(status())
        clock.now_s += 0.5
    assert live.view().frames_hz == 2.0
    clock.now_s += 60
    assert live.view().frames_hz == 0


@pytest.mark.parametrize(
    ("event", "what", "words"),
    [
        (LinkLost("sim: the link was lost."), "link_lost", "sim: the link was lost."),
        (LinkBack(3, 12.4, 720), "link_back", "back after 12 s, 720 samples missed"),
        (LinkBack(1, 2.0, None), "link_back", "back after 2 s"),
        (Dropped(9), "dropped", "9 events dropped"),
    ],
    ids=["lost", "back", "back after a restart", "dropped"],
)
def test_what_the_host_itself_notes_is_told(live, event, what, words):
    live.take(event)
    [line] = [line for line in live.view().lines if line.what == what]
    assert words in line.words
    assert words in text(live.view())


def test_lost_link_is_said_on_top(live):
    assert "link lost" not in text(live.view())
    assert "link lost" in drawn(live.view(), is_away=True)[1]


@pytest.mark.parametrize("width", [80, 100, 200])
@pytest.mark.parametrize("height", [24, 50])
def test_picture_fits_its_screen_whatever_has_happened(live, width, height):
    decided(live, *[(k / 10 - 90, STILL, PROLONGED) for k in range(1800)])
    live.take(status(is_calibrated=1, battery_mv=65535, samples_lost=4_000_000_000))
    for code in range(40):
        live.take(Fault("damaged", code, "a very long sentence " * 12))
    lines = drawn(live.view(), width, height)
    assert len(lines) == height
    assert max(map(len, lines)) <= width


def test_picture_before_anything_is_heard_waits():
    shown = text(Live(Clock()).view())
    assert "waiting for a device" in shown
    assert "not calibrated" not in shown
    assert len(shown.splitlines()) == 24


def test_every_frame_of_the_table_can_be_taken_and_put_into_words(real_capture):
    live, decoder = Live(Clock()), Decoder()
    for part in real_capture[1]:
        decoder.receive_data(part)
        for event in decoder.events():
            live.take(event)
    view = live.view()
    assert {"episode", "cue"} <= {line.what for line in view.lines}
    assert view.missing_frames == 0
    assert len(view.trend_deg) == TREND_BLOCKS
    assert drawn(view)


def test_page_names_every_event_and_every_field(real_capture):
    page = (Path(__file__).parents[2] / "docs" / "monitor.md").read_text("utf-8")
    rows = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("| `")}
    decoder = Decoder()
    decoder.receive_data(b"".join(real_capture[1]))
    events = [*decoder.finish(), LinkLost(""), LinkBack(1, 1.0, 1), Dropped(1), TimeNotSet("", 1)]
    events += [CALIBRATED, Mark(0, 1, 1), Power(0, 0, 1, 1, 0), DeviceFault(0, 0, 1, 1, 0)]
    events += [Coaching(0, 0, 0), Fault("cut", 1, "")]
    told = [one for one in (tell(event, 0.1) for event in events) if one is not None]
    for one in told:
        for name in one.values:
            assert f"`{name}`" in rows[one.what], (one.what, name)
    assert {one.what for one in told} == rows.keys() - {"now", "heard"}


@pytest.mark.parametrize(("doubt_cdeg", "words"), [(0, "none, "), (1200, "calibrate again")])
def test_doubt_claims_no_walk_where_none_was(doubt_cdeg, words):
    said = tell(Doubt(0, 0, doubt_cdeg), 0.1).words  # it is told at contact, too
    assert words in said
    assert ("walk" in said) == (doubt_cdeg > 0)


def test_words_know_codes_of_newer_devices():
    assert "unknown (250)" in tell(DeviceFault(0, 0, 250, 1, 0), 0.1).words
    assert tell(Power(0, 0, 99, 3900, 0), 0.1).words == "unknown (99)"
    assert tell(status(), 0.1) is None


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals need a POSIX system")
def test_q_ends_the_screen_and_gives_the_terminal_back():
    import fcntl
    import struct
    import termios

    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    before = termios.tcgetattr(theirs)
    words = [sys.executable, "-m", "trunkline", "monitor", "sim:", "--speed", "20"]
    env = {**os.environ, "TERM": "xterm-256color"}
    shown = b""
    with subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, env=env) as process:
        try:
            while b"upright-still" not in shown:
                assert process.poll() is None, shown
                shown += os.read(ours, 65536)
            os.write(ours, b"q")
            while process.poll() is None:
                if select.select([ours], [], [], 0.1)[0]:
                    shown += os.read(ours, 65536)
        finally:
            process.kill()
    while select.select([ours], [], [], 0)[0]:
        shown += os.read(ours, 65536)
    assert process.returncode == 0
    assert termios.tcgetattr(theirs) == before
    assert b"SIMULATED, sim:" in shown
    assert b"Traceback" not in shown
    assert shown.endswith(b"faults: none\r\n")
    for end in (ours, theirs):
        os.close(end)
