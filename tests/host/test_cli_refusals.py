"""The command line with bad input: one sentence and exit 2, or the whole part and a warning."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trunkline import InputError, load

from .terminal import COUNT, HEADER, complaint, rows, still, write_csv, write_npz

# ---- bad input: one sentence and exit code 2


NEAR_G = {"acc_m_s2": np.tile([1.0, 0, 0], (COUNT, 1))}
NOTHING = {"acc_m_s2": np.full((COUNT, 3), np.nan)}
HOLE = {"acc_m_s2": np.where(np.arange(COUNT)[:, None] // 200 == 1, np.nan, [9.8, 0, 0])}


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        pytest.param(NEAR_G, "looks like g", id="units"),
        pytest.param(NOTHING, "none of them finite", id="nothing"),
        pytest.param({"rate_hz": 10.0}, "a rate of 10 Hz", id="slow"),
        pytest.param({"rate_hz": np.nan}, "a rate of nan Hz", id="no rate"),
        pytest.param({"acc_m_s2": np.zeros((5, 2))}, "shape (5, 2)", id="shape"),
        pytest.param({"gyr_rad_s": np.zeros((7, 3))}, "7 gyroscope samples", id="lengths"),
        pytest.param({"placement": "T5"}, "placement 'T5'", id="placement"),
        pytest.param({"axes": "SLA"}, "axes 'SLA'", id="left-handed"),
    ],
)
def test_an_archive_that_cannot_be_used_is_refused(run, arrays, words):
    assert words in complaint(run("replay", write_npz(**arrays)))


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        pytest.param("a.npz", b"", "no whole numpy archive", id="empty archive"),
        pytest.param("a.npz", b"PK\x03\x04 cut", "no whole numpy archive", id="cut archive"),
        pytest.param("a.csv", b"", "columns", id="empty table"),
        pytest.param("a.csv", b"time,a,b\n1,2,3\n", "the columns time, a, b", id="no column"),
        pytest.param("a.csv", HEADER.encode() + b"\n", "no row with numbers", id="only a header"),
        pytest.param("a.tlcap", b"junk" * 99, "expected a capture", id="no capture"),
        pytest.param("a.tlcap", b"TLCAP 1 {}\n", "without a single whole frame", id="no frame"),
        pytest.param("a.docx", b"", "a file 'a.docx'", id="suffix"),
        pytest.param("none.csv", None, "no file 'none.csv'", id="no table"),
        pytest.param("none.tlcap", None, "none.tlcap", id="no file"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(run, name, data, words):
    if data is not None:
        with open(name, "wb") as file:
            file.write(data)
    assert words in complaint(run("replay", name))
    assert words in complaint(run("report", name))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(("--set", "slouch_hold_s=abc"), "--set slouch_hold_s=abc", id="no number"),
        pytest.param(("--set", "slouch_hold_s"), "--set slouch_hold_s", id="no value"),
        pytest.param(("--set", "slouch_hold=5"), "the setting slouch_hold", id="no such setting"),
        pytest.param(("--set", "slouch_hold_s=0"), "from 1 to 900 s", id="out of range"),
        pytest.param(("--neutral", "1,2"), "--neutral 1,2", id="two numbers"),
        pytest.param(("--neutral", "up"), "--neutral up", id="a word"),
        pytest.param(("--neutral", "nan,0,0"), "the neutral", id="no direction"),
        pytest.param(("--neutral", "0,0,1"), "the neutral", id="forward"),
        pytest.param(("--placement", "T5"), "placement 'T5'", id="placement"),
        pytest.param(("--axes", "XYZ"), "axes 'XYZ'", id="letters"),
        pytest.param(("--axes", "SLA"), "axes 'SLA'", id="left-handed"),
        pytest.param(("--rate", "5"), "a rate of 5 Hz", id="rate"),
        pytest.param(("--rate", "nan"), "a rate of nan Hz", id="nan"),
        pytest.param(("--acc", "a,b,c"), "option 'acc'", id="columns of an archive"),
    ],
)
def test_a_mistyped_option_is_refused(run, words, said):
    assert said in complaint(run("replay", write_npz(), *words))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(("--acc", "u,v"), "the columns", id="two columns"),
        pytest.param(("--acc", "x,y,z"), "the columns", id="no such columns"),
        pytest.param(("--acc-unit", "lb"), "acc_unit 'lb'", id="unit"),
        pytest.param(("--time", "when"), "the columns", id="time"),
        pytest.param(("--time-unit", "h"), "time_unit 'h'", id="time unit"),
    ],
)
def test_a_mistyped_column_is_refused(run, words, said):
    assert said in complaint(run("replay", write_csv(rows()), *words))


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("report", "DAY", "-o", "none/a.html"), id="report"),
        pytest.param(("simulate", "-o", "none/a.npz"), id="simulate folder"),
        pytest.param(("simulate", "-o", "a.txt"), id="simulate suffix"),
        pytest.param(("simulate", "-o", "a.npz", "--minutes", "nan"), id="minutes"),
        pytest.param(("simulate", "-o", "a.npz", "--placement", "X"), id="placement"),
        pytest.param(("monitor", "nowhere"), id="monitor"),
        pytest.param(("monitor", "none.tlcap"), id="monitor capture"),
        pytest.param(("monitor", "sim:", "--speed", "0"), id="speed"),
        pytest.param(("monitor", "sim:", "--seconds", "nan"), id="seconds"),
        pytest.param(("monitor", "sim:", "--record", "none/a.tlcap"), id="record"),
        pytest.param(("demo", "-o", "DAY"), id="demo into a file"),
        pytest.param(("demo", "--minutes", "0"), id="demo of nothing"),
    ],
)
def test_what_cannot_be_written_or_done_is_refused(run, words):
    day = write_npz()
    code, _, err = run(*(day if word == "DAY" else word for word in words))
    assert code == 2
    last = err.splitlines()[-1]
    assert last.startswith("trunkline: Found ")
    assert "; expected " in last
    assert "; try: " in last


def test_a_report_that_fails_leaves_nothing_behind(run, tmp_path):
    day = write_npz()
    for _ in range(2):  # the second time nothing of the first is in the way
        assert "none/a.html" in complaint(run("report", day, "-o", "none/a.html", "--csv", "out"))
        assert [path.name for path in tmp_path.iterdir()] == [day]
    (tmp_path / "a.html").write_text("old")
    (tmp_path / "out").mkdir()
    assert "'out'" in complaint(run("report", day, "-o", "a.html", "--csv", "out"))
    assert (tmp_path / "a.html").read_text() == "old"
    assert (tmp_path / "out").is_dir()


# ---- damaged input: what is whole is used, with a warning; --strict refuses


def damaged_rows():
    return [*rows()[:300], "1,2", "x,y,z,1,2,3,4", *rows()[300:]]


def late_rows():
    lines = rows()
    lines[600], lines[601] = lines[601], lines[600]
    return lines


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        pytest.param(damaged_rows, "2 damaged rows of 1202 were left out", id="damaged"),
        pytest.param(late_rows, "time did not go forward", id="time goes back"),
    ],
)
def test_a_damaged_table_is_used_with_a_warning(run, lines, words):
    file = write_csv(lines())
    code, out, err = run("replay", file)
    assert code == 0
    assert words in err
    assert "0:12 in all" in out or "0:11 in all" in out
    complaint(run("replay", file, "--strict"))


def test_a_long_hole_is_a_gap_on_the_true_time_axis(run):
    file = write_npz(**HOLE)
    code, out, err = run("replay", file)
    assert code == 0
    assert "200 samples (2.00 s) are not finite and were left out as lost" in err
    assert "0:12 in all" in out
    assert "lost 0:02" in out
    complaint(run("replay", file, "--strict"))


def test_a_rate_that_is_not_what_the_header_says_is_a_warning_with_both(run):
    file = write_csv(rows(), "# rate_hz: 50\n" + HEADER)
    complaint(run("replay", file, "--strict"))
    code, _, err = run("replay", file)
    assert code == 0
    assert err.count("\n") == 1
    assert "50 Hz" in err
    assert "100.00 Hz" in err


@pytest.mark.parametrize("how", ["cut", "flip", "header"])
def test_a_damaged_capture_is_used_with_a_warning(run, demo_run, how):
    data = bytearray(demo_run.simulated.capture.read_bytes())
    if how == "cut":
        del data[-7:]
    else:
        data[data.index(b"\n") + 5000 if how == "flip" else 9] ^= 0x20
    with open("damaged.tlcap", "wb") as file:
        file.write(data)
    code, out, err = run("replay", "damaged.tlcap")
    assert code == 0
    assert "warning: damaged.tlcap: " in err
    assert ("incomplete" in out) == (how == "flip")
    assert "as --strict asks" in complaint(run("replay", "damaged.tlcap", "--strict"))


# ---- anything at all


@pytest.mark.parametrize("suffix", [".npz", ".csv", ".tlcap"])
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_random_bytes_are_only_ever_an_input_error(tmp_path, suffix, data):
    start = {".npz": b"PK\x03\x04", ".csv": HEADER.encode() + b"\n", ".tlcap": b"TLCAP 1 {}\n"}
    noise = data.draw(st.binary(max_size=400))
    path = tmp_path / f"noise{suffix}"
    path.write_bytes(data.draw(st.sampled_from([b"", start[suffix]])) + noise)
    with pytest.raises(InputError) as refusal:
        load(path)
    assert "\n" not in str(refusal.value)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 2**20), st.integers(1, 255)), min_size=1, max_size=20))
def test_a_damaged_archive_is_read_or_an_input_error(tmp_path, flips):
    path = tmp_path / "day.npz"
    acc, gyr = still()
    np.savez_compressed(path, rate_hz=100.0, acc_m_s2=acc[:50], gyr_rad_s=gyr[:50])
    data = bytearray(path.read_bytes())
    for at, mask in flips:
        data[at % len(data)] ^= mask
    path.write_bytes(data)
    refusals = []
    try:
        assert load(path).sample_count == 50
    except InputError as error:
        refusals.append(str(error))
    assert all("\n" not in refusal for refusal in refusals)
