"""The settings and neutral poses in force, kept in flash."""

from posturecore import params
from posturecore.angles import TrunkFrame, norm, unit
from posturecore.bow import NOMINAL
from posturecore.calibrate import is_gravity

_FILE = "prescription.json"


class Prescription:
    """Settings checked against posturecore.params, and neutral poses as gravity vectors.

    Changes raise OSError, and change nothing, when flash does not take them. `neutral` is the one
    in force, None before the first.
    """

    def __init__(self, storage):
        self._storage = storage
        from prescribed import ahead_in, in_force, neutrals_in, settings_in  # need not stay

        document = storage.load(_FILE, {})
        self.ahead = ahead_in(document)  # forward in the sensor, from a bow; one for all poses
        self.settings, self.neutrals = settings_in(document), neutrals_in(document, self.ahead)
        self.neutral = in_force(document, self.neutrals)

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
        neutrals[neutral] = checked(up, ahead)
        self._save(self.settings, neutrals, neutral, ahead)
        self.neutrals, self.neutral, self.ahead = neutrals, neutral, tuple(ahead)

    def _save(self, settings, neutrals, neutral, ahead):
        poses = [[number, list(up)] for number, up in neutrals.items()]
        document = {"settings": settings, "neutrals": poses, "neutral": neutral}
        document["ahead"] = list(ahead)
        self._storage.save(_FILE, document)


def checked(up, ahead):
    """Return a neutral pose; raises ValueError for one that is none."""
    x, y, z = up
    if not is_gravity(norm(x, y, z)):
        raise ValueError("Found a neutral pose {}; expected a gravity vector.".format(up))
    TrunkFrame(x, y, z, ahead)  # raises ValueError when the wearer would be lying on the sensor
    return x, y, z
