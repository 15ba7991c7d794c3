"""What happens on a virtual board that its host can see: the motor, and what costs energy."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MotorChange:
    """One change of the motor's drive."""

    time_ms: int
    """Virtual time."""
    duty_u16: int
    """0 is off, 65535 is fully on."""


@dataclass(frozen=True)
class Note:
    """A change on the board that costs energy.

    Attributes:
        time_ms: Virtual time.
        name: "state", "radio", "slept_ms" (a light sleep that ends here) or "off".
        value: As the name says.
    """

    time_ms: int
    name: str
    value: int
