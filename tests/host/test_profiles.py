"""CSVs of known programs are read by a profile; samples are **made**, in the published layouts."""

import numpy as np
import pytest

from trunkline import InputError, load
from trunkline.readers.profile import Profile, shipped_profiles

RATE_HZ, COUNT = 50.0, 150
DICE = np.random.default_rng(8)
TIME_S = np.arange(COUNT) / RATE_HZ
ACC_G = np.round(np.tile([0.99, 0.02, -0.1], (COUNT, 1)) + DICE.normal(0, 0.01, (COUNT, 3)), 5)
GYR_DEG_S = np.round(DICE.normal(0, 2.0, (COUNT, 3)), 4)
ACC_M_S2 = np.round(ACC_G * 9.80665, 6)

DOT_PREAMBLE = (
    "sep=,\nDeviceTag:,A1,,,,,,,,,,,,,,,,,\nFirmwareVersion:,2.0.0,,,,,,,,,,,,,,,,,\n"
    "AppVersion:,2021.0,,,,,,,,,,,,,,,,,\nMeasurement Mode:,Rate quantities,,,,,,,,,,,,,,,,,\n"
    "StartTime:,2026-11-23 09:00:00.000 +0000,,,,,,,,,,,,,,,,,\n\n"
)


def axivity(k):
    clock = f"2026-11-23 09:00:{TIME_S[k]:06.3f}"
    return ",".join([clock, *(f"{v:f}" for v in (*ACC_G[k], *GYR_DEG_S[k]))])


def line(*values, end=""):
    return ",".join(str(float(v)) for v in values) + end


def counter(k):
    """Give a DOT's counter in µs, which begins anew in the middle."""
    return (2**32 - 1_500_000 + round(TIME_S[k] * 1e6)) % 2**32


SHIMMER = "Shimmer_40AC_"
FILES = {
    "axivity-csv": (
        "Time,Accel-X (g), Accel-Y (g), Accel-Z (g), Gyro-X (d/s), Gyro-Y (d/s), Gyro-Z (d/s)\n",
        axivity,
    ),
    "shimmer": (
        '"sep=;"\n'
        + "".join(
            f"{SHIMMER}{name}_CAL;"
            for name in (
                *("Timestamp_Unix", "Accel_LN_X", "Accel_LN_Y", "Accel_LN_Z"),
                *(
                    "Accel_WR_X",
                    "Accel_WR_Y",
                    "Accel_WR_Z",
                    "Battery",
                    "Gyro_X",
                    "Gyro_Y",
                    "Gyro_Z",
                ),
            )
        )
        + "\nms;m/(s^2);m/(s^2);m/(s^2);m/(s^2);m/(s^2);m/(s^2);mV;deg/s;deg/s;deg/s;\n",
        lambda k: line(
            1.79e12 + TIME_S[k] * 1e3, *ACC_M_S2[k], 9, 9, 9, 4000, *GYR_DEG_S[k], end=","
        ).replace(",", ";"),
    ),
    "x-imu3": (
        "Timestamp (us),Gyroscope X (deg/s),Gyroscope Y (deg/s),Gyroscope Z (deg/s),"
        "Accelerometer X (g),Accelerometer Y (g),Accelerometer Z (g)\n",
        lambda k: line(7e6 + TIME_S[k] * 1e6, *GYR_DEG_S[k], *ACC_G[k]),
    ),
    "metawear": (
        "epoch (ms),time (+01:00),elapsed (s),x-axis (g),y-axis (g),z-axis (g)\n",
        lambda k: (
            f"{1_790_000_000_000 + round(TIME_S[k] * 1e3)},2026-11-23T09:00:00.000,"
            + line(TIME_S[k], *ACC_G[k])
        ),
    ),
    "movella-dot": (
        DOT_PREAMBLE + "PacketCounter,SampleTimeFine,Acc_X,Acc_Y,Acc_Z,Gyr_X,Gyr_Y,Gyr_Z\n",
        lambda k: f"{k},{counter(k)}," + line(*ACC_M_S2[k], *GYR_DEG_S[k]),
    ),
    "sensor-logger": (
        "time,seconds_elapsed,z,y,x\n",
        lambda k: (
            f"{1_790_000_000_000_000_000 + k * 20_000_000}," + line(TIME_S[k], *ACC_M_S2[k][::-1])
        ),
    ),
    "phyphox": (
        '"Time (s)","Acceleration x (m/s^2)","Acceleration y (m/s^2)","Acceleration z (m/s^2)",'
        '"Absolute acceleration (m/s^2)"\n',
        lambda k: line(TIME_S[k], *ACC_M_S2[k], 9.8),
    ),
}
GYR_SAID = {"movella-dot": "deg/s"}
ACC_ONLY = {"metawear", "sensor-logger", "phyphox"}


def write(folder, name):
    head, row = FILES[name]
    path = folder / "a.csv"
    path.write_text(head + "".join(row(k) + "\n" for k in range(COUNT)), encoding="utf-8")
    return path


def test_every_shipped_profile_is_tried_here():
    assert set(FILES) == set(shipped_profiles())


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_known_program_s_file_is_read_by_its_profile(tmp_path, name):
    path = write(tmp_path, name)
    recording = load(path, profile=name, gyr_unit=GYR_SAID.get(name), placement="L5")
    np.testing.assert_allclose(recording.acc_m_s2, ACC_G * 9.80665, rtol=1e-5, atol=1e-6)
    if name in ACC_ONLY:
        assert recording.gyr_rad_s is None
    else:
        np.testing.assert_allclose(recording.gyr_rad_s, np.radians(GYR_DEG_S), atol=1e-6)
    assert recording.rate_hz == pytest.approx(RATE_HZ, rel=1e-4)
    assert recording.gaps == ()
    assert (recording.quality.damaged_rows, recording.quality.backward_rows) == (0, 0)
    assert (recording.placement, recording.source) == ("L5", Profile.named(name).title)


@pytest.mark.parametrize("name", sorted(FILES))
def test_every_profile_says_where_its_layout_is_written_down(name):
    assert len(Profile.named(name).source) > 40


def test_a_unit_that_no_public_text_says_must_be_given(tmp_path):
    with pytest.raises(InputError, match="--gyr-unit"):
        load(write(tmp_path, "movella-dot"), profile="movella-dot")


def test_a_phone_s_file_without_gravity_is_refused(tmp_path):
    path = write(tmp_path, "sensor-logger")
    rows = path.read_text().splitlines()
    moved = [rows[0]] + [f"{row.rsplit(',', 3)[0]},0.1,0.0,0.05" for row in rows[1:]]
    path.write_text("\n".join(moved) + "\n")
    with pytest.raises(InputError, match="looks like neither g nor mg"):
        load(path, profile="sensor-logger")


def test_the_wrong_profile_is_said_with_the_columns_it_looks_for(tmp_path):
    with pytest.raises(InputError, match=r"Timestamp \(us\)"):
        load(write(tmp_path, "metawear"), profile="x-imu3")


def test_what_is_given_wins_over_a_profile(tmp_path):
    path = write(tmp_path, "x-imu3")
    recording = load(path, profile="x-imu3", gyr=(), name="mine", source="a gym")
    assert recording.gyr_rad_s is None
    assert (recording.name, recording.source) == ("mine", "a gym")


def test_a_profile_of_one_s_own_is_a_small_file(tmp_path):
    path = write(tmp_path, "phyphox")
    (tmp_path / "own.toml").write_text(
        'title = "my logger"\nsource = "its manual"\ntime = ["Time*"]\ntime_unit = "s"\n'
        'acc = [["* x (*", "* y (*", "* z (*"]]\nacc_unit = "m/s2"\n'
    )
    recording = load(path, profile=tmp_path / "own.toml")
    assert recording.source == "my logger"
    np.testing.assert_allclose(recording.acc_m_s2, ACC_M_S2)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        pytest.param("", "title", id="empty"),
        pytest.param("title = ", "profile", id="no TOML"),
        pytest.param('colour = "red"', "unknown key colour", id="unknown"),
        pytest.param(
            'title="a"\nsource="b"\ntime=["t"]\ntime_unit="s"\nacc=[["x","y"]]', "threes", id="two"
        ),
        pytest.param(
            'title="a"\nsource="b"\ntime=["t"]\ntime_unit="s"\nacc=5', "profile", id="number"
        ),
        pytest.param(
            'title="a"\nsource="b"\ntime=["t"]\ntime_unit="s"\nacc=[[1,2,3]]', "text", id="ints"
        ),
    ],
)
def test_a_profile_that_is_not_whole_is_one_sentence(tmp_path, text, word):
    (tmp_path / "own.toml").write_text(text)
    with pytest.raises(InputError, match=word):
        load(write(tmp_path, "phyphox"), profile=tmp_path / "own.toml")


def test_an_unknown_profile_names_the_known_ones(tmp_path):
    with pytest.raises(InputError, match="axivity-csv, metawear"):
        load(write(tmp_path, "phyphox"), profile="nosuch")
    with pytest.raises(InputError, match="cannot be read"):
        load(write(tmp_path, "phyphox"), profile=tmp_path / "none.toml")


def test_damaged_rows_behind_a_preamble_are_counted(tmp_path):
    path = write(tmp_path, "shimmer")
    lines = path.read_text().splitlines()
    lines[40] = lines[40][:30]
    path.write_text("\n".join(lines) + "\n")
    recording = load(path, profile="shimmer")
    assert recording.quality.damaged_rows == 1
    with pytest.raises(InputError, match="in row 41"):
        load(path, profile="shimmer", strict=True)


def test_dates_and_plain_units_need_no_profile(tmp_path):
    recording = load(write(tmp_path, "axivity-csv"))
    assert recording.rate_hz == pytest.approx(RATE_HZ, rel=1e-4)
    np.testing.assert_allclose(recording.gyr_rad_s, np.radians(GYR_DEG_S), atol=1e-6)


@pytest.mark.parametrize("name", ["movella-dot", "shimmer", "metawear", "sensor-logger"])
def test_columns_that_only_a_profile_knows_are_refused_with_its_name(tmp_path, name):
    with pytest.raises(InputError, match=f"say --profile {name}, whose columns these are"):
        load(write(tmp_path, name))
