"""Trunkline: an open posture wearable. Load a recording, get gravity, see what the device decides.

import trunkline

recording = trunkline.load("day.npz")
up = trunkline.gravity(recording)        # (N, 3), pointing up, in the sensor frame
analysis = trunkline.analyze(recording)  # episodes, bends, cues, wear
"""

import typing

from trunkline.decide.analysis import Analysis, Cue, Episode, Wear
from trunkline.decide.replay import analyze
from trunkline.decide.timeline import Timeline
from trunkline.decide.transition import Transition
from trunkline.errors import (
    DetectorError,
    InputError,
    LinkError,
    ProtocolError,
    SimulatorError,
    TrunklineError,
)
from trunkline.filter.gravity import GravityFilter, gravity
from trunkline.readers import CsvMapping, load
from trunkline.recordings.recording import Recording

if typing.TYPE_CHECKING:
    from trunkline.device.connecting import connect
    from trunkline.device.session import Session

__version__ = "0.1.0"

__all__ = [
    "Analysis",
    "CsvMapping",
    "Cue",
    "DetectorError",
    "Episode",
    "GravityFilter",
    "InputError",
    "LinkError",
    "ProtocolError",
    "Recording",
    "Session",
    "SimulatorError",
    "Timeline",
    "Transition",
    "TrunklineError",
    "Wear",
    "__version__",
    "analyze",
    "connect",
    "gravity",
    "load",
]

# Brought in when first asked for: who reads a recording does not wait for what talks to a device.
_LATER = {"Session": "trunkline.device.session", "connect": "trunkline.device.connecting"}


def __getattr__(name: str) -> typing.Any:
    """Bring in what talks to a device."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LATER[name]), name)
