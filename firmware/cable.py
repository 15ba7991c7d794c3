"""An update over the cable: the bundle was copied to the root by hand."""

from bundle import unpack
from slots import Slots
from update import BUNDLE, PIECE, remove


def install(root):
    """Unpack a bundle that was copied to the root over the cable, and switch to it."""
    slots = Slots(root)
    for _ in unpack(slots, slots.other, bytearray(PIECE)):
        pass
    remove(slots.root + BUNDLE)
    print("Installed in /{}; reset to start it.".format(slots.folder))
