"""The main job end to end, in short: one run is shared by all tests here."""

import re

import numpy as np
import pytest
from typer.testing import CliRunner

from posturecore.patterns import AWAKE, IDENTIFY, PATTERNS
from posturecore.scales import SAMPLES_PER_BLOCK
from trunkline.captures.capture import read_capture
from trunkline.cli import app
from trunkline.demo_results import facts, motor_runs, save, write_page
from trunkline.protocol.events import SamplesRun
from trunkline.simulator import MotorChange
from trunkline.store import Store

from .conftest import DEMO_S


@pytest.fixture
def played(demo_run):
    return demo_run.real, demo_run.simulated


def test_device_and_host_decide_the_same(played):
    for each in played:
        assert each.comparison.is_identical, str(each.comparison)
        seconds = len(each.part.recording.acc_m_s2) / each.part.recording.rate_hz
        assert each.comparison.blocks == pytest.approx(seconds * 10 - 3, abs=2)
    assert played[0].comparison.events == 5


def test_nothing_is_dropped_damaged_or_lost(played):
    for each in played:
        assert each.faults == 0
        assert each.status.frames_dropped == 0
        assert each.status.samples_lost == 0
        assert each.status.imu_overruns == 0
        assert each.status.imu_faults == 0
        assert each.status.frames_bad == each.status.frames_unknown == 0


def test_every_sample_of_the_tape_arrives(played):
    simulated = played[1]
    events = read_capture(simulated.capture, strict=True).events
    samples = [event for event in events if isinstance(event, SamplesRun)]
    settling = 18  # the sensor's gravity is wrong for 0.3 s after a start
    assert samples[0].sample_index == settling
    assert sum(len(event.counts) for event in samples) == DEMO_S * 60 - settling
    blocks = (DEMO_S * 60 - settling) / SAMPLES_PER_BLOCK
    assert len(simulated.analysis.timeline.context) == blocks


def test_real_is_called_real_and_simulated_is_called_simulated(played):
    real, simulated = played
    assert not real.analysis.is_simulated
    assert simulated.analysis.is_simulated
    assert real.analysis.placement == "L5"
    assert read_capture(simulated.capture).header["is_simulated"] is True
    assert read_capture(real.capture).header["is_simulated"] is False


def test_the_second_boot_is_another_boot_of_the_same_device(played):
    real, simulated = played
    assert real.hello.device_id == simulated.hello.device_id
    assert simulated.hello.boot_id == real.hello.boot_id + 1


def test_the_device_calibrated_on_the_still_start(played):
    assert "by the device" in played[1].calibration
    still = played[1].part.recording.acc_m_s2[120:420].mean(axis=0)
    assert played[1].analysis.neutral == pytest.approx(still / np.linalg.norm(still), abs=0.02)


def test_the_motor_ran_for_every_felt_cue_and_the_host_s_command(played):
    for each in played:
        felt = sum(cue.is_felt for cue in each.analysis.cues if cue.reason == "bend")
        # That it is calibrated, the motor's limits do not let it say so soon after.
        said = sum(len(PATTERNS[pattern][::2]) for pattern in (AWAKE, IDENTIFY))
        assert len(motor_runs(each.motor_log)) == said + felt
        assert max(duration_ms for _, duration_ms in motor_runs(each.motor_log)) <= 800


def test_the_host_s_own_filter_is_near_the_device_s_gravity(played):
    real, simulated = played
    assert real.difference_deg["rms"] < 5.0
    assert simulated.difference_deg["rms"] < 0.5
    for each in played:
        assert 0 < each.difference_deg["rms"] <= each.difference_deg["max"]


def test_time_worn_and_time_seen_are_the_same(played):
    for each in played:
        wear = each.analysis.wear
        assert wear.total_s == pytest.approx(len(each.analysis.timeline.context) / 10)
        assert wear.lost_s == 0.0
        assert sum(wear.by_context_s.values()) == pytest.approx(wear.total_s)


def test_progress_goes_forward_to_the_end(demo_run):
    assert demo_run.advances[-1] == (DEMO_S * 1000, DEMO_S * 1000)
    assert any("paired by passkey, MTU 247" in sentence for sentence in demo_run.said)


def test_the_database_holds_what_was_found(played, tmp_path):
    wearer = save(tmp_path / "trunkline.db", played)
    assert re.fullmatch(r"w-[a-z0-9]+", wearer)
    with Store.open(tmp_path / "trunkline.db") as store:
        sessions = store.sessions(wearer)
        assert [s.boot_id for s in sessions] == [each.hello.boot_id for each in played]
        for session, each in zip(sessions, played, strict=True):
            assert store.bends(session.id) == each.analysis.bends
            assert store.episodes(session.id) == each.analysis.episodes
            assert store.cues(session.id) == each.analysis.cues
            assert store.wear(session.id) == each.analysis.wear
            assert session.is_simulated == each.analysis.is_simulated
            assert session.device_id == each.hello.device_id.hex()
            assert session.started_utc is None


def test_the_page_is_one_file_that_says_what_is_simulated(played, tmp_path):
    page = write_page(tmp_path / "report.html", played, "w-tested").read_text()
    assert "SIMULATED" in page.upper()
    assert "w-tested" in page
    assert not re.findall(r"""(?:src|href)=["']https?://""", page)
    assert "<script" not in page


def test_facts_say_it_when_the_two_differ(played):
    said = dict(facts(played))
    assert said["Decisions of device and host"].startswith("identical: ")
    played[0].comparison.differences.append("planted")
    try:
        assert dict(facts(played))["Decisions of device and host"].startswith("NOT identical: ")
    finally:
        played[0].comparison.differences.clear()


def test_motor_changes_become_runs():
    log = [(100, 9), (300, 0), (300, 0), (450, 5), (500, 7), (650, 0), (700, 5)]
    changes = [MotorChange(time_ms=at_ms, duty_u16=duty) for at_ms, duty in log]
    assert motor_runs(changes) == ((0.1, 200), (0.45, 200))


def test_the_command_works_twice_in_one_folder(tmp_path):
    runner, folder = CliRunner(), tmp_path / "out"
    sizes = []
    for _ in range(2):
        done = runner.invoke(app, ["demo", "-o", str(folder), "--minutes", "0.5"])
        assert done.exit_code == 0, done.output
        assert "identical" in done.stdout
        assert "Frames dropped by the device: 0" in done.stdout
        names = {path.name for path in folder.iterdir()}
        assert names >= {"report.html", "trunkline.db", "real.tlcap", "simulated.tlcap"}
        sizes.append((folder / "simulated.tlcap").stat().st_size)
    assert sizes[0] == sizes[1]


def test_a_refused_duration_leaves_the_last_demo_alone(tmp_path):
    (tmp_path / "report.html").write_text("the last one")
    for minutes in ("0.1", "nan", "1e9", "-5"):
        done = CliRunner().invoke(app, ["demo", "-o", str(tmp_path), "--minutes", minutes])
        assert "Found --minutes" in str(done.exception)
    assert (tmp_path / "report.html").read_text() == "the last one"
