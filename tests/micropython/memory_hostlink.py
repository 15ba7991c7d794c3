"""The virtual board's line to the host, for a VM without sockets: a host in the same program.

It answers the radio's calls, comes and goes as told, writes frames, and counts what it is sent.
"""

import struct

from posturecore import wire

_REGISTER, _DISCONNECT = 4, 5
_CONNECT, _GONE, _WRITE, _MTU, _ENCRYPTED = 1, 2, 3, 21, 28
CONNECTION = 7


class HostLink:
    def __init__(self):
        self.credits = 16
        self.on_arrival = self.on_event = self.on_control = None
        self.time_ms = self.on_restart = None
        self.frames = {}  # how many of each have come
        self.records = 0  # of the log
        self.size = 0
        self._events = []
        self._handles = 0
        self._sequence = 0

    def call(self, operation, arguments=b""):
        if operation == _REGISTER:
            count = _characteristics(arguments)
            self._handles = count
            return struct.pack(f"<{count}H", *range(1, count + 1))
        return b"\1"

    def notify(self, connection, handle, data):
        self.size += len(data)
        data = bytes(data)
        at = 0
        while at < len(data):
            code, length = wire.examine(data, at, len(data))
            if code != wire.OK:
                raise ValueError("Found a notification that is no frames.")
            frame = data[at + 1]
            self.frames[frame] = self.frames.get(frame, 0) + 1
            self.records += handle == self._handles - 1
            at += length

    def send(self, kind, body):
        pass

    def note(self, name, value):
        pass

    def wait_readable(self, timeout_ms):
        pass

    def receive(self):
        pass

    def dispatch(self):
        count = len(self._events)
        while self._events:
            irq, payload = self._events.pop(0)
            self.on_arrival(irq, payload)
            self.on_event(irq, payload)
        return count

    def connect(self):
        self._events.append((_CONNECT, struct.pack("<HB", CONNECTION, 0) + b"\1\2\3\4\5\6"))
        self._events.append((_MTU, struct.pack("<HH", CONNECTION, 247)))
        self._events.append((_ENCRYPTED, struct.pack("<HBBBB", CONNECTION, 1, 1, 1, 16)))

    def leave(self):
        self._events.append((_GONE, struct.pack("<HB", CONNECTION, 0) + b"\1\2\3\4\5\6"))

    def write(self, frame, values, items=()):
        """Write a frame to the control characteristic, two before the last."""
        self._sequence += 1
        data = wire.pack_frame(frame, self._sequence, values, items)
        handle = struct.pack("<HH", CONNECTION, self._handles - 2)
        self._events.append((_WRITE, handle + data))


def _characteristics(services):
    count, at = 0, 1
    for _ in range(services[0]):
        at += 1 + services[at]
        characteristics, at = services[at], at + 1
        count += characteristics
        for _ in range(characteristics):
            at += 1 + services[at] + 3
    return count


_link = HostLink()


def hostlink():
    return _link
