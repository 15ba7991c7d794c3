"""`trunkline monitor`: what a device says, live, from a capture, and until Ctrl-C."""

import json
import os
import signal
import subprocess
import sys

from trunkline import load
from trunkline.captures.capture import read_frames

from .terminal import complaint


def test_monitor_of_the_virtual_board_prints_one_object_a_line(run):
    code, out, err = run("monitor", "sim:", "--seconds", "2", "--speed", "50", "--json")
    assert code == 0
    assert "SIMULATED" in err
    events = [json.loads(line) for line in out.splitlines()]
    assert [event for event in events if event["event"] == "heard"] == [
        {"event": "heard", "rssi_dbm": -50}
    ]
    now = [event for event in events if event["event"] == "now"]
    assert len(now) > 20
    assert all(-5 < event["flexion_deg"] < 40 for event in now)
    assert now[-1]["at_s"] > 20
    assert {event["context"] for event in now} & {"upright-still", "changing", "bending"}
    assert not [event for event in events if event["event"] == "fault"]


def test_monitor_of_a_capture_says_what_was_said(run, demo_run):
    code, out, err = run("monitor", demo_run.real.capture, "--json")
    assert code == 0
    assert err.endswith("frames; faults: none\n")
    events = [json.loads(line) for line in out.splitlines()]
    assert "heard" not in {event["event"] for event in events}  # there is no radio
    bends = [event for event in events if event["event"] == "episode"]
    # The device counts from its first sample, an analysis from the first that is not settling.
    starts_s = [round(bend.start_s + 0.3, 1) for bend in demo_run.real.analysis.bends]
    assert [bend["start_s"] for bend in bends] == starts_s
    code, out, _ = run("monitor", demo_run.real.capture)
    assert code == 0
    assert "episode: bend at" in out


def test_monitor_copies_a_capture_and_never_writes_over_one(run, demo_run):
    code, _, err = run("monitor", demo_run.simulated.capture, "--record", "copy.tlcap")
    assert code == 0
    assert err.startswith("SIMULATED: nobody wore this\n")
    assert err.endswith("frames; faults: none\n")
    header, data = read_frames("copy.tlcap")
    original, frames = read_frames(demo_run.simulated.capture)
    assert data == frames
    assert {name: header[name] for name in original} == original
    complaint(run("monitor", demo_run.simulated.capture, "--record", "copy.tlcap"))


def test_monitor_of_a_damaged_capture_says_the_faults(run, demo_run):
    with open("cut.tlcap", "wb") as file:
        file.write(demo_run.real.capture.read_bytes()[:-7])
    code, out, _ = run("monitor", "cut.tlcap", "--json")
    assert code == 0
    assert json.loads(out.splitlines()[-1])["kind"] == "cut"


def test_monitor_stops_cleanly_with_ctrl_c(tmp_path):
    words = ["monitor", "sim:", "--speed", "20", "--json", "--record", str(tmp_path / "a.tlcap")]
    process = subprocess.Popen(
        [sys.executable, "-m", "trunkline", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    with process:
        while '"now"' not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "Stopped" in err
    assert load(tmp_path / "a.tlcap", strict=True).is_simulated


def test_a_failure_that_is_not_the_input_s_exits_with_1(run, monkeypatch):
    from trunkline.errors import LinkError

    def gone(*_args):
        raise LinkError("The device went away; come closer.")

    monkeypatch.setattr("trunkline.device.connecting.transport_to", gone)
    assert run("monitor", "ble:Nobody") == (
        1,
        "",
        "trunkline: The device went away; come closer.\n",
    )


def test_a_machine_without_bluetooth_is_told_so_in_one_sentence(run, monkeypatch):
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/at/all")
    code, out, err = run("monitor", "ble:Nobody")
    assert (code, out) == (1, "")
    assert err.startswith("trunkline: No Bluetooth to scan with")
    assert err.count("\n") == 1


def test_absent_cable_is_one_sentence(run):
    code, out, err = run("monitor", "usb:/dev/ttyNONE")
    assert (code, out) == (1, "")
    assert "found no such port" in " ".join(err.split())
