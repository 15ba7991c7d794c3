"""The devices that this computer has bonded with, so that nobody need type a name again.

Only id, name and address are kept. Passkeys are kept nowhere, and keys by the operating system.
"""

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from trunkline.errors import InputError

_FILE = "devices.json"


@dataclass(frozen=True)
class BondedDevice:
    """One device.

    Attributes:
        device_id: The chip's own id, in hex: the same over the air and on a cable.
        name: As it advertises.
        address: What this system calls it.
    """

    device_id: str
    name: str
    address: str


class BondedDevices:
    """The list, in one file; what two programs write at once, the later one keeps."""

    def __init__(self, path: Path) -> None:
        """Use a file; it need not be there."""
        self.path = path

    def devices(self) -> tuple[BondedDevice, ...]:
        """Give all of them, in the order they were paired.

        Raises:
            InputError: The file is there and cannot be used.
        """
        try:
            rows = json.loads(self.path.read_text(encoding="utf-8"))
            return tuple(_device(row) for row in rows)
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise _unusable(self.path, str(error.strerror)) from None
        except (ValueError, TypeError, KeyError):
            raise _unusable(self.path, "damaged") from None

    def the_only(self) -> BondedDevice:
        """Give the bonded device, if there is exactly one.

        Raises:
            InputError: There is none, or there are several.
        """
        devices = self.devices()
        if len(devices) == 1:
            return devices[0]
        names = ", ".join(f"ble:{device.name}" for device in devices)
        raise InputError(
            found=f"{len(devices)} bonded devices ({names})" if devices else "no bonded device",
            expected="one, to connect to it without a name",
            hint="naming one of them" if devices else "`trunkline pair`, or ble:NAME",
        )

    def remember(self, device: BondedDevice) -> None:
        """Add a device, or take over what has changed of one.

        Raises:
            InputError: The file cannot be written.
        """
        others = [old for old in self.devices() if old.device_id != device.device_id]
        self._write([asdict(each) for each in (*others, device)])

    def forget(self, name: str) -> bool:
        """Take a device off the list, by name, address or id; return whether it was there.

        The operating system keeps its keys until the device is removed in its settings.

        Raises:
            InputError: The file cannot be written.
        """
        devices = self.devices()
        kept = [d for d in devices if name not in (d.name, d.address, d.device_id)]
        if len(kept) < len(devices):
            self._write([asdict(each) for each in kept])
        return len(kept) < len(devices)

    def _write(self, rows: list[dict[str, Any]]) -> None:
        """Write all or nothing, readable for this user only: a power cut leaves the old list."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            number, name = tempfile.mkstemp(dir=self.path.parent, prefix=_FILE)
            try:
                with os.fdopen(number, "w", encoding="utf-8") as file:
                    json.dump(rows, file, indent=2)
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(self.path)
            finally:
                Path(name).unlink(missing_ok=True)
        except OSError as error:
            raise _unusable(self.path, str(error.strerror)) from None


def bonded_devices() -> BondedDevices:
    """Give this user's list: in `~/.config/trunkline` on Linux, and where else it belongs."""
    import typer

    return BondedDevices(Path(typer.get_app_dir("trunkline")) / _FILE)


def _device(row: dict[str, str]) -> BondedDevice:
    device = BondedDevice(**row)
    if not all(isinstance(value, str) and value for value in asdict(device).values()):
        raise ValueError
    return device


def _unusable(path: Path, reason: str) -> InputError:
    return InputError(
        found=f"{path} ({reason})",
        expected="the list of bonded devices, readable and writable",
        hint="moving it away and `trunkline pair` again; the bonds themselves are not in it",
    )
