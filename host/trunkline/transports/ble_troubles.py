"""What can be wrong with Bluetooth: one row, one sentence, and one remedy for each system.

bleak and the systems below it name the same trouble in many ways; `trouble_of` knows them. What
the systems say was read in bleak 3.1's own sources; what is marked [M] is from memory.
"""

import sys
from dataclasses import dataclass

from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakCharacteristicNotFoundError,
    BleakDBusError,
    BleakDeviceNotFoundError,
    BleakGATTProtocolError,
    BleakGATTProtocolErrorCode,
)

from trunkline.errors import BluetoothError

PAIRING = "pair"  # the phase in which whatever breaks off is a refusal


@dataclass(frozen=True)
class Trouble:
    """One row.

    Attributes:
        found: What was there.
        expected: What should have been.
        linux: What to try there; it reads on after "try". `{address}` stands for the device's.
        macos: The same for macOS; "" as on Linux.
        windows: The same for Windows; "" as on Linux.
    """

    found: str
    expected: str
    linux: str
    macos: str = ""
    windows: str = ""

    def remedy(self, system: str, address: str = "its address") -> str:
        """Give what to try on a system, as `sys.platform` names it, with a device's address."""
        own = {"darwin": self.macos, "win32": self.windows}.get(system)
        return (own or self.linux).format(address=address)


_WINDOW = "holding its button until it buzzes five times (3 s)"

TROUBLES = {
    "no adapter": Trouble(
        "no Bluetooth adapter",
        "one that this computer can use",
        "plugging one in and `sudo systemctl start bluetooth`; a container needs its host's D-Bus",
        "a Mac that has Bluetooth, or a USB cable instead: usb:PORT",
        "plugging one in: Settings > Bluetooth & devices must show a switch",
    ),
    "old adapter": Trouble(
        "a Bluetooth adapter that cannot connect to low-energy devices",
        "one with the central role",
        "another adapter, for Bluetooth 4.2 or newer",
    ),
    "adapter off": Trouble(
        "Bluetooth switched off",
        "it on",
        "`bluetoothctl power on`, after `rfkill unblock bluetooth` where that is refused",
        "switching it on in System Settings > Bluetooth",
        "switching it on in Settings > Bluetooth & devices",
    ),
    "no permission": Trouble(
        "no permission to use Bluetooth",
        "it",
        "`sudo usermod -aG bluetooth $USER` and logging in again",
        "System Settings > Privacy & Security > Bluetooth, and allowing the terminal or program "
        "that runs this; then start that anew",
        "Settings > Privacy & security > Other devices, and allowing desktop programs",
    ),
    "no service": Trouble(
        "no Bluetooth service",
        "it running",
        "`sudo systemctl start bluetooth`; a container needs the host's D-Bus",
        "switching Bluetooth off and on",
        "starting the service `Bluetooth Support Service`",
    ),
    "adapter busy": Trouble(
        "the Bluetooth adapter busy with another program's request",
        "it free",
        "closing other programs that scan or pair, and again in a few seconds",
    ),
    "not heard": Trouble(
        "nothing from it",
        "it to advertise",
        "a press of its button, which puts it on the air for a minute, bringing it closer, and "
        "disconnecting it from other computers: it talks to one host at a time",
    ),
    "in use": Trouble(
        "it connected to this computer already, by another program or one that crashed",
        "it free",
        "closing that program, or `bluetoothctl disconnect`",
        "closing that program, or switching Bluetooth off and on",
        "closing that program, or switching Bluetooth off and on",
    ),
    "not paired": Trouble(
        "pairing refused or broken off",
        "the passkey on its label, typed while it takes new hosts",
        "removing it from this computer (`bluetoothctl remove {address}`) if it was paired, then "
        f"{_WINDOW}, and `trunkline pair` within a minute",
        "forgetting it in System Settings > Bluetooth if it was paired, then "
        f"{_WINDOW}, and `trunkline pair` within a minute: macOS asks for the passkey",
        "removing it in Settings > Bluetooth & devices if it was paired, then "
        f"{_WINDOW}, and adding it there within a minute: only Windows asks for the passkey",
    ),
    "gone": Trouble(
        "the link lost",
        "it to stay",
        "bringing it closer and connecting again",
    ),
    "no answer": Trouble(
        "no answer in time",
        "one",
        "bringing it closer and connecting again; if it stays, switch Bluetooth off and on",
    ),
    "small packets": Trouble(
        "packets too small for its frames",
        "an MTU of 247 or more",
        "BlueZ 5.62 or newer (`bluetoothctl --version`), or another Bluetooth adapter",
        "another Mac, or a USB cable instead: usb:PORT",
        "another Bluetooth adapter",
    ),
    "not ours": Trouble(
        "a device without Trunkline's service",
        "a Trunkline",
        "`trunkline scan` for its name; if the name is right, "
        "`bluetoothctl remove {address}`: the system remembers what it was before an update",
        "`trunkline scan` for its name; if the name is right, switching Bluetooth off and on: "
        "the system remembers what it was before an update",
        "`trunkline scan` for its name; if the name is right, removing it in Settings > Bluetooth "
        "& devices: the system remembers what it was before an update",
    ),
    "other": Trouble(
        "a failure that Trunkline does not know",
        "none",
        "switching Bluetooth off and on",
    ),
}

_REASON = BleakBluetoothNotAvailableReason
_REASONS = {
    _REASON.NO_BLUETOOTH: "no adapter",
    _REASON.NO_BLE_CENTRAL_ROLE: "old adapter",
    _REASON.POWERED_OFF: "adapter off",
    _REASON.DENIED_BY_USER: "no permission",
    _REASON.DENIED_BY_SYSTEM: "no permission",
    _REASON.DENIED_BY_UNKNOWN: "no permission",
    _REASON.UNKNOWN: "no service",
}
# Names of D-Bus errors, by how they begin.
_DBUS = (
    ("org.freedesktop.DBus.Error.AccessDenied", "no permission"),
    ("org.freedesktop.DBus.Error.ServiceUnknown", "no service"),
    ("org.freedesktop.DBus.Error.NameHasNoOwner", "no service"),
    ("org.freedesktop.DBus.Error.Spawn", "no service"),  # it has crashed, and does not start
    ("org.freedesktop.DBus.Error.NoReply", "no answer"),
    ("org.freedesktop.DBus.Error.UnknownObject", "not heard"),
    ("org.bluez.Error.Authentication", "not paired"),  # Failed, Canceled, Rejected, Timeout
    ("org.bluez.Error.NotAuthorized", "not paired"),
    ("org.bluez.Error.NotReady", "adapter off"),
    ("org.bluez.Error.InProgress", "adapter busy"),
    ("org.bluez.Error.NotPermitted", "in use"),  # another program has the notifications
    ("org.bluez.Error.ConnectionAttemptFailed", "gone"),
    ("org.bluez.Error.NotConnected", "gone"),
)
# What stands in the text of an error that has no kind of its own, in small letters.
_WORDS = (
    ("access denied", "not paired"),  # Windows, of a characteristic
    ("access is denied", "not paired"),
    ("encryption is insufficient", "not paired"),  # macOS [M]
    ("authentication is insufficient", "not paired"),  # macOS [M]
    ("removed pairing information", "not paired"),  # macOS [M]
    ("could not pair", "not paired"),
    ("failure trying to pair", "not paired"),
    ("turned on?", "adapter off"),  # Windows, of a scan
    ("unreachable", "gone"),
    ("disconnected", "gone"),
    ("not connected", "gone"),
    ("connection-abort", "gone"),  # BlueZ
    ("timed out", "no answer"),
)
_CODE = BleakGATTProtocolErrorCode
_UNPAIRED_CODES = (
    _CODE.INSUFFICIENT_AUTHENTICATION,
    _CODE.INSUFFICIENT_AUTHORIZATION,
    _CODE.INSUFFICIENT_ENCRYPTION_KEY_SIZE,
    _CODE.INSUFFICIENT_ENCRYPTION,
)
# Whatever the phase, these are not about the device.
_OF_THE_ADAPTER = frozenset(
    ("no adapter", "old adapter", "adapter off", "no permission", "no service", "adapter busy")
)


def trouble_of(error: BaseException, phase: str) -> str:
    """Name the row of an error that bleak raised, or of a timeout.

    Args:
        error: What was raised.
        phase: What was being done: "scan", "connect", "pair", "subscribe" or "write".
    """
    trouble = _by_kind(error)
    if phase == PAIRING and trouble not in _OF_THE_ADAPTER:
        return "not paired"  # a refusal is often no more than a lost link, or silence
    return trouble


def _by_kind(error: BaseException) -> str:
    if isinstance(error, BleakBluetoothNotAvailableError):
        return _REASONS.get(error.reason, "other")
    if isinstance(error, BleakDeviceNotFoundError):
        return "not heard"
    if isinstance(error, BleakCharacteristicNotFoundError):
        return "not ours"
    if isinstance(error, BleakGATTProtocolError):
        return "not paired" if error.code in _UNPAIRED_CODES else "other"
    if isinstance(error, TimeoutError):  # an OSError, too
        return "no answer"
    if isinstance(error, PermissionError):
        return "no permission"
    if isinstance(error, FileNotFoundError | ConnectionError):  # D-Bus's socket
        return "no service"
    return _by_text(error)


def _by_text(error: BaseException) -> str:
    if isinstance(error, BleakDBusError):
        for start, trouble in _DBUS:
            if error.dbus_error.startswith(start):
                return trouble
    text = str(error).lower()
    return next((trouble for words, trouble in _WORDS if words in text), "other")


def bluetooth_error(
    what: str, trouble: str, detail: object = "", address: str = "its address"
) -> BluetoothError:
    """Make the sentence of a row.

    Args:
        what: What did not work, such as "Could not connect to Trunkline 3F2A".
        trouble: The row's name.
        detail: What the system said, told where the row alone would hide it.
        address: The device's, as the system calls it.
    """
    row = TROUBLES[trouble]
    said = f" ({detail})" if str(detail) else ""
    return BluetoothError(
        f"{what}: found {row.found}{said}; expected {row.expected}; "
        f"try {row.remedy(sys.platform, address)}.",
        trouble,
    )
