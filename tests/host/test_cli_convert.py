"""`trunkline convert`: parsed, done, and told."""

import json
from pathlib import Path

import numpy as np
import pytest

from trunkline import examples, load

from .exported import assert_equal
from .terminal import complaint, rows, write_csv, write_npz

EXAMPLE = examples.path(examples.NAMES[0])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.parquet", ()),
        ("a.csv", ()),
        ("a.npz", ()),
        ("ds", ("--subject", "07", "--session", "1", "--task", "walk")),
        ("plain", ("--to", "npz")),
    ],
)
def test_a_recording_is_converted_and_its_files_are_named(run, name, words):
    code, out, _ = run("convert", EXAMPLE, name, *words)
    assert code == 0
    first = out.splitlines()[0]
    if name == "ds":
        assert first.startswith("ds/sub-07/ses-1/motion/sub-07_ses-1_task-walk_tracksys-imu_")
        assert_equal(load(EXAMPLE), load("ds"))
    elif name == "plain":
        assert_equal(load(EXAMPLE), load(Path("plain").rename("plain.npz")))
    else:
        assert first == name
        assert_equal(load(EXAMPLE), load(name))


def test_replay_reads_what_was_converted(run):
    run("convert", EXAMPLE, "a.parquet")
    before = json.loads(run("replay", EXAMPLE, "--json")[1])
    after = json.loads(run("replay", "a.parquet", "--json")[1])
    assert before == after


def test_what_is_wrong_with_a_file_is_told_and_converted(run):
    lines = rows()
    del lines[300:400]
    write_csv(lines)
    code, out, err = run("convert", "log.csv", "a.csv", "--json")
    told = json.loads(out)
    assert code == 0
    assert told["written"] == ["a.csv", "a.json"]
    assert told["quality"]["gap_s"] == pytest.approx(1.0)
    assert "1.00 s in 1 gaps" in err
    assert load("a.csv").quality.gap_count == 1


def test_arrays_that_no_column_holds_are_told(run):
    write_npz(moments=np.array(["2026-11-23"], "datetime64[D]"))
    code, _, err = run("convert", "day.npz", "a.parquet")
    assert code == 0
    assert "left out, as no plain numbers: moments" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(("none.npz", "a.csv"), "no file 'none.npz'", id="missing"),
        pytest.param((EXAMPLE, "a.docx"), "'a.docx' to export to", id="suffix"),
        pytest.param((EXAMPLE, "no/a.csv"), "'no/a.csv': No such file", id="folder"),
        pytest.param((EXAMPLE, "a.csv", "--to", "xml"), "'xml'", id="kind"),
        pytest.param((EXAMPLE, "a.csv", "--subject", "1"), "--subject 1", id="label"),
        pytest.param((EXAMPLE, "ds", "--subject", "a b"), "letters and digits", id="name"),
        pytest.param((EXAMPLE, "a.csv", "--profile", "phyphox"), "'profile'", id="profile"),
    ],
)
def test_what_cannot_be_converted_is_one_sentence(run, words, said):
    assert said in complaint(run("convert", *words))


def test_nothing_is_overwritten(run):
    write_csv(rows(), name="a.csv")
    assert "nothing is overwritten" in complaint(run("convert", EXAMPLE, "a.csv"))


def test_a_profile_is_named_on_the_command_line(run):
    lines = ["Timestamp (us),Accelerometer X (g),Accelerometer Y (g),Accelerometer Z (g)"]
    lines += [f"{k * 20000},0.99,0.01,{k % 3 / 100}" for k in range(200)]
    with open("i.csv", "w") as file:
        file.write("\n".join(lines) + "\n")
    assert run("replay", "i.csv", "--profile", "x-imu3")[0] == 0
    assert "no header of x-IMU3" in complaint(
        run("report", write_csv(rows()), "--profile", "x-imu3")
    )
