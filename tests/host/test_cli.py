"""The command line with good input: what it prints, and where."""

import json
import re
from itertools import pairwise

import pytest
from typer.testing import CliRunner

from posturecore import params
from trunkline import cli

from .terminal import rows, write_csv, write_npz

COMMANDS = ("demo", "replay", "report", "monitor", "simulate", "settings")


# ---- help


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(run, name):
    code, out, err = run(name, "--help")
    assert (code, err) == (0, "")
    assert f"trunkline {name}" in re.sub(r"\s+", " ", out.split("Example", 1)[1])
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize("name", ["scan", "pair", "doctor", "sync", "monitor", "record"])
def test_help_breaks_no_line_before_the_terminal_does(run, name):
    text = run(name, "--help")[1].split("Example", 1)[0]
    lines = [line.strip() for line in text.splitlines()]
    for line, following in pairwise(lines):
        if line and following:  # within a paragraph; a blank on either side is the frame's
            assert len(f"{line} {following.split()[0]}") > 78


def test_the_help_names_every_command_and_where_to_start(run):
    code, out, _ = run("--help")
    assert code == 0
    assert all(name in out for name in COMMANDS)
    assert "trunkline demo" in out


def test_the_version_is_the_package_s(run):
    from trunkline import __version__

    assert run("--version") == (0, f"trunkline {__version__}\n", "")


@pytest.mark.parametrize(
    "words",
    [("rapley",), ("replay",), ("replay", "--bogus", "x.npz")],
    ids=["command", "none", "option"],
)
def test_a_mistyped_command_is_a_usage_error(run, words):
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert "Usage: " in err
    assert "Try '" in err


# ---- good input


def test_a_good_archive_is_replayed(run):
    code, out, err = run("replay", write_npz())
    assert (code, err) == (0, "")
    assert "0:12 in all: worn 0:12" in out
    assert "no prolonged slouch, no bend" in out


def test_json_is_the_only_thing_on_stdout_warnings_or_not(run):
    for file in (write_npz(), write_csv([*rows()[:600], "damaged", *rows()[600:]])):
        code, out, err = run("replay", file, "--json")
        assert code == 0
        assert json.loads(out)["wear"]["total_s"] == 12.0
    assert err.startswith("warning: ")


@pytest.mark.parametrize("command", ["replay", "check"])
def test_a_file_that_does_not_say_who_wore_it_is_not_called_recorded(run, command):
    for file in (write_npz(), write_csv(rows())):
        code, out, _ = run(command, file)
        assert (code, "origin unknown" in out, "recorded" in out) == (0, True, False)


def test_a_csv_is_read_by_its_header_or_by_the_columns_named(run):
    plain = json.loads(run("replay", write_csv(rows()), "--json")[1])
    odd = write_csv(rows(), "when,u,v,w,p,q,r", "odd.csv")
    named = ("--time", "when", "--acc", "u,v,w", "--acc-unit", "g")
    turning = ("--gyr", "p,q,r", "--gyr-unit", "deg/s")
    code, out, err = run("replay", odd, *named, *turning, "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["wear"] == plain["wear"]
    assert json.loads(out)["neutral"] == plain["neutral"]
    code, out, err = run("replay", odd, *named, "--gyr", "")
    assert code == 0
    assert "no gyroscope" in err


def test_settings_neutral_placement_and_axes_are_taken(run):
    more = (
        "--placement",
        "L5",
        "--axes",
        "SRA",
        "--neutral",
        "1,0,0",
        "--set",
        "slouch_hold_s=30",
    )
    code, out, _ = run("replay", write_npz(), *more, "--json")
    said = json.loads(out)
    assert code == 0
    assert said["placement"] == "L5"
    assert said["settings"] == params.complete({"placement": 3, "slouch_hold_s": 30})
    assert said["neutral_source"] == "given"


def test_simulate_then_replay_then_report(run):
    code, out, err = run("simulate", "-o", "hour.npz", "--seed", "7", "--minutes", "6")
    assert (code, err) == (0, "")
    assert "SIMULATED" in out
    code, out, err = run("replay", "hour.npz")
    assert (code, err) == (0, "")
    assert "SIMULATED" in out
    assert max(map(len, out.splitlines())) <= 80
    code, out, err = run("report", "hour.npz", "-o", "hour.html")
    assert (code, out.strip(), err) == (0, "hour.html", "")
    with open("hour.html") as page:
        assert "simulated" in page.read().lower()


def test_names_with_brackets_are_printed_as_they_are(run):
    code, out, _ = run("simulate", "-o", "[bold]a.npz", "--minutes", "0.5")
    assert code == 0
    assert out.startswith("[bold]a.npz: ")
    code, out, _ = run("report", "[bold]a.npz", "-o", "[red]a.html")
    assert (code, out) == (0, "[red]a.html\n")


def test_a_report_takes_the_columns_of_a_table_too(run):
    odd = write_csv([",".join(row.split(",")[:4]) for row in rows()], "when,u,v,w", "odd.csv")
    named = ("--time", "when", "--acc", "u,v,w", "--acc-unit", "g")
    code, out, _ = run("report", odd, *named, "-o", "odd.html")
    assert (code, out) == (0, "odd.html\n")


def test_a_capture_is_replayed_beside_its_device(run, demo_run):
    code, out, err = run("replay", demo_run.real.capture)
    assert (code, err) == (0, "")
    assert "beside the device's own decisions: identical" in out
    code, out, _ = run("replay", demo_run.real.capture, "--json")
    said = json.loads(out)
    assert said["device"]["is_identical"] is True
    assert said["device"]["frames_lost"] == 0
    assert len(said["bends"]) == len(demo_run.real.analysis.bends)
    code, out, _ = run("replay", demo_run.real.capture, "--set", "bend_peak_cdeg=9000", "--json")
    assert code == 0
    assert json.loads(out)["bends"] == []
    code, out, _ = run("report", demo_run.real.capture, "-o", "clip.html")
    assert (code, out.strip()) == (0, "clip.html")


def test_settings_are_listed_for_people_and_for_programs(run):
    code, out, err = run("settings")
    assert (code, err) == (0, "")
    assert all(name in out for name in params.NAMES)
    said = json.loads(run("settings", "--json")[1])
    assert [row["name"] for row in said["settings"]] == list(params.NAMES)


def test_runner_and_terminal_know_the_same_commands():
    done = CliRunner().invoke(cli.app, [])
    assert all(name in done.output for name in COMMANDS)
