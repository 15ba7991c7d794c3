"""What the radio offers: three services, every characteristic encrypted and authenticated.

Device Information and Battery are there for hosts that know nothing of us. Ours moves frames:
blocks, settings and time are frames too, so a cable and a file carry them as well.
"""

import bluetooth

from posturecore import frames, wire

# FLAG_READ_ENCRYPTED and so on, which `bluetooth` does not name.
_READ = bluetooth.FLAG_READ | 0x0200 | 0x0400
_WRITE = bluetooth.FLAG_WRITE | 0x1000 | 0x2000
_WRITE_FAST = bluetooth.FLAG_WRITE_NO_RESPONSE | 0x1000 | 0x2000
_NOTIFY = bluetooth.FLAG_NOTIFY | _READ  # readable, so that a host may provoke pairing

# Bluetooth SIG assigned numbers.
_DEVICE_INFORMATION, _BATTERY = 0x180A, 0x180F
_MANUFACTURER, _MODEL, _SERIAL, _FIRMWARE, _LEVEL = 0x2A29, 0x2A24, 0x2A25, 0x2A26, 0x2A19

_FRAME_BYTES = wire.MAX_PAYLOAD + wire.OVERHEAD


def _service(uuid, characteristics):
    table = [(bluetooth.UUID(name), flags) for name, flags in characteristics]
    return bluetooth.UUID(uuid), tuple(table)


class Services:
    """Attribute handles of one registration; they end with the radio's."""

    def __init__(self, radio, about):
        """`about`: manufacturer, model, serial number and firmware revision."""
        information = ((_MANUFACTURER, _READ), (_MODEL, _READ))
        information += ((_SERIAL, _READ), (_FIRMWARE, _READ))
        ours = (
            (frames.STREAM_UUID, _NOTIFY),
            (frames.CONTROL_UUID, _WRITE),
            (frames.LOG_UUID, _NOTIFY),
            (frames.UPDATE_UUID, _WRITE_FAST),
        )
        texts, level, ours = radio.gatts_register_services(
            (
                _service(_DEVICE_INFORMATION, information),
                _service(_BATTERY, ((_LEVEL, _NOTIFY),)),
                _service(frames.SERVICE_UUID, ours),
            )
        )
        for handle, text in zip(texts, about):
            radio.gatts_write(handle, text)
        self.battery = level[0]
        self.stream, self.control, self.log, self.update = ours
        # What is longer than its buffer is cut in silence; the buffer begins with 20 bytes.
        radio.gatts_set_buffer(self.control, _FRAME_BYTES)
        radio.gatts_set_buffer(self.update, _FRAME_BYTES)
