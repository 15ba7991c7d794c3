"""A radio for the link's tests: a stack's state, which can be put where a real one's rarely is."""

STREAM, CONTROL, LOG, UPDATE, BATTERY = "stream", "control", "log", "update", "battery"
# Places of the characteristics in the order they are registered.
_PLACES = {BATTERY: 4, STREAM: 5, CONTROL: 6, LOG: 7, UPDATE: 8}
_FIRST_HANDLE = 11
_NO_ROOM, _NO_LINK, _BUSY, _UNKNOWN_HCI_COMMAND = 12, 107, 16, -513


class Radio:
    """What the `bluetooth` module has: a database, one advertiser, links that come and go."""

    def __init__(self):
        self.settings = {}
        self.advertised = []
        self.is_busy = False
        self.knows_private = True
        self.is_active = False
        self.links = set()
        self.room = 1000  # notifications that the stack still takes
        self.notified = []
        self.logged = []
        self.levels = []  # of the battery, as notified
        self.passkeys = []
        self.ended = []
        self.values = {}
        self.sizes = {}

    def handle(self, name):
        return _FIRST_HANDLE + _PLACES[name]

    def irq(self, handler):
        self.raise_irq = handler

    def active(self, is_on):
        self.is_active = is_on
        self.links.clear()
        if is_on and self.raise_irq(29, (10, 0, b"irk")) is None:
            self.raise_irq(30, (10, b"irk", bytes(range(16))))

    def config(self, **values):
        assert self.is_active
        self.settings.update(values)

    def gatts_register_services(self, services):
        assert self.is_active
        self.services = services
        handles, at = [], _FIRST_HANDLE
        for _, characteristics in services:
            handles.append(tuple(range(at, at + len(characteristics))))
            at += len(characteristics)
        self.values = {handle: b"" for some in handles for handle in some}
        self.sizes = dict.fromkeys(self.values, 20)
        return tuple(handles)

    def gatts_set_buffer(self, handle, size):
        self.sizes[handle] = size

    def gatts_read(self, handle):
        return self.values[handle]

    def gatts_write(self, handle, value):
        assert self.is_active
        self.values[handle] = value.encode() if isinstance(value, str) else bytes(value)

    def gatts_notify(self, connection, handle, data=None):
        if connection not in self.links:
            raise OSError(_NO_LINK, "no such link")
        if not self.room:
            raise OSError(_NO_ROOM, "no buffers")
        self.room -= 1
        names = {self.handle(name): name for name in _PLACES}
        into = {STREAM: self.notified, LOG: self.logged, BATTERY: self.levels}[names[handle]]
        into.append(bytes(self.values[handle] if data is None else data))

    def gap_advertise(self, interval_us, data, *, resp_data):
        assert self.is_active
        if self.is_busy:
            raise OSError(_BUSY, "busy")
        if self.settings["addr_mode"] == 2 and not self.knows_private:
            raise OSError(_UNKNOWN_HCI_COMMAND, "no private addresses")
        self.advertised.append((bytes(data), bytes(resp_data)))

    def gap_passkey(self, connection, action, passkey):
        self.passkeys.append(passkey)

    def gap_disconnect(self, connection):
        self.ended.append(connection)
        return True

    # What happens to it

    def connect(self, connection):
        self.links.add(connection)
        self.raise_irq(1, (connection, 1, b"peer"))

    def disconnect(self, connection):
        self.links.discard(connection)
        self.raise_irq(2, (connection, 1, b"peer"))

    def secure(self, connection, encrypted=1, authenticated=1):
        self.raise_irq(28, (connection, encrypted, authenticated, 1, 16))

    def write(self, connection, data, name=CONTROL):
        """Write as a stack does that lets everybody in: its own gate is not tested here."""
        handle = self.handle(name)
        self.values[handle] = data[: self.sizes[handle]]
        self.raise_irq(3, (connection, handle))
