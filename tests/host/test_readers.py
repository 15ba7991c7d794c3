"""Files are read as far as they can be, with what was wrong counted and said."""

import numpy as np
import pytest

from trunkline import examples
from trunkline.errors import InputError
from trunkline.readers import READERS, CsvMapping, load
from trunkline.recordings.recording import Recording

RATE_HZ = 50.0
COUNT = 300


@pytest.fixture(scope="module")
def motion():
    rng = np.random.default_rng(3)
    acc_g = np.tile([1.0, 0.0, 0.0], (COUNT, 1)) + rng.normal(0, 0.01, (COUNT, 3))
    return (
        np.arange(COUNT) / RATE_HZ,
        np.round(acc_g, 5),
        np.round(rng.normal(0, 2, (COUNT, 3)), 4),
    )


def rows(motion):
    time, acc, gyr = motion
    return [
        ",".join(str(float(v)) for v in (t, *a, *g))
        for t, a, g in zip(time, acc, gyr, strict=True)
    ]


def write(path, header, lines):
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


HEADER = "time,ax_g,ay_g,az_g,gx_dps,gy_dps,gz_dps"


def test_a_plain_csv_needs_no_options(tmp_path, motion):
    recording = load(write(tmp_path / "a.csv", HEADER, rows(motion)))
    assert recording.rate_hz == pytest.approx(RATE_HZ)
    np.testing.assert_allclose(recording.acc_m_s2, motion[1] * 9.80665)
    np.testing.assert_allclose(recording.gyr_rad_s, np.radians(motion[2]))
    assert recording.quality.warnings == ()
    assert (recording.name, recording.placement) == ("a", "T4")
    assert recording.is_simulated is None


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("t,acc_x,acc_y,acc_z,gyr_x_deg_s,gyr_y_deg_s,gyr_z_deg_s", id="snake"),
        pytest.param("Timestamp (s),AccX,AccY,AccZ,GyroX[dps],GyroY[dps],GyroZ[dps]", id="camel"),
        pytest.param('"time_s","ax","ay","az","gx_dps","gy_dps","gz_dps"', id="quoted"),
        pytest.param("t,x_acc,y_acc,z_acc,x_gyro_dps,y_gyro_dps,z_gyro_dps", id="axis first"),
    ],
)
def test_common_headers_are_understood(tmp_path, motion, header):
    recording = load(write(tmp_path / "a.csv", header, rows(motion)))
    np.testing.assert_allclose(recording.acc_m_s2, motion[1] * 9.80665)
    np.testing.assert_allclose(recording.gyr_rad_s, np.radians(motion[2]))


@pytest.mark.parametrize(
    ("factor", "unit"), [(1.0, None), (1e3, None), (1e6, None), (1e3, "ms"), (1e6, "us")]
)
def test_time_in_any_unit_gives_the_same_rate(tmp_path, motion, factor, unit):
    time, acc, gyr = motion
    path = write(tmp_path / "a.csv", HEADER, rows((time * factor, acc, gyr)))
    assert load(path, time_unit=unit).rate_hz == pytest.approx(RATE_HZ)


@pytest.mark.parametrize(
    ("acc_unit", "gyr_unit", "acc_factor", "gyr_factor"),
    [
        pytest.param("m/s2", "rad/s", 9.80665, np.pi / 180, id="SI"),
        pytest.param("g", "deg/s", 1.0, 1.0, id="g and deg/s"),
        pytest.param("mg", "mdeg/s", 1000.0, 1000.0, id="thousandths"),
    ],
)
@pytest.mark.parametrize("is_in_header", [True, False], ids=["header", "option"])
def test_every_unit_gives_the_same_motion(
    tmp_path, motion, acc_unit, gyr_unit, acc_factor, gyr_factor, is_in_header
):
    time, acc, gyr = motion
    units = (f" ({acc_unit})", f" ({gyr_unit})") if is_in_header else ("", "")
    names = [
        f"{kind}_{axis}{unit}"
        for kind, unit in zip(("acc", "gyr"), units, strict=True)
        for axis in "xyz"
    ]
    lines = rows((time, acc * acc_factor, gyr * gyr_factor))
    path = write(tmp_path / "a.csv", ",".join(["t", *names]), lines)
    options = {} if is_in_header else {"acc_unit": acc_unit, "gyr_unit": gyr_unit}
    recording = load(path, **options)
    np.testing.assert_allclose(recording.acc_m_s2, acc * 9.80665, rtol=1e-12)
    np.testing.assert_allclose(recording.gyr_rad_s, np.radians(gyr), rtol=1e-12)


def test_semicolons_with_decimal_commas_are_read(tmp_path, motion):
    lines = [line.replace(",", ";").replace(".", ",") for line in rows(motion)]
    recording = load(write(tmp_path / "a.csv", HEADER.replace(",", ";"), lines))
    np.testing.assert_allclose(recording.acc_m_s2, motion[1] * 9.80665)


def test_a_mapping_names_columns_and_units(tmp_path, motion):
    path = write(tmp_path / "a.csv", "q,back1,back2,back3,r1,r2,r3", rows(motion))
    mapping = CsvMapping(
        time="q", acc=("back1", "back2", "back3"), gyr=("r1", "r2", "r3"), gyr_unit="deg/s"
    )
    recording = load(path, mapping=mapping, placement="L5", axes="SRA")
    np.testing.assert_allclose(recording.gyr_rad_s, np.radians(motion[2]))
    assert recording.placement == "L5"


@pytest.mark.parametrize(
    ("header", "options", "words"),
    [
        pytest.param("a,b,c,d,e,f,g", {}, ["a, b, c, d, e, f, g", "--acc"], id="no names"),
        pytest.param(HEADER.replace("time", "n"), {}, ["--rate"], id="no time"),
        pytest.param("t,ax,ay,az,gx,gy,gz", {}, ["gx, gy, gz", "--gyr-unit"], id="no gyr unit"),
        pytest.param("t,ax,ay,az,acc_x,acc_y,acc_z", {}, ["surely acc"], id="two sensors"),
        pytest.param(HEADER, {"acc": ("ax_g", "b", "c")}, ["--acc"], id="no such column"),
        pytest.param(HEADER, {"acc_unit": "lb"}, ["'lb'", "m/s2, g, mg"], id="unit"),
        pytest.param(HEADER, {"colour": 1}, ["'colour'"], id="option"),
        pytest.param(HEADER, {"acc_unit": "m/s2"}, ["looks like g"], id="wrong unit"),
        pytest.param(
            HEADER.replace("az_g", "az_m_s2"), {}, ["az_m_s2", "different units"], id="mixed acc"
        ),
        pytest.param(
            HEADER.replace("gy_dps", "gy_rad_s"), {}, ["gy_rad_s", "one unit"], id="mixed gyr"
        ),
        pytest.param(HEADER.replace("gz_dps", "gz"), {}, ["different units"], id="gyr half said"),
    ],
)
def test_an_unclear_csv_is_refused_with_what_to_say(tmp_path, motion, header, options, words):
    path = write(tmp_path / "a.csv", header, rows(motion))
    with pytest.raises(InputError) as caught:
        load(path, **options)
    for word in words:
        assert word in str(caught.value)


def damage(lines):
    lines[10] = lines[10][:20]  # cut off
    lines[20] = lines[20].replace("0.", "x.", 1)
    lines[-1] = lines[-1][:7]
    return lines


def test_damaged_rows_are_left_out_and_counted(tmp_path, motion):
    path = write(tmp_path / "a.csv", HEADER, damage(rows(motion)))
    recording = load(path)
    assert recording.sample_count == COUNT - 3
    assert recording.quality.damaged_rows == 3
    assert recording.quality.gap_count == 2
    assert recording.rate_hz == pytest.approx(RATE_HZ)
    assert f"3 damaged rows of {COUNT}" in recording.quality.warnings[0]


def test_strict_refuses_the_first_damaged_row(tmp_path, motion):
    path = write(tmp_path / "a.csv", HEADER, damage(rows(motion)))
    with pytest.raises(InputError, match="row 12"):
        load(path, strict=True)


def test_empty_cells_are_short_holes(tmp_path, motion):
    lines = rows(motion)
    lines[40] = f"{motion[0][40]},,,,,,"
    recording = load(write(tmp_path / "a.csv", HEADER, lines))
    assert (recording.sample_count, recording.quality.held_samples) == (COUNT, 2)


def test_rows_that_go_back_in_time_are_left_out(tmp_path, motion):
    lines = rows(motion)
    lines[100:100] = lines[80:90]
    recording = load(write(tmp_path / "a.csv", HEADER, lines))
    assert recording.quality.backward_rows == 10
    assert recording.rate_hz == pytest.approx(RATE_HZ)
    np.testing.assert_allclose(recording.acc_m_s2, motion[1] * 9.80665)
    assert len(recording.quality.warnings) == 1
    with pytest.raises(InputError, match="10 of 310"):
        load(tmp_path / "a.csv", strict=True)


def test_the_time_column_wins_over_a_stated_rate(tmp_path, motion):
    path = write(tmp_path / "a.csv", "# rate_hz: 100\n" + HEADER, rows(motion))
    recording = load(path)
    assert recording.rate_hz == pytest.approx(RATE_HZ)
    assert "100 Hz" in recording.quality.warnings[0]
    assert "50.00 Hz" in recording.quality.warnings[0]


def test_a_gap_is_counted_and_does_not_change_the_rate(tmp_path, motion):
    lines = rows(motion)
    del lines[100:150]
    quality = (recording := load(write(tmp_path / "a.csv", HEADER, lines))).quality
    assert quality.gap_count == 1
    assert quality.gap_s == pytest.approx(1.0)
    assert recording.rate_hz == pytest.approx(RATE_HZ)


def test_jitter_does_not_change_the_rate(tmp_path, motion):
    time, acc, gyr = motion
    shaky = time + np.random.default_rng(1).uniform(-0.003, 0.003, COUNT)
    recording = load(write(tmp_path / "a.csv", HEADER, rows((shaky, acc, gyr))))
    assert recording.rate_hz == pytest.approx(RATE_HZ, rel=2e-3)
    assert 1.0 < recording.quality.jitter_ms < 4.0
    assert recording.quality.gap_count == 0


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(HEADER.encode(), id="header only"),
        pytest.param(HEADER.encode() + b"\n\x00\xff\xfe\n1,2\n", id="garbage"),
        pytest.param(b"\xff\xd8\xff" + bytes(range(256)) * 10, id="a picture"),
    ],
)
def test_a_csv_with_nothing_usable_is_refused(tmp_path, content):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(InputError):
        load(tmp_path / "a.csv")


NPZ_KEYS = [
    pytest.param("rate_hz", "acc_m_s2", "gyr_rad_s", 9.80665, 1.0, id="SI"),
    pytest.param("fs", "acc_g", "gyr_deg_s", 1.0, 180 / np.pi, id="g, deg/s"),
    pytest.param("fs", "accel", "gyro", 1.0, 1.0, id="scikit-digital-health"),
]


@pytest.mark.parametrize(("rate", "acc", "gyr", "acc_factor", "gyr_factor"), NPZ_KEYS)
def test_npz_keys_name_their_units(tmp_path, motion, rate, acc, gyr, acc_factor, gyr_factor):
    gyr_rad_s = np.radians(motion[2])
    arrays = {rate: RATE_HZ, acc: motion[1] * acc_factor, gyr: gyr_rad_s * gyr_factor}
    np.savez(tmp_path / "a.npz", **arrays, placement="L5", note=np.arange(3))
    recording = load(tmp_path / "a.npz")
    np.testing.assert_allclose(recording.acc_m_s2, motion[1] * 9.80665)
    np.testing.assert_allclose(recording.gyr_rad_s, gyr_rad_s)
    assert (recording.placement, list(recording.extras)) == ("L5", ["note"])


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        pytest.param({"fs": 50.0}, ["acc_m_s2, acc_g, accel"], id="no acceleration"),
        pytest.param({"acc_g": np.ones((9, 3))}, ["without a rate"], id="no rate"),
        pytest.param({"acc_g": np.ones((9, 3)), "time": np.ones(4)}, ["(4,)"], id="time"),
        pytest.param({"acc_g": np.array([["a"] * 3]), "fs": 50.0}, ["numbers"], id="text"),
        pytest.param(
            {"acc_g": np.ones((9, 3)), "acc_m_s2": np.ones((9, 3))}, ["one of them"], id="both"
        ),
    ],
)
def test_an_npz_that_cannot_be_used_is_refused(tmp_path, arrays, words):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(InputError) as caught:
        load(tmp_path / "a.npz")
    for word in words:
        assert word in str(caught.value)


def test_a_cut_off_npz_is_refused(tmp_path):
    whole = examples.path(examples.NAMES[0]).read_bytes()
    for length in (0, 10, 1000, len(whole) - 5):
        (tmp_path / "a.npz").write_bytes(whole[:length])
        with pytest.raises(InputError, match="no whole numpy archive"):
            load(tmp_path / "a.npz")


def test_a_damaged_byte_in_an_npz_is_refused(tmp_path):
    damaged = bytearray(examples.path(examples.NAMES[0]).read_bytes())
    damaged[5000] ^= 0xFF
    (tmp_path / "a.npz").write_bytes(bytes(damaged))
    with pytest.raises(InputError, match="no whole numpy archive"):
        load(tmp_path / "a.npz")


def test_missing_and_unknown_files_are_refused(tmp_path):
    with pytest.raises(InputError, match="no file"):
        load(tmp_path / "none.csv")
    (tmp_path / "a.docx").write_text("x")
    with pytest.raises(InputError, match=r"\.csv, \.cwa, \.mat, \.npz, \.parquet, \.tlcap, \.tsv"):
        load(tmp_path / "a.docx")


def test_another_kind_of_file_can_be_added(tmp_path, monkeypatch, motion):
    made = Recording.from_arrays(RATE_HZ, motion[1] * 9.80665)
    monkeypatch.setitem(READERS, ".mine", lambda path, strict, options: made)
    (tmp_path / "a.mine").write_text("x")
    assert load(tmp_path / "a.mine") is made


@pytest.mark.parametrize("said", [None, True, False])
def test_arrays_are_simulated_recorded_or_unknown_as_they_say(tmp_path, motion, said):
    arrays = {"rate_hz": RATE_HZ, "acc_g": motion[1]}
    np.savez(tmp_path / "a.npz", **arrays, **({} if said is None else {"is_simulated": said}))
    assert load(tmp_path / "a.npz").is_simulated is said
    assert Recording.from_arrays(RATE_HZ, motion[1] * 9.80665).is_simulated is None
