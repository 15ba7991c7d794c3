"""What is exported comes back equal, opens elsewhere, and is never half-written."""

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trunkline import InputError, TrunklineError, examples, load
from trunkline.captures.capture import read_capture
from trunkline.captures.captured import gather, mirror_of
from trunkline.decide.counts import ACC_COUNTS_PER_M_S2, GYR_COUNTS_PER_RAD_S, UP_COUNTS
from trunkline.exports import EXPORTS, export
from trunkline.recordings.columns import to_columns

from .exported import assert_equal, recording_of

KINDS = sorted(EXPORTS)
FILES = [kind for kind in KINDS if kind != "bids"]


def out(folder, kind, name="a"):
    return folder / f"{name}{EXPORTS[kind][0]}"


@pytest.mark.parametrize("kind", KINDS)
def test_the_real_example_comes_back_equal(tmp_path, kind):
    recording = load(examples.path(examples.NAMES[0]))
    export(recording, out(tmp_path, kind))
    assert_equal(recording, load(out(tmp_path, kind)))


@st.composite
def recordings(draw):
    count = draw(st.integers(3, 90))
    places = draw(st.sets(st.integers(1, count - 1), max_size=4))
    losses = st.floats(0.001, 1e5, allow_nan=False)
    return recording_of(
        count,
        draw(st.integers(0, 1000)),
        has_gyr=draw(st.booleans()),
        gaps=[(at, draw(losses)) for at in sorted(places)],
        rate_hz=draw(st.floats(25.0, 1000.0)),
        is_simulated=draw(st.sampled_from([True, False, None])),
        extras={
            "per_sample": np.arange(count, dtype=draw(st.sampled_from(["i1", "u8", "f4", "f8"]))),
            "flags": np.arange(count) % 3 == 0,
            "vectors": np.random.default_rng(1).normal(size=(count, 3)).astype("f4"),
            "text": np.array(draw(st.text(max_size=9))),
            "odd": np.array([np.nan, -np.inf, 0.1]),
            "spans": np.arange(6.0).reshape(3, 2),
        },
    )


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15, deadline=None)
@given(recording=recordings())
def test_any_recording_comes_back_equal(kind, recording):
    with tempfile.TemporaryDirectory() as folder:
        export(recording, out(Path(folder), kind))
        assert_equal(recording, load(out(Path(folder), kind)))


@pytest.mark.parametrize("kind", KINDS)
def test_the_counts_of_a_capture_come_back_bit_for_bit(tmp_path, demo_run, kind):
    counts, _ = gather(mirror_of(read_capture(demo_run.real.capture)))
    export(load(demo_run.real.capture), out(tmp_path, kind))
    back = load(out(tmp_path, kind))
    parts = (
        back.gyr_rad_s * GYR_COUNTS_PER_RAD_S,
        back.acc_m_s2 * ACC_COUNTS_PER_M_S2,
        back.extras["up"] * UP_COUNTS,
    )
    np.testing.assert_array_equal(np.rint(np.hstack(parts)).astype(np.int16), counts)
    assert (back.placement, back.is_simulated) == ("L5", False)


@pytest.mark.parametrize("kind", KINDS)
def test_options_win_over_the_description(tmp_path, kind):
    export(recording_of(), out(tmp_path, kind))
    back = load(out(tmp_path, kind), placement="L5", name="mine")
    assert (back.placement, back.name, back.axes) == ("L5", "mine", "SRA")
    with pytest.raises(InputError, match="option 'rate_hz'"):
        load(out(tmp_path, kind), rate_hz=50.0)


def test_a_csv_tells_its_columns_in_a_dictionary_beside_it(tmp_path):
    recording = recording_of(extras={"label": np.zeros(200, "u1")})
    written = export(recording, tmp_path / "a.csv")
    assert [path.name for path in written] == ["a.csv", "a.json"]
    said = json.loads(written[1].read_text("utf-8"))
    header = written[0].read_text("utf-8").splitlines()[0].split(",")
    assert list(said["columns"]) == header == list(to_columns(recording))
    assert said["columns"]["acc_x_m_s2"]["unit"] == "m/s^2"
    assert all(column["meaning"].endswith(".") for column in said["columns"].values())
    assert (said["is_simulated"], said["axes"], said["placement"]) == (False, "SRA", "T12")


def test_a_csv_alone_still_tells_its_units_and_times(tmp_path):
    recording = recording_of(gaps=[(50, 2.0)])
    (_, beside) = export(recording, tmp_path / "a.csv")
    beside.unlink()
    back = load(tmp_path / "a.csv")
    np.testing.assert_array_equal(back.acc_m_s2, recording.acc_m_s2)
    np.testing.assert_array_equal(back.gyr_rad_s, recording.gyr_rad_s)
    assert back.rate_hz == pytest.approx(60.0)
    assert [gap.at for gap in back.gaps] == [50]
    assert back.is_simulated is None  # its description said so, and is gone


def test_a_cut_csv_is_read_as_far_as_it_goes_with_its_description(tmp_path):
    recording = recording_of(gaps=[(50, 2.0)], is_simulated=True)
    (path, _) = export(recording, tmp_path / "a.csv")
    path.write_text(path.read_text("utf-8")[:-3000], "utf-8")
    back = load(path)
    assert 100 < back.sample_count < 200
    assert (back.placement, back.is_simulated, back.name) == ("T12", True, "näme")
    assert "not every sample" in back.quality.warnings[-1]


def test_a_time_column_of_a_plain_archive_is_there_for_others(tmp_path):
    export(recording_of(gaps=[(50, 2.0)]), tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as arrays:
        assert arrays["time"][50] == pytest.approx(50 / 60 + 2.0)


@pytest.mark.parametrize("kind", FILES)
def test_nothing_is_overwritten(tmp_path, kind):
    out(tmp_path, kind).write_text("mine")
    with pytest.raises(InputError, match="nothing is overwritten"):
        export(recording_of(), out(tmp_path, kind))
    assert out(tmp_path, kind).read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_that_is_not_there_is_said(tmp_path, kind):
    with pytest.raises(InputError, match="a folder that can be written"):
        export(recording_of(), out(tmp_path / "none", kind))


@pytest.mark.parametrize("kind", FILES)
def test_a_full_disk_leaves_no_half_file(tmp_path, kind):
    """/dev/full takes no byte, as a full disk does."""
    unfinished = out(tmp_path, kind).with_name(out(tmp_path, kind).name + ".part")
    unfinished.symlink_to("/dev/full")
    with pytest.raises(TrunklineError, match="expected room for the file"):
        export(recording_of(), out(tmp_path, kind))
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_kind_is_refused(tmp_path):
    with pytest.raises(InputError, match="parquet"):
        export(recording_of(), tmp_path / "a.docx")
    with pytest.raises(InputError, match="'xls'"):
        export(recording_of(), tmp_path / "a.csv", "xls")
