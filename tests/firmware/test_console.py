"""The board's console code on the VM, between pseudo-terminals: every byte is data.

It shows that the calls exist and lose nothing; a board's USB driver is not here.
"""

import os
import select
import subprocess
import tty

import pytest

from tests.firmware.test_on_vm import SCRIPTS
from trunkline.simulator import firmware_path
from trunkline.simulator.vm import vm_command


@pytest.fixture
def terminal():
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    yield ours, theirs
    os.close(ours)
    os.close(theirs)


def test_every_byte_comes_back_as_it_went_also_the_one_of_ctrl_c(vm, terminal):
    ours, theirs = terminal
    folder = firmware_path()
    path = [folder / "boards" / "xiao_esp32s3", folder, folder / "lib"]
    environment = {**os.environ, "MICROPYPATH": ":".join([*map(str, path), ".frozen"])}
    data = bytes(set(range(256)) - {ord("X")}) * 3 + b"X"
    with subprocess.Popen(
        [*vm_command(vm), str(SCRIPTS / "console_echo.py")],
        stdin=theirs,
        stdout=theirs,
        env=environment,
    ) as process:
        os.write(ours, data)
        back = b""
        while not back.endswith(b"X") and select.select([ours], [], [], 20)[0]:
            back += os.read(ours, 1000)
        assert process.wait(20) == 0
    assert back == data
