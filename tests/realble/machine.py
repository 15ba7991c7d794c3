"""A small Linux machine in QEMU: a Debian kernel, and this machine's own files as its root.

Its root is `/` over 9p, read-only, under a layer in memory: so it has the same Python and the same
packages, and cannot change anything. It runs `guest.sh`, shares one folder, and its second serial
port is the HCI of its Bluetooth adapter.
"""

import gzip
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

from trunkline.errors import InputError

# Command -> the Debian package that has it.
_PROGRAMS = {
    "qemu-system-x86_64": "qemu-system-x86",
    "bluetoothd": "bluez",
    "btattach": "bluez",
    "dbus-daemon": "dbus",
    "busybox": "busybox-static",
    "modprobe": "kmod",
}
_KERNEL_PACKAGE = "linux-image-amd64"
_ADMIN_PATHS = ("/usr/sbin", "/sbin", "/usr/libexec/bluetooth", "/usr/lib/bluetooth")
_MODULES = ("virtio_pci", "9pnet_virtio", "9p", "overlay")
_BOOT = """#!/bin/sh
/bin/busybox mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
for module in $(cat /order); do insmod /modules/$module; done
mkdir -p /below /memory
mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=512000,cache=loose root /below || exec sh
mount -t tmpfs memory /memory
mkdir /memory/u /memory/w
mount -t overlay root -o lowerdir=/below,upperdir=/memory/u,workdir=/memory/w /new || exec sh
mount -t proc proc /new/proc
mount -t sysfs sysfs /new/sys
mount -t devtmpfs dev /new/dev
mount -t tmpfs run /new/run
exec switch_root /new /bin/bash {script}
"""


def kernel() -> Path:
    """Find the newest kernel whose modules are installed too.

    Raises:
        InputError: A program or the kernel is missing; the message names the packages.
    """
    path = os.pathsep.join((os.environ.get("PATH", ""), *_ADMIN_PATHS))
    missing = {package for name, package in _PROGRAMS.items() if not shutil.which(name, path=path)}
    kernels = sorted(
        found
        for found in Path("/boot").glob("vmlinuz-*")
        if Path("/lib/modules", found.name.removeprefix("vmlinuz-")).is_dir()
        and os.access(found, os.R_OK)
    )
    if not kernels:
        missing.add(_KERNEL_PACKAGE)
    if missing:
        packages = " ".join(sorted(missing))
        raise InputError(
            found=f"no {packages} that can be used",
            expected="Debian's packages for a virtual Linux machine",
            hint=f"apt-get install --no-install-recommends {packages}, as root",
        )
    return kernels[-1]


def write_initramfs(path: Path, kernel_path: Path, script: Path) -> None:
    """Write what the kernel starts from: busybox, modules, and the way to the real root."""
    version = kernel_path.name.removeprefix("vmlinuz-")
    modules = list(_modules(version))
    busybox = shutil.which("busybox")
    if busybox is None:
        raise RuntimeError("no busybox; kernel() has not been asked first")
    files = {
        "init": _BOOT.format(script=script).encode(),
        "order": "\n".join(module.name for module in modules).encode(),
        "bin/busybox": Path(busybox).read_bytes(),
        **{f"modules/{module.name}": module.read_bytes() for module in modules},
    }
    folders = ("bin", "modules", "proc", "sys", "dev", "new")
    links = ("sh", "mount", "mkdir", "insmod", "switch_root", "cat")
    entries = [(name, stat.S_IFDIR | 0o755, b"") for name in folders]
    entries += [(name, stat.S_IFREG | 0o755, data) for name, data in files.items()]
    entries += [(f"bin/{name}", stat.S_IFLNK | 0o777, b"busybox") for name in links]
    archive = b"".join(_cpio(k, *entry) for k, entry in enumerate(entries, 1))
    path.write_bytes(gzip.compress(archive + _cpio(0, "TRAILER!!!", 0, b""), 1))


def _modules(version: str) -> Iterator[Path]:
    """Give the files of the modules and of what they need, each once, in the order to load."""
    seen = set()
    for module in _MODULES:
        command = ["/sbin/modprobe", "-S", version, "--show-depends", module]
        listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        for line in listed.splitlines():
            what, _, name = line.strip().partition(" ")
            if what == "insmod" and name not in seen:
                seen.add(name)
                yield Path(name)


def _cpio(number: int, name: str, mode: int, data: bytes) -> bytes:
    """Give an entry of a "newc" archive: 13 fields of 8 hex digits, name and data, padded to 4."""
    fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


def command(kernel_path: Path, initramfs: Path, shared: Path, hci_port: int) -> list[str]:
    """Give QEMU's command line: all in software, for there may be no hardware support."""
    return [
        "qemu-system-x86_64",
        *("-M", "q35", "-accel", "tcg", "-cpu", "Nehalem", "-m", "1536", "-smp", "2"),
        *("-nographic", "-no-reboot", "-nodefaults", "-monitor", "none"),
        *("-serial", "stdio", "-serial", f"tcp:127.0.0.1:{hci_port}"),
        *("-kernel", str(kernel_path), "-initrd", str(initramfs)),
        *("-append", "console=ttyS0 quiet panic=-1 mitigations=off"),
        *("-fsdev", "local,id=r,path=/,security_model=none,readonly=on,multidevs=remap"),
        *("-device", "virtio-9p-pci,fsdev=r,mount_tag=root"),
        *("-fsdev", f"local,id=s,path={shared},security_model=none"),
        *("-device", "virtio-9p-pci,fsdev=s,mount_tag=shared"),
        *("-device", "virtio-rng-pci"),
    ]
