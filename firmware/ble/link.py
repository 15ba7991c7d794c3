"""The BLE peripheral: one service, two characteristics, frames in and out; no posture in it.

Both characteristics need an encrypted link that a passkey has authenticated. The stack does not
gate notifications, so `send` asks `is_open` first. Pairing is possible only while the window is
open; elsewhere the passkey is withheld and the peer dropped, and no key of a stranger is kept.

IRQs run on the radio's own task, between any two steps of the loop: what they change is read once.
"""

import bluetooth

from ble.advertising import advertisement, scan_response
from posturecore import frames, wire

_CENTRAL_CONNECT, _CENTRAL_DISCONNECT, _GATTS_WRITE = 1, 2, 3
_MTU_EXCHANGED, _ENCRYPTION_UPDATE = 21, 28
_GET_SECRET, _SET_SECRET, _PASSKEY_ACTION = 29, 30, 31
_PASSKEY_DISPLAY = 3
_IO_DISPLAY_ONLY = 0

# FLAG_READ_ENCRYPTED and so on, which `bluetooth` does not name.
_READ_SECURE = 0x0200 | 0x0400
_WRITE_SECURE = 0x1000 | 0x2000
_STREAM = (
    bluetooth.UUID(frames.STREAM_UUID),
    bluetooth.FLAG_READ | bluetooth.FLAG_NOTIFY | _READ_SECURE,
)
_CONTROL = (
    bluetooth.UUID(frames.CONTROL_UUID),
    bluetooth.FLAG_WRITE | _WRITE_SECURE,
)

_MTU = 247
_ADVERTISE_US = 250000
_MAX_WAITING = 16  # frames from the host; a peer that floods loses its own
_WINDOW_MS = 60000
_TRIES = 3  # each wrong passkey tells the peer a bit of the right one
_REFRESH_MS = 60000  # the advertised battery level
_RETRY_MS = 1000


class Link:
    """Owns the radio. `clock` gives ticks_ms and ticks_diff; `battery_pct` is told to all."""

    def __init__(self, radio, clock, bonds, name, passkey, battery_pct):
        self.is_open = False  # connected, encrypted and authenticated
        self.links = 0  # so many hosts have connected
        self.dropped = 0
        self.bad = 0
        self.unknown = 0
        self._radio = radio
        self._clock = clock
        self._bonds = bonds
        self._name = name
        self._passkey = passkey
        self._battery_pct = battery_pct
        self._connection = None
        self._mtu = 23
        self._sequence = 0
        self._waiting = []
        self._window_from_ms = None
        self._tries = 0
        self._may_bond = False
        self._is_advertising = False
        self._tried_ms = clock.ticks_ms()

    def start(self):
        """Switch the radio on and advertise."""
        self._radio.irq(self._irq)
        self._radio.active(True)
        self._radio.config(
            gap_name=self._name,
            mtu=_MTU,
            bond=True,
            le_secure=True,
            mitm=True,
            io=_IO_DISPLAY_ONLY,
        )
        service = (bluetooth.UUID(frames.SERVICE_UUID), (_STREAM, _CONTROL))
        ((self._stream, self._control),) = self._radio.gatts_register_services((service,))
        self._radio.gatts_set_buffer(self._control, wire.MAX_PAYLOAD + wire.OVERHEAD)
        self._advertise()

    def open_window(self):
        """Let a new host pair during the next minute."""
        self._tries = _TRIES
        self._window_from_ms = self._clock.ticks_ms()

    def tend(self):
        """Do what time asks for: call it at least every few seconds."""
        if not self._is_window_open():
            self._window_from_ms = None  # else the wrapping clock would open it again
        if self._connection is None:
            self._advertise_when_due()

    def receive(self):
        """Return the next frame the host wrote, as bytes, or None."""
        try:
            return self._waiting.pop(0)
        except IndexError:
            return None

    def send(self, frame, values, items=()):
        """Send one frame to an open link; nobody there is no loss."""
        if self.is_open:
            self._notify(wire.pack_frame(frame, self._take_sequence(), values, items))

    def send_samples(self, writer, first, motor_blocks):
        """Close a samples frame and send it from its own buffer."""
        length = writer.finish(first, motor_blocks, self._take_sequence())
        if self.is_open:
            self._notify(memoryview(writer.buffer)[:length])

    def _take_sequence(self):
        sequence, self._sequence = self._sequence, (self._sequence + 1) & 0xFFFF
        return sequence

    def _notify(self, data):
        connection = self._connection
        if connection is None:  # the peer has just gone
            return
        if len(data) > self._mtu - 3:
            self.dropped += 1
            return
        try:
            self._radio.gatts_notify(connection, self._stream, data)
        except OSError:  # no buffers left, or the peer has just gone
            self.dropped += 1

    def _advertise_when_due(self):
        wait_ms = _REFRESH_MS if self._is_advertising else _RETRY_MS
        if self._clock.ticks_diff(self._clock.ticks_ms(), self._tried_ms) >= wait_ms:
            self._advertise()

    def _advertise(self):
        self._tried_ms = self._clock.ticks_ms()
        try:
            self._radio.gap_advertise(
                _ADVERTISE_US,
                advertisement(frames.SERVICE_UUID, self._battery_pct()),
                resp_data=scan_response(self._name),
            )
            self._is_advertising = True
        except OSError:  # the radio is busy: `tend` tries again
            self._is_advertising = False

    def _is_window_open(self):
        if self._window_from_ms is None:
            return False
        open_ms = self._clock.ticks_diff(self._clock.ticks_ms(), self._window_from_ms)
        return 0 <= open_ms < _WINDOW_MS

    def _irq(self, event, data):
        if event == _GET_SECRET:
            return self._bonds.get(*data)
        if event == _SET_SECRET:
            return self._set_secret(*data)
        if event == _CENTRAL_CONNECT:
            self._connected(data[0])
        elif data[0] == self._connection:
            self._happened(event, data)
        return None

    def _happened(self, event, data):
        if event == _CENTRAL_DISCONNECT:
            self._close()
        elif event == _GATTS_WRITE:
            self._written(data[1])
        elif event == _MTU_EXCHANGED:
            self._mtu = data[1]
        elif event == _ENCRYPTION_UPDATE:
            _, encrypted, authenticated, _, _ = data
            self.is_open = bool(encrypted and authenticated)
        elif event == _PASSKEY_ACTION:
            self._passkey_wanted(data[0], data[1])

    def _connected(self, connection):
        if self._connection is not None:  # one host at a time: a second would share its link
            self._radio.gap_disconnect(connection)
            return
        self._connection = connection
        self._sequence = 0
        self.links += 1

    def _close(self):
        self._connection = None
        self.is_open = self._may_bond = False
        self._mtu = 23
        self._waiting.clear()
        if not self._bonds.is_saved:
            self._bonds.restore()
        self._advertise()

    def _set_secret(self, kind, key, value):
        if value is not None and not self._may_bond:
            return False  # paired without the passkey
        return self._bonds.set(kind, key, value, self._may_bond or self._is_window_open())

    def _written(self, handle):
        if handle != self._control or not self.is_open:
            return
        if len(self._waiting) < _MAX_WAITING:
            self._waiting.append(self._radio.gatts_read(handle))
        else:
            self.bad += 1

    def _passkey_wanted(self, connection, action):
        if action == _PASSKEY_DISPLAY and self._tries and self._is_window_open():
            self._tries -= 1
            self._may_bond = True
            self._radio.gap_passkey(connection, action, self._passkey)
        else:
            self._radio.gap_disconnect(connection)
