"""Motion-BIDS: what is written is valid, what others write is read by its channels."""

import json
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from trunkline import InputError, TrunklineError, load
from trunkline.exports import export
from trunkline.exports.bids import write_bids

from .exported import assert_equal, recording_of

VALIDATOR = Path(sys.executable).with_name("bids-validator-deno")
STEM = "sub-01_task-worn_tracksys-imu"


def test_a_dataset_passes_the_bids_validator(tmp_path):
    if not VALIDATOR.exists():
        pytest.skip("no bids-validator-deno: pip install 'trunkline[dev]' brings it")
    export(recording_of(extras={"label": np.zeros(200, "u1")}), tmp_path / "ds")
    write_bids(recording_of(gaps=[(50, 2.0)]), tmp_path / "ds", subject="02", session="01")
    write_bids(recording_of(is_simulated=True), tmp_path / "ds", subject="02", session="02")
    command = [str(VALIDATOR), "--ignoreWarnings", str(tmp_path / "ds")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    print(done.stdout)
    assert done.returncode == 0, done.stdout
    assert "This dataset appears to be BIDS compatible." in done.stdout
    assert "2 - Subjects 2 - Sessions" in done.stdout


def test_the_validator_would_find_a_fault(tmp_path):
    if not VALIDATOR.exists():
        pytest.skip("no bids-validator-deno: pip install 'trunkline[dev]' brings it")
    export(recording_of(), tmp_path / "ds")
    (tmp_path / f"ds/sub-01/motion/{STEM}_channels.tsv").unlink()
    command = [str(VALIDATOR), str(tmp_path / "ds")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode != 0
    assert "[ERROR]" in done.stdout + done.stderr


def test_subjects_and_sessions_join_a_dataset_and_come_back(tmp_path):
    first, second = recording_of(seed=1), recording_of(seed=2, gaps=[(9, 0.25)])
    write_bids(first, tmp_path / "ds")
    files = write_bids(second, tmp_path / "ds", subject="02", session="b", task="bend")
    assert_equal(first, load(tmp_path / "ds/sub-01"))
    assert_equal(second, load(next(file for file in files if file.name.endswith("motion.tsv"))))
    listed = (tmp_path / "ds/participants.tsv").read_text().split()
    assert listed == ["participant_id", "sub-01", "sub-02"]
    with pytest.raises(InputError, match="2 recordings"):
        load(tmp_path / "ds")


def test_a_taken_subject_or_folder_is_refused(tmp_path):
    write_bids(recording_of(), tmp_path / "ds")
    with pytest.raises(InputError, match="choose another folder, --subject or --session"):
        write_bids(recording_of(), tmp_path / "ds")
    (tmp_path / "mine").mkdir()
    with pytest.raises(InputError, match="no dataset"):
        write_bids(recording_of(), tmp_path / "mine")
    assert list((tmp_path / "mine").iterdir()) == []
    with pytest.raises(InputError, match="letters and digits"):
        write_bids(recording_of(), tmp_path / "new", subject="Jane Doe")


def test_a_failure_leaves_no_half_dataset(tmp_path):
    """No file may grow beyond 20 kB here: the system refuses the samples as a full disk does."""
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, most))
    try:
        with pytest.raises(TrunklineError, match="free some space"):
            write_bids(recording_of(2000), tmp_path / "ds")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    assert list(tmp_path.iterdir()) == []


def test_the_start_and_the_axes_stand_where_bids_has_them(tmp_path):
    write_bids(recording_of(), tmp_path / "ds")
    scans = (tmp_path / "ds/sub-01/sub-01_scans.tsv").read_text()
    assert "2026-11-23T08:30:01.250000Z" in scans
    frames = json.loads((tmp_path / f"ds/sub-01/motion/{STEM}_channels.json").read_text())
    assert frames["reference_frame"]["Levels"]["sensor"]["SpatialAxes"] == "URF"


# ---- a dataset that others wrote

PARTS = ["_channels.tsv", "_channels.json", "_motion.json", "_motion.tsv"]


def foreign(folder, *, latency=True, acc_unit="g", rows=100, cut=0, hole_s=0):
    """Write a dataset as others do: metadata at the top, two points, units of their own."""
    motion = folder / "sub-a" / "motion"
    motion.mkdir(parents=True)
    lines = ["name\tcomponent\ttype\ttracked_point\tunits\treference_frame"]
    lines += ["time\tn/a\tLATENCY\tn/a\ts\tn/a"] if latency else []
    for stem, kind, point, unit in (
        ("a", "ACCEL", "T4", acc_unit),
        ("g", "GYRO", "T4", "deg/s"),
        ("h", "ACCEL", "head", "g"),
    ):
        lines += [f"{stem}{axis}\t{axis}\t{kind}\t{point}\t{unit}\tback" for axis in "xyz"]
    stem = "sub-a_task-walk_tracksys-imu"
    (motion / f"{stem}_channels.tsv").write_text("\n".join(lines) + "\n")
    frame = {"Levels": {"back": {"SpatialAxes": "FLU"}}}
    (motion / f"{stem}_channels.json").write_text(json.dumps({"reference_frame": frame}))
    (folder / "task-walk_tracksys-imu_motion.json").write_text('{"SamplingFrequency": 50}')
    (folder / "task-run_tracksys-imu_acq-other_motion.json").write_text(
        '{"SamplingFrequency": 77}'
    )
    samples = []
    for k in range(rows):
        sample = [0.1, 0.0, 0.99, 5.0 + k, -k, 2.0, 1.0, 0.0, 0.0]
        at_s = k / 50 + (hole_s if k >= rows // 2 else 0)
        samples.append("\t".join(map(str, ([at_s] if latency else []) + sample)))
    text = "\n".join(samples) + "\n"
    (motion / f"{stem}_motion.tsv").write_text(text[: len(text) - cut])
    return motion / f"{stem}_motion.tsv"


@pytest.mark.parametrize("latency", [True, False])
def test_a_foreign_dataset_is_read_by_its_channels(tmp_path, latency):
    foreign(tmp_path, latency=latency)
    recording = load(tmp_path, tracked_point="T4")
    assert recording.rate_hz == pytest.approx(50.0)
    np.testing.assert_allclose(recording.acc_m_s2[0], np.array([0.1, 0.0, 0.99]) * 9.80665)
    np.testing.assert_allclose(recording.gyr_rad_s[2], np.radians([7.0, -2.0, 2.0]))
    assert (recording.placement, recording.axes) == ("T4", "FLU")
    assert load(tmp_path, tracked_point="T4", axes="ASR", placement="L5").axes == "ASR"


def test_the_latency_channel_of_a_foreign_dataset_tells_gaps(tmp_path):
    recording = load(foreign(tmp_path, hole_s=1.0), tracked_point="T4")
    (gap,) = recording.gaps
    assert (gap.at, gap.lost_s) == (50, pytest.approx(1.0))
    assert recording.rate_hz == pytest.approx(50.0)


def test_a_foreign_dataset_that_cannot_be_used_is_refused(tmp_path):
    file = foreign(tmp_path)
    with pytest.raises(InputError, match="T4, head"):
        load(file)
    with pytest.raises(InputError, match="'foot'"):
        load(file, tracked_point="foot")
    with pytest.raises(InputError, match="option 'rate_hz'"):
        load(file, rate_hz=50)
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match="0 recordings"):
        load(tmp_path / "none")


def test_units_bids_does_not_know_here_are_refused(tmp_path):
    with pytest.raises(InputError, match="in furlongs"):
        load(foreign(tmp_path, acc_unit="furlongs"), tracked_point="T4")


def test_units_that_cannot_be_are_refused(tmp_path):
    with pytest.raises(InputError, match="looks like g"):
        load(foreign(tmp_path, acc_unit="m/s^2"), tracked_point="T4")


def test_a_cut_row_is_left_out_and_counted(tmp_path):
    recording = load(foreign(tmp_path, cut=12), tracked_point="T4")
    assert (recording.sample_count, recording.quality.damaged_rows) == (99, 1)


def test_an_export_that_was_cut_is_read_by_its_channels(tmp_path):
    write_bids(recording_of(is_simulated=True), tmp_path / "ds")
    file = next((tmp_path / "ds").rglob("*_motion.tsv"))
    file.write_text(file.read_text()[:-100])
    back = load(file)
    assert (back.quality.damaged_rows, back.placement, back.is_simulated) == (1, "T12", True)


def test_a_dataset_of_others_does_not_say_whether_anybody_wore_it(tmp_path):
    assert load(foreign(tmp_path), tracked_point="T4").is_simulated is None


@pytest.mark.parametrize(
    "name", ["_channels.tsv", "_channels.json", "_motion.json", "_motion.tsv"]
)
@pytest.mark.parametrize("content", [b"", b"\xff\x00{", b"[1]", b"name\tunits\nx\n"])
def test_a_damaged_dataset_is_one_sentence(tmp_path, name, content):
    file = foreign(tmp_path)
    Path(str(file).replace("_motion.tsv", name)).write_bytes(content)
    with pytest.raises(InputError):
        load(file, tracked_point="T4")
