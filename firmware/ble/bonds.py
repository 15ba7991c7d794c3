"""The keys of bonded hosts, as the radio stack hands them over; kept in flash.

Four hosts at most: the one that paired first is forgotten first. The stack asks from its IRQ, so
what it changes stays in memory until `save`, or is undone by `restore`: a stranger who claims to
be a bonded host makes the stack delete that host's keys.
"""

from binascii import hexlify, unhexlify

_FILE = "bonds.json"
_MOST_HOSTS = 4
_OURS, _PEERS = 1, 2  # kinds of keys; a host has one of each, under its address
_LOST = [0, "00", "00"]  # stands for hosts that could not be read: such a device is not new
_IDENTITY = 10  # the radio's own, made and stored at its first start


class Bonds:
    """Answers the stack's requests to get and set secrets."""

    def __init__(self, storage):
        self._storage = storage
        rows = storage.load(_FILE, None) if storage.has(_FILE) else []
        # [kind, key, value], the last two in hex, in the order they came
        kept = [row for row in rows if _is_secret(row)] if isinstance(rows, list) else []
        if kept != rows:
            storage.damaged += 1
            kept.insert(0, _LOST)
        self._kept = kept
        self.restore()

    def __len__(self):
        return len(self._hosts())

    def get(self, kind, index, key):
        """Return a secret by key, or the index-th of its kind when key is None."""
        if key is None:
            values = [row[2] for row in self._secrets if row[0] == kind]
            return unhexlify(values[index]) if index < len(values) else None
        at = self._find(kind, key)
        return None if at is None else unhexlify(self._secrets[at][2])

    def set(self, kind, key, value, may_bond):
        """Keep a secret, or forget it when value is None; return whether that was done.

        A host's keys are taken when it `may_bond`; the radio's identity always.
        """
        if value is not None and not may_bond and kind != _IDENTITY:
            return False  # paired without the passkey
        at = self._find(kind, key)
        if value is None and at is None:
            return False
        if at is not None:
            del self._secrets[at]
        if value is not None:
            self._secrets.append([kind, _text(key), _text(value)])
            self._forget_first()
            self.is_saved = False
        return True

    def save(self):
        """Write what is new to flash; return whether it is there, else it is undone."""
        rows = list(self._secrets)  # an IRQ may change them meanwhile
        self.is_saved = True
        try:
            self._storage.save(_FILE, rows)
        except OSError:
            self.restore()
            return False
        self._kept = rows
        return True

    def restore(self):
        """Go back to what is in flash."""
        self._secrets = list(self._kept)
        self.is_saved = True

    def forget(self):
        """Forget all hosts, and who we were to them; return whether flash took it."""
        self._secrets = []
        return self.save()

    def _hosts(self):
        hosts = []
        for kind, key, _ in self._secrets:
            if kind != _IDENTITY and key not in hosts:
                hosts.append(key)
        return hosts

    def _forget_first(self):
        hosts = self._hosts()
        if len(hosts) > _MOST_HOSTS:
            self._secrets = [row for row in self._secrets if row[1] != hosts[0]]

    def _find(self, kind, key):
        wanted = [kind, _text(key)]
        for at, row in enumerate(self._secrets):
            if row[:2] == wanted:
                return at
        return None


def _is_secret(row):
    try:
        kind, key, value = row
        return isinstance(kind, int) and bool(unhexlify(key) and unhexlify(value))
    except (TypeError, ValueError):
        return False


def _text(data):
    return hexlify(bytes(data)).decode()
