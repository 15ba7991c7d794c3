"""The virtual bus: machine.I2C's register calls, and what goes wrong on a bus.

A NAK is OSError(ENODEV) and a data line held low OSError(ETIMEDOUT), as on the ESP32.
"""

_ENODEV, _ETIMEDOUT = 19, 110
_CLOCKS = 9  # a chip lets go after at most eight bits and an acknowledge


class I2c:
    def __init__(self, devices):
        self._devices = devices
        self.naks = 0  # so many transfers will fail
        self.held_clocks = 0  # a chip holds the data line until it has seen so many clocks
        self.is_empty = False  # nothing is connected
        self.broken = None  # runs in place of the next transfers

    def _device(self, address):
        if self.broken is not None:
            self.broken()
        if self.held_clocks > 0:
            raise OSError(_ETIMEDOUT)
        if self.naks:
            self.naks -= 1
            raise OSError(_ENODEV)
        if self.is_empty or address not in self._devices:
            raise OSError(_ENODEV)
        return self._devices[address]

    def readfrom_mem_into(self, address, register, buffer):
        self._device(address).read(register, buffer)

    def writeto_mem(self, address, register, buffer):
        self._device(address).write(register, buffer)

    def free(self):
        """Nine clocks from the board."""
        self.held_clocks = max(0, self.held_clocks - _CLOCKS)
