"""Every error that Trunkline raises on purpose, and how the command line answers each.

    TrunklineError             exit 1: something failed
     ├── InputError            exit 2: a file, an array, a setting or a command that cannot be used
     ├── ProtocolError         exit 1: the device said something it must not say
     ├── LinkError             exit 1: the device cannot be reached, or went away
     │    └── BluetoothError   exit 1: as Bluetooth tells, with the row of its table
     ├── SimulatorError        exit 1: the virtual board or its radio stopped
     └── DetectorError         exit 1: a plug-in detector failed; the other results stand

A message is one sentence: what was found, what was expected, what to try.
"""


class TrunklineError(Exception):
    """Catch this to catch everything that Trunkline raises on purpose."""


class InputError(TrunklineError):
    """Something given to Trunkline cannot be used.

    Attributes:
        found: What was there.
        expected: What should have been there.
        hint: What to try.
    """

    def __init__(self, *, found: str, expected: str, hint: str) -> None:
        self.found, self.expected, self.hint = found, expected, hint
        super().__init__(f"Found {found}; expected {expected}; try: {hint}.")


class ProtocolError(TrunklineError):
    """The peer broke the protocol; `reason` says how."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class LinkError(TrunklineError):
    """The device cannot be reached, refused, or went away; the message says what to try."""


class BluetoothError(LinkError):
    """Bluetooth cannot reach the device.

    Attributes:
        trouble: Name of the row in `transports.ble_troubles` that says why, such as "adapter off".
    """

    def __init__(self, message: str, trouble: str) -> None:
        self.trouble = trouble
        super().__init__(message)


class SimulatorError(TrunklineError):
    """The virtual board or its radio stopped; the message ends with what the firmware printed."""


class DetectorError(TrunklineError):
    """A detector that a plug-in brings failed; nothing else is touched by it.

    Attributes:
        detector: Its name, package and version.
        reason: What happened.
    """

    def __init__(self, detector: str, reason: str) -> None:
        self.detector, self.reason = detector, reason
        super().__init__(
            f"The detector {detector} failed: {reason}; all other results stand; "
            "try: leave it out, and tell its author."
        )
