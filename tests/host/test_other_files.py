"""MATLAB and Axivity files, and Parquet tables of others: read, or refused in one sentence."""

import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.io import savemat

from trunkline import InputError, load

from . import made_cwa

RECORDING = Path(__file__).parent / "recordings/axivity_ax3.cwa"
RATE_HZ, COUNT = 50.0, 200


@pytest.fixture(scope="module")
def motion():
    dice = np.random.default_rng(4)
    acc_g = np.tile([1.0, 0.0, 0.0], (COUNT, 1)) + dice.normal(0, 0.01, (COUNT, 3))
    return np.arange(COUNT) / RATE_HZ, acc_g, dice.normal(0, 2.0, (COUNT, 3))


# ---- MATLAB


@pytest.mark.parametrize("is_struct", [False, True])
def test_matlab_arrays_are_read_by_the_names_of_an_archive(tmp_path, motion, is_struct):
    time, acc_g, gyr_deg_s = motion
    arrays = {"fs": RATE_HZ, "acc_g": acc_g, "gyr_deg_s": gyr_deg_s, "placement": "L5"}
    arrays |= {"time": time[:, None], "notes": {"who": "nobody"}}
    savemat(tmp_path / "a.mat", {"session": arrays} if is_struct else arrays)
    recording = load(tmp_path / "a.mat")
    np.testing.assert_allclose(recording.acc_m_s2, acc_g * 9.80665)
    np.testing.assert_allclose(recording.gyr_rad_s, np.radians(gyr_deg_s))
    assert (recording.rate_hz, recording.placement) == (pytest.approx(RATE_HZ), "L5")
    assert (recording.extras, recording.is_simulated) == ({}, None)


def test_a_matlab_file_of_version_7_3_is_told_how_to_be_saved(tmp_path):
    head = b"MATLAB 7.3 MAT-file".ljust(116) + bytes(8) + b"\x00\x02IM"
    (tmp_path / "a.mat").write_bytes(head + bytes(512))
    with pytest.raises(InputError, match="-v7"):
        load(tmp_path / "a.mat")


def test_a_damaged_matlab_file_is_one_sentence(tmp_path, motion):
    savemat(tmp_path / "b.mat", {"fs": RATE_HZ, "acc_g": motion[1]}, do_compression=True)
    whole = (tmp_path / "b.mat").read_bytes()
    flipped = bytearray(whole)
    flipped[300] ^= 0xFF
    for data in (b"", b"junk", whole[:100], whole[:200], whole[:-9], bytes(flipped)):
        (tmp_path / "a.mat").write_bytes(data)
        with pytest.raises(InputError, match=r"no whole MATLAB file|an acceleration named"):
            load(tmp_path / "a.mat")


def test_a_file_that_crashes_scipy_is_one_sentence(tmp_path):
    """Byte 144 makes a sparse matrix of the struct: scipy 1.17 ends with a segmentation fault."""
    savemat(tmp_path / "a.mat", {"s": {"fs": RATE_HZ, "acc_g": np.ones((40, 3))}})
    damaged = bytearray((tmp_path / "a.mat").read_bytes())
    damaged[144] = 5
    (tmp_path / "a.mat").write_bytes(damaged)
    with pytest.raises(InputError, match="no whole MATLAB file"):
        load(tmp_path / "a.mat")


def test_a_small_file_that_asks_for_gigabytes_is_one_sentence(tmp_path):
    """Bytes 160 and on are the dimensions of a cell array: scipy 1.17 takes 8 bytes a cell."""
    savemat(tmp_path / "a.mat", {"c": np.full((2, 1), "x", dtype=object)})
    damaged = bytearray((tmp_path / "a.mat").read_bytes())
    assert damaged[160:168] == b"\2\0\0\0\1\0\0\0"
    damaged[160:164] = (1 << 27).to_bytes(4, "little")
    (tmp_path / "a.mat").write_bytes(damaged)
    with pytest.raises(InputError, match="asks for more memory"):
        load(tmp_path / "a.mat")


def test_a_matlab_file_may_name_an_array_as_it_likes(tmp_path, motion):
    arrays = {"fs": RATE_HZ, "acc_g": motion[1], "file": 7, "allow_pickle": 8}
    savemat(tmp_path / "a.mat", arrays)
    assert load(tmp_path / "a.mat").extras == {"file": 7, "allow_pickle": 8}


# ---- Axivity


def test_an_axivity_file_is_read_in_si_units(tmp_path):
    counts = made_cwa.counts(30)
    made_cwa.write_cwa(tmp_path / "a.cwa", counts)
    recording = load(tmp_path / "a.cwa", placement="L5")
    acc_g = counts[:, 3:] / made_cwa.ACC_COUNTS_PER_G
    np.testing.assert_allclose(recording.acc_m_s2, acc_g * 9.80665, rtol=1e-6)
    deg_s = counts[:, :3] / made_cwa.GYR_COUNTS_PER_DEG_S
    np.testing.assert_allclose(recording.gyr_rad_s, np.radians(deg_s), rtol=1e-6)
    assert recording.rate_hz == pytest.approx(100.0, rel=1e-5)
    assert (recording.placement, recording.source) == ("L5", "Axivity AX6")
    assert recording.quality.warnings == ()


def test_a_real_recording_is_read_at_its_real_rate_without_gaps():
    """It ran at 98.9 Hz: taken at the nominal 100 Hz, each block seemed to miss a sample."""
    recording = load(RECORDING)
    assert (recording.sample_count, recording.gaps) == (3600, ())
    assert recording.rate_hz == pytest.approx(98.85, abs=0.05)
    assert recording.quality.intervals.max_deviation_ms < 0.1
    length = np.linalg.norm(recording.acc_m_s2, axis=1) / 9.80665
    assert np.median(length) == pytest.approx(1.0, abs=0.02)
    assert (recording.source, recording.quality.is_acc_only) == ("Axivity AX3", True)


@pytest.mark.parametrize("real_hz", [98.0, 100.0, 102.5])
def test_a_device_off_its_nominal_rate_has_even_times(tmp_path, real_hz):
    made_cwa.write_cwa(tmp_path / "a.cwa", made_cwa.counts(60), without={20}, real_hz=real_hz)
    recording = load(tmp_path / "a.cwa")
    assert recording.rate_hz == pytest.approx(real_hz, rel=2e-3)
    assert [gap.at for gap in recording.gaps] == [800]
    assert recording.quality.intervals.max_deviation_ms < 0.2


def test_a_missing_block_is_a_gap(tmp_path):
    made_cwa.write_cwa(tmp_path / "a.cwa", made_cwa.counts(30), without={10, 11})
    recording = load(tmp_path / "a.cwa")
    assert [(gap.at, round(gap.lost_s, 3)) for gap in recording.gaps] == [(400, 0.8)]


def test_a_damaged_block_is_left_out_and_counted(tmp_path):
    made_cwa.write_cwa(tmp_path / "a.cwa", made_cwa.counts(30))
    data = bytearray((tmp_path / "a.cwa").read_bytes())
    data[1024 + 512 * 7 + 100] ^= 0xFF
    (tmp_path / "a.cwa").write_bytes(data[:-50])
    recording = load(tmp_path / "a.cwa")
    assert (recording.sample_count, recording.quality.damaged_rows) == (28 * 40, 2)
    assert "1 damaged blocks" in recording.quality.warnings[0]
    assert "cut short" in recording.quality.warnings[1]
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path / "a.cwa", strict=True)


@pytest.mark.parametrize("data", [b"", b"junk" * 300, b"MD", made_cwa.header()])
def test_what_is_no_axivity_recording_is_refused(tmp_path, data):
    (tmp_path / "a.cwa").write_bytes(data)
    with pytest.raises(InputError):
        load(tmp_path / "a.cwa")
    with pytest.raises(InputError, match="option 'rate_hz'"):
        load(tmp_path / "a.cwa", rate_hz=100)


# ---- Parquet that others wrote


def table_of(motion, time):
    names = ["time", "ax_g", "ay_g", "az_g", "gx_dps", "gy_dps", "gz_dps", "label"]
    columns = [time, *motion[1].T, *motion[2].T, ["still"] * COUNT]
    return pa.table(dict(zip(names, columns, strict=True)))


def test_a_parquet_table_is_read_by_its_columns(tmp_path, motion):
    pq.write_table(table_of(motion, motion[0]), tmp_path / "a.parquet")
    recording = load(tmp_path / "a.parquet", axes="SRA")
    np.testing.assert_allclose(recording.acc_m_s2, motion[1] * 9.80665)
    np.testing.assert_allclose(recording.gyr_rad_s, np.radians(motion[2]))
    assert recording.rate_hz == pytest.approx(RATE_HZ)
    with pytest.raises(InputError, match=r"'label'.*numbers"):
        load(tmp_path / "a.parquet", acc=("ax_g", "ay_g", "label"))
    with pytest.raises(InputError, match="surely acc"):
        load(tmp_path / "a.parquet", acc=("ax_g", "ay_g", "none"))
    with pytest.raises(InputError, match="profile"):
        load(tmp_path / "a.parquet", profile="x-imu3")


def test_dates_in_a_parquet_table_are_times(tmp_path, motion):
    start = datetime(2026, 11, 23, 9)
    dates = [start + timedelta(seconds=second) for second in motion[0].tolist()]
    pq.write_table(table_of(motion, dates), tmp_path / "a.parquet")
    assert load(tmp_path / "a.parquet").rate_hz == pytest.approx(RATE_HZ)


def test_empty_cells_of_a_parquet_table_are_short_holes(tmp_path, motion):
    columns = table_of(motion, motion[0]).to_pydict()
    columns["ax_g"][40] = None
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    recording = load(tmp_path / "a.parquet")
    assert (recording.sample_count, recording.quality.held_samples) == (COUNT, 1)


def test_a_parquet_file_that_is_not_whole_is_one_sentence(tmp_path, motion):
    pq.write_table(table_of(motion, motion[0]), tmp_path / "b.parquet")
    whole = (tmp_path / "b.parquet").read_bytes()
    for data in (b"", b"PAR1", b"junk" * 99, whole[:500], whole[:-4]):
        (tmp_path / "a.parquet").write_bytes(data)
        with pytest.raises(InputError, match="no whole Parquet file"):
            load(tmp_path / "a.parquet")


def test_repeated_and_wrong_columns_of_a_parquet_table_are_refused(tmp_path):
    ones = np.ones(COUNT)
    names = ["ax", "ax", "ay", "az"]
    pq.write_table(pa.Table.from_arrays([ones] * 4, names=names), tmp_path / "a.parquet")
    with pytest.raises(InputError, match="surely acc"):
        load(tmp_path / "a.parquet")


# ---- what comes with an extra


@pytest.mark.parametrize(
    ("suffix", "module"), [(".parquet", "pyarrow"), (".mat", "scipy"), (".cwa", "actfast")]
)
def test_a_missing_extra_is_one_sentence(tmp_path, suffix, module):
    made_cwa.write_cwa(tmp_path / f"a{suffix}", made_cwa.counts(3))
    code = (
        f"import sys; sys.modules[{module!r}] = None; sys.argv = ['trunkline', 'replay', "
        f"{str(tmp_path / f'a{suffix}')!r}]; from trunkline.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "expected the extra 'files'; try: pip install 'trunkline[files]'." in done.stderr
