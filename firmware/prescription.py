"""The settings and neutral poses in force, kept in flash."""

from posturecore import params
from posturecore.angles import TrunkFrame, norm, unit
from posturecore.bow import NOMINAL
from posturecore.calibrate import is_gravity
from posturecore.frames import NEUTRALS

_FILE = "prescription.json"


class Prescription:
    """Settings checked against posturecore.params, and neutral poses as gravity vectors.

    Changes raise OSError, and change nothing, when flash does not take them. `neutral` is the one
    in force, None before the first.
    """

    def __init__(self, storage):
        self._storage = storage
        document = storage.load(_FILE, {})
        self.ahead = _ahead(document)  # forward in the sensor, from a bow; one for all poses
        self.settings, self.neutrals = _settings(document), _neutrals(document, self.ahead)
        self.neutral = _in_force(document, self.neutrals)

    def change(self, changes):
        """Set some parameters; raises ValueError, and changes nothing, when one is bad."""
        settings = dict(self.settings)
        settings.update(changes)
        settings = params.complete(settings)
        self._save(settings, self.neutrals, self.neutral, self.ahead)
        self.settings = settings

    def upright(self):
        """Return what up must be like, to be no mistake, in Q14; a bow shows any mounting."""
        if self.ahead == NOMINAL or self.neutral is None:
            return (16384, 0, 0)
        return unit(*self.neutrals[self.neutral])

    def set_neutral(self, neutral, up, ahead=NOMINAL):
        """Keep a neutral pose and put it in force; raises ValueError for one that is none."""
        neutrals = dict(self.neutrals)
        neutrals[neutral] = _checked(up, ahead)
        self._save(self.settings, neutrals, neutral, ahead)
        self.neutrals, self.neutral, self.ahead = neutrals, neutral, tuple(ahead)

    def _save(self, settings, neutrals, neutral, ahead):
        poses = [[number, list(up)] for number, up in neutrals.items()]
        document = {"settings": settings, "neutrals": poses, "neutral": neutral}
        document["ahead"] = list(ahead)
        self._storage.save(_FILE, document)


def _settings(document):
    # A setting that another firmware wrote and this one cannot use falls back to its default.
    kept = {}
    try:
        for name, value in document["settings"].items():
            if not params.problem(name, value):
                kept[name] = value
        return params.complete(kept)
    except (KeyError, TypeError, AttributeError, ValueError):
        return params.defaults()


def _ahead(document):
    try:
        x, y, z = document["ahead"]
        unit(x, y, z)
        return x, y, z
    except (KeyError, TypeError, ValueError):
        return NOMINAL


def _neutrals(document, ahead):
    neutrals = {}
    try:
        for neutral, up in document["neutrals"]:
            if neutral in range(len(NEUTRALS)):
                neutrals[neutral] = _checked(up, ahead)
    except (KeyError, TypeError, ValueError):
        pass
    return neutrals


def _checked(up, ahead):
    x, y, z = up
    if not is_gravity(norm(x, y, z)):
        raise ValueError("Found a neutral pose {}; expected a gravity vector.".format(up))
    TrunkFrame(x, y, z, ahead)  # raises ValueError when the wearer would be lying on the sensor
    return x, y, z


def _in_force(document, neutrals):
    try:
        neutral = document["neutral"]
    except (KeyError, TypeError):
        neutral = None
    return neutral if neutral in neutrals else min(neutrals) if neutrals else None
