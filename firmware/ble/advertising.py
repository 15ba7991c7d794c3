"""What strangers may know: that this is a Trunkline, its name and its battery level."""

from binascii import unhexlify

_FLAGS, _UUIDS_128, _NAME, _SERVICE_DATA_16 = 0x01, 0x07, 0x09, 0x16
_GENERAL_LE_ONLY = b"\x06"
_BATTERY_SERVICE = b"\x0f\x18"  # 0x180F, little-endian


def _field(kind, value):
    return bytes((len(value) + 1, kind)) + value


def advertisement(service_uuid, battery_pct):
    """Return the 26 bytes of an advertising packet."""
    uuid = bytes(reversed(unhexlify(service_uuid.replace("-", ""))))
    return (
        _field(_FLAGS, _GENERAL_LE_ONLY)
        + _field(_UUIDS_128, uuid)
        + _field(_SERVICE_DATA_16, _BATTERY_SERVICE + bytes((battery_pct,)))
    )


def scan_response(name):
    """Return the packet that tells the name to who asks."""
    return _field(_NAME, name.encode()[:29])
