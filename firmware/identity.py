"""Who this device is: its name, its passkey, and the number of this boot."""

import os
from binascii import hexlify

_BOOT_FILE = "boot.json"
_PASSKEY_FILE = "passkey.json"


def name(unique_id):
    """Return the name strangers see: no person's name, four digits of the chip's id."""
    return "Trunkline " + hexlify(unique_id[-2:]).decode().upper()


def information(unique_id, board, firmware):
    """Return what Device Information says: manufacturer, model, serial number, firmware."""
    return ("Trunkline", board, hexlify(unique_id).decode(), "{}.{}".format(*firmware))


def next_boot_id(storage):
    """Count this boot and return its number; a boot is named by it for ever."""
    last = storage.load(_BOOT_FILE, 0)
    boot_id = (last + 1 if isinstance(last, int) else 1) & 0xFFFFFFFF
    _save(storage, _BOOT_FILE, boot_id)
    return boot_id


def passkey(storage):
    """Return the six-digit passkey set at flashing; make and keep one if there is none."""
    key = storage.load(_PASSKEY_FILE, 0)
    if not isinstance(key, int) or not 0 < key < 1000000:
        key = int.from_bytes(os.urandom(4), "little") % 999999 + 1
        _save(storage, _PASSKEY_FILE, key)
    return key


def _save(storage, name, document):
    try:
        storage.save(name, document)
    except OSError:  # no room in flash: a device that starts is worth more
        pass
