"""What a document in flash prescribes; what cannot be used in it is left out."""

from posturecore import params
from posturecore.angles import unit
from posturecore.bow import NOMINAL
from posturecore.frames import NEUTRALS
from prescription import checked


def settings_in(document):
    """Return the settings that can be used, the others at their defaults."""
    # A setting that another firmware wrote and this one cannot use falls back to its default.
    kept = {}
    try:
        for name, value in document["settings"].items():
            if params.is_usable(name, value):
                kept[name] = value
        return params.complete(kept)
    except (KeyError, TypeError, AttributeError, ValueError):
        return params.defaults()


def ahead_in(document):
    """Return forward in the sensor."""
    try:
        x, y, z = document["ahead"]
        unit(x, y, z)
        return x, y, z
    except (KeyError, TypeError, ValueError):
        return NOMINAL


def neutrals_in(document, ahead):
    """Return the neutral poses by number."""
    neutrals = {}
    try:
        for neutral, up in document["neutrals"]:
            if neutral in range(len(NEUTRALS)):
                neutrals[neutral] = checked(up, ahead)
    except (KeyError, TypeError, ValueError):
        pass
    return neutrals


def in_force(document, neutrals):
    """Return the number of the pose in force, None where there is none."""
    try:
        neutral = document["neutral"]
    except (KeyError, TypeError):
        neutral = None
    return neutral if neutral in neutrals else min(neutrals) if neutrals else None
