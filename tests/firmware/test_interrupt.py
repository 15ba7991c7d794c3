"""Ctrl-C ends the command and its virtual board, whatever it was doing."""

import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

_TOKEN = "TRUNKLINE_TEST_TOKEN"
pytestmark = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="needs /proc: run it on Linux"
)


def running_with(token: str) -> list[int]:
    """List the processes that were started below a command with this token."""
    wanted = f"{_TOKEN}={token}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            is_ours = wanted in (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if is_ours:
            found.append(int(folder.name))
    return found


def wait_until_gone(token: str) -> list[int]:
    end_s = time.monotonic() + 5
    while (left := running_with(token)) and time.monotonic() < end_s:
        time.sleep(0.05)
    return left


@pytest.mark.parametrize(
    ("arguments", "sign"),
    [
        pytest.param(["demo", "-o", "out", "--minutes", "240"], "connected over BLE", id="demo"),
        pytest.param(["monitor", "sim:", "--speed", "5", "--json"], '"now"', id="monitor"),
    ],
)
def test_ctrl_c_ends_the_command_and_its_board(tmp_path, arguments, sign):
    token = uuid.uuid4().hex
    with subprocess.Popen(
        [sys.executable, "-m", "trunkline", *arguments],
        cwd=tmp_path,
        env={**os.environ, _TOKEN: token},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as command:
        assert command.stdout is not None
        said = []
        for line in command.stdout:
            said.append(line)
            if sign in line:
                break
        assert len(running_with(token)) >= 2, "".join(said)  # the command and its board
        command.send_signal(signal.SIGINT)
        said.append(command.stdout.read())
        code = command.wait(timeout=20)
    output = "".join(said)
    assert code == 130, output
    assert "Traceback" not in output
    assert wait_until_gone(token) == []
