"""The BLE peripheral: owns the radio and moves frames; no posture in it.

Every characteristic needs an encrypted link that a passkey has authenticated. The stack does not
gate notifications, so `is_open` is asked before each. Pairing is possible only while the window is
open; elsewhere the passkey is withheld and the peer dropped, and no key of a stranger is kept.

IRQs run on the radio's own task, between any two steps of the loop: what they change is read once.
They write nothing to flash: a new bond is saved by `tend`, and the link opens after that.
"""

from ble.advertising import advertisement, scan_response
from ble.services import Services
from port import Port
from posturecore import frames

_CENTRAL_CONNECT, _CENTRAL_DISCONNECT, _GATTS_WRITE = 1, 2, 3
_MTU_EXCHANGED, _ENCRYPTION_UPDATE = 21, 28
_GET_SECRET, _SET_SECRET, _PASSKEY_ACTION = 29, 30, 31
_PASSKEY_DISPLAY = 3
_IO_DISPLAY_ONLY = 0
_PUBLIC, _RESOLVABLE = 0, 2  # addr_mode; README.md says why not 1

_MTU = 247
_ADVERTISE_US = 250000
_WINDOW_MS = 60000
_TRIES = 3  # each wrong passkey tells the peer a bit of the right one
_SECURE_WITHIN_MS = 20000  # a host that searches our services first takes seconds
_TYPE_WITHIN_MS = 60000  # somebody reads a passkey and types it
_REFRESH_MS = 60000  # the battery level
_RETRY_MS = 1000


class Link(Port):
    """The radio as a port. `clock` gives ticks_ms and ticks_diff; `battery_pct` is told to all.

    `about` is what Device Information says: manufacturer, model, serial number, firmware revision.
    """

    def __init__(self, radio, clock, bonds, name, passkey, battery_pct, about=("Trunkline",)):
        super().__init__()
        self.is_resting = False
        self._radio = radio
        self._clock = clock
        self._bonds = bonds
        self._name = name
        self._passkey = passkey
        self._battery_pct = battery_pct
        self._about = about
        self._level = battery_pct()
        self.strangers = 0  # came and went, or were sent away, and were never trusted
        self._connection = None
        self._is_secure = False  # encrypted and authenticated
        self._was_secure = False  # since it connected
        self._since_ms = 0  # it connected, or its passkey was shown
        self._mtu = 23
        self._window_from_ms = None
        self._tries = 0
        self._may_bond = False
        self._is_advertising = False
        self._tried_ms = clock.ticks_ms()

    @property
    def is_open(self):
        """Whether the host may be told things: nobody listens in, and its bond is in flash."""
        return self._is_secure and self._bonds.is_saved

    @property
    def is_busy(self):
        """Whether somebody is there: a host on its way, or a stranger."""
        return self._connection is not None

    def start(self):
        """Switch the radio on and advertise."""
        self._radio.irq(self._irq)
        self._radio.active(True)
        if not self._bonds.is_saved:  # the radio's new identity
            self._bonds.save()
        self._radio.config(
            gap_name=self._name,
            mtu=_MTU,
            bond=True,
            le_secure=True,
            mitm=True,
            io=_IO_DISPLAY_ONLY,
        )
        self._radio.config(addr_mode=_RESOLVABLE)
        self._services = Services(self._radio, self._about)
        self._radio.gatts_write(self._services.battery, bytes((self._level,)))
        self._advertise()

    def rest(self):
        """Switch the radio off; a link ends. Bonds stay."""
        if self.is_resting:
            return
        self._keep_bond()
        self.is_resting = True
        self._drop(self._connection)
        self._radio.active(False)
        self._gone()  # no IRQ comes from a radio that is off

    def wake(self):
        """Switch the radio on again; if it does not start, it goes on resting."""
        if not self.is_resting:
            return
        try:
            self.start()
            self.is_resting = False
        except OSError:
            pass

    def open_window(self):
        """Let one new host pair during the next minute."""
        self._tries = _TRIES
        self._window_from_ms = self._clock.ticks_ms()
        self.wake()

    def forget_hosts(self):
        """Erase every bond and the radio's identity; return whether flash took it."""
        self.rest()
        is_done = self._bonds.forget()
        self.wake()
        return is_done

    def set_battery(self, percent):
        """Tell the level to the host; strangers hear it with the next advertising."""
        if percent == self._level or self.is_resting:
            self._level = percent
            return
        self._level = percent
        handle, connection = self._services.battery, self._connection
        self._radio.gatts_write(handle, bytes((percent,)))
        if self.is_open and connection is not None:
            try:
                self._radio.gatts_notify(connection, handle)
            except OSError:  # it may still be read
                pass

    def tend(self):
        """Do what time asks for: call it at least every few seconds."""
        if not self._is_window_open():
            self._window_from_ms = None  # else the wrapping clock would open it again
        self._forget_gone()
        if self.is_resting:
            return
        self._keep_bond()
        self._refresh_when_due()
        if self._connection is not None and not self._is_secure:
            self._drop_when_late()
        if self.is_open:
            self._drain()

    def send_log(self, data):
        """Send stored frames of one notification; False: there is no room now, try again."""
        if len(self._outbox) or not self.is_open:
            return False
        return self._notify(self._services.log, data)

    # ---- out

    def _put(self, frame):
        if self._connection is not None and len(frame) > self._mtu - 3:
            self.dropped += 1
            return True
        return self._notify(self._services.stream, frame)

    def _notify(self, handle, data):
        connection = self._connection
        if connection is None or len(data) > self._mtu - 3:  # the peer has just gone, or is wrong
            return False
        try:
            self._radio.gatts_notify(connection, handle, data)
        except OSError:  # no buffers left, or the peer has just gone
            return False
        return True

    # ---- what time asks for

    def _keep_bond(self):
        """Save a bond that a passkey has made; without room in flash it is none."""
        if self._bonds.is_saved or not self._was_secure:
            return
        if self._bonds.save():
            self._window_from_ms = None  # one press lets one host in
        else:
            self._drop(self._connection)
        self._was_secure = self._is_secure

    def _drop_when_late(self):
        limit_ms = _TYPE_WITHIN_MS if self._may_bond else _SECURE_WITHIN_MS
        now_ms = self._clock.ticks_ms()
        if self._clock.ticks_diff(now_ms, self._since_ms) >= limit_ms:
            self._since_ms = now_ms
            self._drop(self._connection)

    def _refresh_when_due(self):
        is_busy = self._is_advertising or self._connection is not None
        wait_ms = _REFRESH_MS if is_busy else _RETRY_MS
        if self._clock.ticks_diff(self._clock.ticks_ms(), self._tried_ms) < wait_ms:
            return
        self._tried_ms = self._clock.ticks_ms()
        self.set_battery(self._battery_pct())
        if self._connection is None:
            self._advertise()

    def _advertise(self):
        self._tried_ms = self._clock.ticks_ms()
        try:
            self._advertise_once()
        except OSError as error:
            self._is_advertising = False  # busy: `tend` tries again
            if error.errno < 0:  # the controller's own code: it cannot do private addresses
                self._radio.config(addr_mode=_PUBLIC)

    def _advertise_once(self):
        self._radio.gap_advertise(
            _ADVERTISE_US,
            advertisement(frames.SERVICE_UUID, self._level),
            resp_data=scan_response(self._name),
        )
        self._is_advertising = True

    def _is_window_open(self):
        if self._window_from_ms is None:
            return False
        open_ms = self._clock.ticks_diff(self._clock.ticks_ms(), self._window_from_ms)
        return 0 <= open_ms < _WINDOW_MS

    # ---- IRQs: an exception would be printed and lost, so each leaves a whole state behind

    def _irq(self, event, data):
        if event == _GET_SECRET:
            return self._bonds.get(*data)
        if event == _SET_SECRET:
            return self._bonds.set(data[0], data[1], data[2], self._may_bond)
        if event == _CENTRAL_CONNECT:
            self._connected(data[0])
        elif data[0] == self._connection:
            self._happened(event, data)
        return None

    def _happened(self, event, data):
        if event == _CENTRAL_DISCONNECT:
            self._gone()
            if not self.is_resting:
                self._advertise()
        elif event == _GATTS_WRITE:
            self._written(data[1])
        elif event == _MTU_EXCHANGED:
            self._mtu = data[1]
        elif event == _ENCRYPTION_UPDATE:
            _, encrypted, authenticated, _, _ = data
            self._is_secure = bool(encrypted and authenticated)
            self._was_secure = self._was_secure or self._is_secure
        elif event == _PASSKEY_ACTION:
            self._passkey_wanted(data[0], data[1])

    def _connected(self, connection):
        if self._connection is not None:  # one host at a time: a second would share its link
            self.strangers += 1
            self._drop(connection)
            return
        self._since_ms = self._clock.ticks_ms()
        if self._bonds.is_saved:  # else `tend` has still to save the last host's
            self._was_secure = False
        self._connection = connection
        self._is_advertising = False  # the stack stops it
        self.links += 1

    def _gone(self):
        if self._connection is not None and not self._was_secure:
            self.strangers += 1
        self._connection = None
        self._is_secure = self._may_bond = False
        self._mtu = 23
        self._waiting.clear()
        if self._bonds.is_saved or not self._was_secure:
            self._bonds.restore()

    def _written(self, handle):
        if self._is_secure and handle in (self._services.control, self._services.update):
            self._take_in(self._radio.gatts_read(handle))

    def _passkey_wanted(self, connection, action):
        if action == _PASSKEY_DISPLAY and self._tries and self._is_window_open():
            self._tries -= 1
            self._may_bond = True
            self._since_ms = self._clock.ticks_ms()
            self._radio.gap_passkey(connection, action, self._passkey)
        else:
            self._drop(connection)

    def _drop(self, connection):
        try:
            if connection is not None:
                self._radio.gap_disconnect(connection)
        except OSError:  # it has gone by itself
            pass
