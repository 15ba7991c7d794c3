"""Who the device is and how it is: hello and status, in the application and in safe mode."""

from battery import percent
from posturecore import frames
from posturecore.scales import SAMPLES_PER_BLOCK
from version import FIRMWARE

_MOST = 65535


class About:
    """Answers hello and status. What only the application knows is set by it; else it is zero."""

    def __init__(self, board, hosts, uptime, faults, boot_id, mode):
        self.rate_mhz = 60000  # of the sensor, or what it should have
        self.decider = self.sampler = self.power = None
        self._board = board
        self._hosts = hosts
        self._uptime = uptime
        self._faults = faults
        self.boot_id = boot_id
        self._mode = mode
        self.handlers = {}
        self.requests = {frames.HELLO: self._hello, frames.STATUS: self._status}

    @property
    def prescription(self):
        """Return the hash of the prescription in force; 0 in safe mode."""
        return self.decider.prescription if self.decider else 0

    def percent(self):
        """Return the battery's state of charge."""
        return percent(self._board.battery_mv())

    def _hello(self):
        device_id = (self._board.unique_id + bytes(8))[:8]
        rates = (SAMPLES_PER_BLOCK, self.rate_mhz, self.boot_id)
        values = (frames.VERSION,) + FIRMWARE + rates + (self.prescription, device_id, self._mode)
        self._hosts.answer(frames.HELLO, values)
        self._faults.tell_all()

    def _status(self):
        self._hosts.answer(frames.STATUS, self.status())

    def status(self):
        """Return the values of a status frame."""
        decider, sampler = self.decider, self.sampler
        samples = (sampler.index, sampler.lost) if sampler else (0, 0)
        wear = (int(decider.is_calibrated), decider.context) if decider else (0, 0)
        counts = (sampler.faults, sampler.overruns) if sampler else (0, 0)
        return (
            (self.boot_id, self._uptime.ms)
            + samples
            + (self._board.battery_mv(),)
            + wear
            + tuple([min(count, _MOST) for count in counts + self._hosts.counts()])
            + (self.power.state if self.power else 0, self._faults.last)
        )
