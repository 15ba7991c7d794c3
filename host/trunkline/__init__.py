"""Trunkline: an open posture wearable. Load a recording, get gravity, see what the device decides.

import trunkline

recording = trunkline.load("day.npz")
up = trunkline.gravity(recording)        # (N, 3), pointing up, in the sensor frame
analysis = trunkline.analyze(recording)  # episodes, bends, cues, wear
"""

from trunkline.analysis import Analysis, Cue, Episode, Wear
from trunkline.errors import InputError, LinkError, ProtocolError, SimulatorError, TrunklineError
from trunkline.filter import GravityFilter, gravity
from trunkline.readers import CsvMapping, load
from trunkline.recording import Recording
from trunkline.replay import analyze
from trunkline.timeline import Timeline
from trunkline.transition import Transition

__version__ = "0.1.0"

__all__ = [
    "Analysis",
    "CsvMapping",
    "Cue",
    "Episode",
    "GravityFilter",
    "InputError",
    "LinkError",
    "ProtocolError",
    "Recording",
    "SimulatorError",
    "Timeline",
    "Transition",
    "TrunklineError",
    "Wear",
    "__version__",
    "analyze",
    "gravity",
    "load",
]
