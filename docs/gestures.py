"""The table of what the button does, from the firmware's own."""

import sys
from pathlib import Path

from markdown import markdown

from posturecore.patterns import PATTERN_NAMES

sys.path.append(str(Path(__file__).resolve().parents[1] / "firmware"))

from controls import GESTURES


def gestures() -> str:
    """Return what the wearer does, what the device does, and the patterns that answer."""
    rows = [
        [does, done, " or ".join(PATTERN_NAMES[pattern] for pattern in answers)]
        for _, does, done, answers in GESTURES
    ]
    return markdown(["the button", "what it does", "the answer by touch"], rows)


TABLES = {"gestures": gestures}
