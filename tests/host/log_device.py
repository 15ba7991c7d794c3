"""A device for the tests of syncing: the firmware's own log and sender, which restart and forget.

What it logs is made up; the flash is a folder, the line a transport that a test may spoil.
"""

import asyncio
import shutil

from posturecore import flash, frames, params, wire
from posturecore.calibrate import DONE
from posturecore.decide import LEDGER
from tests.firmware import parts  # noqa: F401 - puts the firmware on the path
from tests.host.test_session import HELLO, Wire, polite
from trunkline import LinkError

from download import Download  # isort: skip
from storage.log import Log  # isort: skip

LOG_BYTES = 1 << 20
DEVICE_ID = b"device-1"
MINUTE = ((0, 0, 590, 0, 10, 0, 0, 0, 700),)


def padded(frame, values):
    """Fill the fields that a newer table has."""
    return values + (0,) * (len(frames.FRAMES[frame][2]) - len(values))


class Device:
    """A device with a log; `boot` first.

    Attributes:
        log: The firmware's log.
        boot_id: Of this boot.
        acknowledgements: Each number that a host has acknowledged, in order.
    """

    def __init__(self, root, size_bytes=LOG_BYTES, first=0):
        """Make one; `first` is the first record's number, all before were acknowledged."""
        self.root, self.size_bytes = root, size_bytes
        self.boot_id = 0
        self.block = 0
        self.acknowledgements = []
        root.mkdir(exist_ok=True)
        if first:
            (root / "log").mkdir()
            acknowledged = wire.pack_frame(flash.LOG_ACK, 0, (first,))
            (root / "log" / "acknowledged").write_bytes(acknowledged)
        self.log = Log(str(root), size_bytes)

    def boot(self, *, forgets_boots=False):
        """Start anew; what was not in flash is gone."""
        self.boot_id = 1 if forgets_boots else self.boot_id + 1
        self.block = 0
        self.log = Log(str(self.root), self.size_bytes)
        self.append(flash.BOOT, padded(flash.BOOT, (self.boot_id, 0, 0, 0, 1, 60_000, 0, 0)))
        rows = tuple(enumerate(params.defaults().values()))
        self.append(frames.SETTINGS, (0, params.fingerprint(params.defaults())), rows)
        up = (0, DONE, 0, 16393, 0, 0, 3, 16384, 0, 0)
        self.append(frames.CALIBRATION, padded(frames.CALIBRATION, up))

    def erase(self):
        """Flash it anew: nothing of the log and of the boots is left."""
        shutil.rmtree(self.root)
        self.__init__(self.root, self.size_bytes)

    def append(self, frame, values, items=()):
        self.log.append(frame, values, items)
        self.log.tend()

    def live(self, hours=1):
        """Log some hours: slouches, bends, cues, minutes and the ledger."""
        for _ in range(hours * 6):
            at = self.block
            for k in range(2):
                self.append(frames.EPISODE, episode(k, at + 1000 * k, self.boot_id))
                self.append(frames.CUE, (at + 1000 * k + 600, k, 1, 0))
            self.append(flash.MARK, (at + 2000, at + 600))
            self.block += 6000
            ms = self.block * 100
            self.append(flash.MINUTES, (at, ms), MINUTE * 10)
            ledger = [self.block if name == "upright-still" else 0 for name in LEDGER]
            self.append(flash.LEDGER, (self.block, ms), tuple((blocks,) for blocks in ledger))

    def in_flash(self):
        """Read all that it has: {number: bytes}."""
        from storage.reader import Reader
        from storage.segment import FRAME_BYTES

        self.log.sync()
        reader, frame, found = Reader(self.log, 0), bytearray(FRAME_BYTES), {}
        while size := reader.read_into(frame):
            found[reader.number] = bytes(frame[:size])
        reader.pause()
        return found


def episode(kind, at, boot_id):
    values = (kind, 1, 0, at, at + 700, 2000 + boot_id, 1500, 0, 0x1234, 0, -1, -1, 0, 80)
    return padded(frames.EPISODE, values)


class DeviceWire(Wire):
    """A line to a device; `spoil(count, message)` is what it makes of a message of the log.

    It returns the bytes that arrive, or None: the link goes, and the transport may be opened anew.
    """

    def __init__(self, device, spoil=lambda count, message: message):
        super().__init__(self._answer)
        self.device, self.spoil = device, spoil
        self.messages = 0
        self.on_ack = lambda number: None  # called before the device hears of it
        self._is_there = False

    def _answer(self, frame, sequence, values, items):
        device = self.device
        if frame == flash.LOG_READ:
            self._sender.read(*values)
            asyncio.get_running_loop().call_soon(self._tend, self._sender)
        elif frame == flash.LOG_ACK:
            self.on_ack(*values)
            device.acknowledgements.append(values[0])
            self._sender.acknowledge(*values)
        elif frame == frames.TIME_ANCHOR:
            device.append(frame, (device.boot_id, device.block * 100, *values[2:]))
        elif values == (frames.STATUS,):
            status = (device.boot_id, device.block * 100, device.block * 6)
            yield frames.STATUS, padded(frames.STATUS, status)
        elif values == (flash.LOG_STATUS,):
            yield flash.LOG_STATUS, self._sender.status()
        elif values == (frames.HELLO,):
            known = (*HELLO[:5], device.boot_id, 0, DEVICE_ID, 0)
            yield frames.HELLO, known
            yield frames.ACK, (frame, sequence, frames.ACK_DONE)
            return
        yield from polite(frame, sequence, values, items)

    async def open(self, on_data, on_lost, on_log):
        await super().open(on_data, on_lost, on_log)
        self._is_there = True
        self._sender = Download(self.device.log, self._send)

    async def write(self, frame):
        if not self._is_there:
            raise LinkError("wire is not open; connect again.")
        await super().write(frame)

    async def close(self):
        await super().close()
        self._is_there = False

    def lose(self):
        """Let the link go."""
        self._is_there = False
        self.on_lost()

    def _tend(self, sender):
        if self._is_there and sender is self._sender and sender.tend():
            asyncio.get_running_loop().call_soon(self._tend, sender)

    def _send(self, message):
        data = self.spoil(self.messages, bytes(message))
        self.messages += 1
        if data is None:
            self.lose()
            return False
        if data and self._is_there:
            self.on_log(data)
        return True
