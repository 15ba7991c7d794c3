"""MicroPython's built-in `bluetooth` for the virtual board: peripheral role, same calls and IRQs.

The radio and its GATT database live in the host process; the attribute values live here, as they
do in the real module, so that a read in an IRQ sees the value that caused it. Handlers run from
`Board.wait`, never in the middle of other code.
"""

import os
import struct
import sys
from binascii import unhexlify

from bluetooth_uuid import UUID  # noqa: F401 - `bluetooth.UUID`
from hostlink import IRQ_GET_SECRET, IRQ_SET_SECRET, hostlink

FLAG_BROADCAST = 0x0001
FLAG_READ = 0x0002
FLAG_WRITE_NO_RESPONSE = 0x0004
FLAG_WRITE = 0x0008
FLAG_NOTIFY = 0x0010
FLAG_INDICATE = 0x0020
FLAG_AUTHENTICATED_SIGNED_WRITE = 0x0040
FLAG_AUX_WRITE = 0x0100
FLAG_READ_ENCRYPTED = 0x0200
FLAG_READ_AUTHENTICATED = 0x0400
FLAG_READ_AUTHORIZED = 0x0800
FLAG_WRITE_ENCRYPTED = 0x1000
FLAG_WRITE_AUTHENTICATED = 0x2000
FLAG_WRITE_AUTHORIZED = 0x4000

_ACTIVE, _CONFIG, _ADVERTISE, _REGISTER, _DISCONNECT, _PAIR = 1, 2, 3, 4, 5, 6
_UNPAIR, _PASSKEY, _INDICATE, _UPDATE = 7, 8, 9, 10

_IRQ_CENTRAL_CONNECT, _IRQ_CENTRAL_DISCONNECT, _IRQ_GATTS_WRITE = 1, 2, 3
_IRQ_GATTS_READ_REQUEST = 4
# Layouts of the events that are plain numbers.
_LAYOUTS = {20: "<HHB", 21: "<HH", 27: "<HHHHB", 28: "<HBBBB", 31: "<HBI"}

_ENODEV, _EINVAL, _ENOTCONN = 19, 22, 107
_UNKNOWN_HCI_COMMAND = -513  # as NimBLE's code comes through: the controller cannot do it
_SECRET_OUR_IDENTITY, _RESOLVABLE = 10, 2
_DEFAULT_VALUE_BYTES = 20  # MP_BLUETOOTH_DEFAULT_ATTR_LEN
_ADVERTISING_BYTES = 31


class _Attribute:
    def __init__(self):
        self.value = b""
        self.size = _DEFAULT_VALUE_BYTES
        self.is_queue = False

    def store(self, data):
        # The real stack cuts silently, too.
        if self.is_queue:
            data = self.value + data
        self.value = bytes(data[: self.size])


def _sized(data):
    return bytes([len(data)]) + bytes(data)


def _flatten(services):
    """The services as bytes: counts, UUIDs, flags, in the order the handles come back."""
    out = bytearray([len(services)])
    for uuid, characteristics in services:
        out += _sized(uuid) + bytes([len(characteristics)])
        for characteristic in characteristics:
            descriptors = characteristic[2] if len(characteristic) > 2 else ()
            out += _sized(characteristic[0]) + struct.pack("<H", characteristic[1])
            out += bytes([len(descriptors)])
            for descriptor in descriptors:
                out += _sized(descriptor[0]) + struct.pack("<H", descriptor[1])
    return bytes(out)


class BLE:
    _instance = None

    def __new__(cls):
        if cls._instance is None:
            cls._instance = object.__new__(cls)
            cls._instance._start()
        return cls._instance

    def _start(self):
        self._link = hostlink()
        self._link.on_event = self._on_event
        self._link.on_arrival = self._on_arrival
        self._is_active = False
        self._handler = None
        self._attributes = {}
        self._connections = set()
        self._advertising, self._response = b"", b""
        self._settings = {"mtu": 256, "gap_name": b"MPY", "rxbuf": 256, "addr_mode": 0}
        self._settings.update({"bond": False, "mitm": False, "io": 3, "le_secure": False})
        # The air itself knows no private addresses; this is how a controller without them answers.
        self._knows_private = not os.getenv("TRUNKLINE_SIM_NO_PRIVACY")

    # Radio

    def active(self, is_on=None):
        if is_on is None or bool(is_on) == self._is_active:
            return self._is_active
        self._is_active = bool(is_on)
        self._link.call(_ACTIVE, bytes([self._is_active]))
        self._link.note("radio", self._is_active)
        if self._is_active:
            self._load_identity()
            self._configure()
        else:
            self._settings["addr_mode"] = 0
            self._attributes = {}
            self._connections.clear()
        return self._is_active

    def _load_identity(self):
        """As NimBLE's binding: the key for private addresses is asked for, or made and told."""
        if self._interrupt(IRQ_GET_SECRET, (_SECRET_OUR_IDENTITY, 0, b"irk")) is None:
            secret = (_SECRET_OUR_IDENTITY, b"irk", os.urandom(16))
            self._interrupt(IRQ_SET_SECRET, secret)

    def _call(self, operation, arguments=b""):
        if not self._is_active:
            raise OSError(_ENODEV)
        return self._link.call(operation, arguments)

    def _configure(self):
        s = self._settings
        flags = bytes([bool(s["bond"]), bool(s["mitm"]), s["io"], bool(s["le_secure"])])
        self._call(_CONFIG, struct.pack("<H", s["mtu"]) + flags + s["gap_name"])

    def config(self, *names, **values):
        if names:
            if names[0] == "mac":
                address = os.getenv("TRUNKLINE_SIM_ADDRESS") or "C0:DE:00:00:00:00"
                return (1, unhexlify(address.replace(":", "")))
            if names[0] not in self._settings:
                raise ValueError("unknown config param")
            return self._settings[names[0]]
        for name, value in values.items():
            if name not in self._settings:
                raise ValueError("unknown config param")
            if name == "gap_name":
                value = value.encode() if isinstance(value, str) else bytes(value)
            self._settings[name] = value
        if self._is_active:
            self._configure()

    def irq(self, handler):
        self._handler = handler

    def gap_advertise(self, interval_us, adv_data=None, *, resp_data=None, connectable=True):
        if interval_us is None:
            self._call(_ADVERTISE, struct.pack("<IB", 0, 0))
            return
        if adv_data is not None:
            self._advertising = bytes(adv_data)
        if resp_data is not None:
            self._response = bytes(resp_data)
        if max(len(self._advertising), len(self._response)) > _ADVERTISING_BYTES:
            raise OSError(_EINVAL)
        if self._settings["addr_mode"] == _RESOLVABLE and not self._knows_private:
            raise OSError(_UNKNOWN_HCI_COMMAND)
        head = struct.pack("<IB", interval_us, bool(connectable))
        self._call(_ADVERTISE, head + _sized(self._advertising) + self._response)

    def gap_disconnect(self, conn_handle):
        return bool(self._call(_DISCONNECT, struct.pack("<H", conn_handle))[0])

    def gap_pair(self, conn_handle):
        self._call(_PAIR, struct.pack("<H", conn_handle))

    def gap_unpair(self, key):
        return bool(self._call(_UNPAIR, bytes(key))[0])

    def gap_passkey(self, conn_handle, action, passkey):
        self._call(_PASSKEY, struct.pack("<HBI", conn_handle, action, passkey))

    # GATT server

    def gatts_register_services(self, services):
        answer = self._call(_REGISTER, _flatten(services))
        handles = list(struct.unpack("<%dH" % (len(answer) // 2), answer))
        self._attributes = {handle: _Attribute() for handle in handles}
        result = []
        for _, characteristics in services:
            count = sum(1 + (len(c[2]) if len(c) > 2 else 0) for c in characteristics)
            result.append(tuple(handles[:count]))
            handles = handles[count:]
        return tuple(result)

    def _attribute(self, handle):
        if not self._is_active:
            raise OSError(_ENODEV)
        attribute = self._attributes.get(handle)
        if attribute is None:
            raise OSError(_EINVAL)
        return attribute

    def gatts_read(self, value_handle):
        attribute = self._attribute(value_handle)
        value = attribute.value
        if attribute.is_queue:
            attribute.value = b""
        return value

    def gatts_write(self, value_handle, data, send_update=False):
        attribute = self._attribute(value_handle)
        attribute.value = data.encode() if isinstance(data, str) else bytes(data)
        attribute.size = max(attribute.size, len(attribute.value))
        if send_update:
            self._call(_UPDATE, struct.pack("<H", value_handle) + attribute.value)
        return len(attribute.value)

    def gatts_set_buffer(self, value_handle, size, append=False):
        attribute = self._attribute(value_handle)
        attribute.size = size
        attribute.is_queue = append

    def gatts_notify(self, conn_handle, value_handle, data=None):
        """As on the real stack: looks neither at the subscription nor at encryption."""
        attribute = self._attribute(value_handle)
        if conn_handle not in self._connections:
            raise OSError(_ENOTCONN)
        self._link.notify(conn_handle, value_handle, attribute.value if data is None else data)

    def gatts_indicate(self, conn_handle, value_handle, data=None):
        attribute = self._attribute(value_handle)
        value = attribute.value if data is None else bytes(data)
        self._call(_INDICATE, struct.pack("<HH", conn_handle, value_handle) + value)

    # Events

    def _on_arrival(self, irq, payload):
        """Keep the list of connections as the stack has it, ahead of the IRQs."""
        if irq == _IRQ_CENTRAL_CONNECT:
            self._connections.add(payload[0] | payload[1] << 8)
        elif irq == _IRQ_CENTRAL_DISCONNECT:
            self._connections.discard(payload[0] | payload[1] << 8)

    def _on_event(self, irq, payload):
        if not self._is_active:
            return b"\0" if irq in (_IRQ_GATTS_READ_REQUEST, IRQ_SET_SECRET) else b""
        if irq == _IRQ_GATTS_READ_REQUEST:
            data = struct.unpack("<HH", payload)
            refusal = self._interrupt(irq, data) or 0
            attribute = self._attributes.get(data[1])
            return bytes([refusal]) + (attribute.value if attribute else b"")
        if irq == _IRQ_GATTS_WRITE:
            data = struct.unpack("<HH", payload[:4])
            self._attributes[data[1]].store(payload[4:])
            self._interrupt(irq, data)
            return b""
        if irq == IRQ_GET_SECRET:
            key = bytes(payload[2:])
            return self._interrupt(irq, (payload[0], payload[1], key or None)) or b""
        if irq == IRQ_SET_SECRET:
            end = 3 + payload[1]
            value = bytes(payload[end:]) if payload[2] else None
            return bytes([bool(self._interrupt(irq, (payload[0], bytes(payload[3:end]), value)))])
        if irq in _LAYOUTS:
            self._interrupt(irq, struct.unpack(_LAYOUTS[irq], payload))
        else:
            connection, address_type = struct.unpack("<HB", payload[:3])
            self._interrupt(irq, (connection, address_type, payload[3:]))
        return b""

    def _interrupt(self, irq, data):
        if self._handler is None:
            return None
        try:
            return self._handler(irq, data)
        except Exception as error:
            sys.print_exception(error)  # the real module prints it and goes on
            return None
