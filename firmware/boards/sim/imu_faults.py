"""What can be made to go wrong with the virtual sensor, by the names the host uses."""


class ImuFaults:
    def __init__(self, imu, i2c):
        self.stall_us = 0  # time that will pass without the firmware
        self._imu = imu
        self._i2c = i2c
        self._identity = imu.identity

    def inject(self, name, value):
        """Break something, or mend it; return whether the name is known."""
        if name == "nak":
            self._i2c.naks = value
        elif name == "stuck_bus":
            self._i2c.held_clocks = value
        elif name == "missing":
            self._set_missing(bool(value))
        elif name == "wrong_chip":
            self._imu.identity = value or self._identity
        elif name == "brown_out":
            self._imu.brown_out(value)
        elif name == "overrun":
            self.stall_us = value * 1000
        elif name == "self_test":
            self._imu.dead_axes = value
        else:
            return False
        return True

    def _set_missing(self, is_missing):
        self._i2c.is_empty = is_missing
        self._imu.brown_out()  # its supply went with it

    def take_stall_us(self):
        stall_us, self.stall_us = self.stall_us, 0
        return stall_us
