"""What `make realble` says where it cannot run; the run itself takes a virtual machine."""

import pytest

from tests.realble import machine
from trunkline import InputError


def test_machine_without_the_packages_is_told_which_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(machine, "_ADMIN_PATHS", ())
    with pytest.raises(InputError, match=r"apt-get install .*bluez busybox-static .*qemu"):
        machine.kernel()
