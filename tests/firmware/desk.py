"""A link on a desk: radio, clock and flash that a test can do anything to."""

from tests.firmware.parts import Clock
from tests.firmware.radio import Radio

from ble.bonds import Bonds  # isort: skip
from ble.link import Link  # isort: skip
from storage.documents import Storage  # isort: skip

PASSKEY = 246801
DISPLAY = 3
OUR_KEY, PEER_KEY = 1, 2
ABOUT = ("Trunkline", "sim", "c0de00000001", "0.1")


class Desk:
    def __init__(self, root, start_ms=0):
        self.clock = Clock(start_ms)
        self.radio = Radio()
        self.storage = Storage(str(root))
        self.bonds = Bonds(self.storage)
        self.battery_pct = 80
        self.link = Link(
            self.radio,
            self.clock,
            self.bonds,
            "Trunkline 0001",
            PASSKEY,
            lambda: self.battery_pct,
            ABOUT,
        )
        self.link.start()

    def pass_ms(self, ms):
        for _ in range(10):
            self.clock.now_ms += ms // 10
            self.link.tend()

    def ask_passkey(self, connection=1):
        self.radio.connect(connection)
        self.radio.raise_irq(31, (connection, DISPLAY, 0))

    def keep(self, kind=PEER_KEY, key=b"peer", value=b"key"):
        return self.radio.raise_irq(30, (kind, key, value))

    def bond(self, key=b"peer", connection=1):
        """Pair with the passkey, as far as the stack goes."""
        self.ask_passkey(connection)
        assert self.keep(OUR_KEY, key)
        assert self.keep(PEER_KEY, key)
        self.radio.raise_irq(21, (connection, 247))
        self.radio.secure(connection)

    def in_flash(self):
        return Bonds(self.storage)


def secured(desk, connection=1):
    """A host that has bonded before comes."""
    desk.radio.connect(connection)
    desk.radio.raise_irq(21, (connection, 247))
    desk.radio.secure(connection)
