"""The keys of bonded hosts, as the radio stack hands them over; kept in flash.

Who may change what is in flash is the link's decision: a stranger who claims to be a bonded host
makes the stack forget that host's keys, and `restore` brings them back.
"""

from binascii import hexlify, unhexlify

_FILE = "bonds.json"
_MOST = 16  # secrets, two a host: the host that paired first is forgotten first


class Bonds:
    """Answers the stack's requests to get and set secrets."""

    def __init__(self, storage):
        self._storage = storage
        self.restore()

    def __len__(self):
        return len(self._secrets)

    def get(self, kind, index, key):
        """Return a secret by key, or the index-th of its kind when key is None."""
        if key is None:
            values = [row[2] for row in self._secrets if row[0] == kind]
            return unhexlify(values[index]) if index < len(values) else None
        at = self._find(kind, key)
        return None if at is None else unhexlify(self._secrets[at][2])

    def restore(self):
        """Go back to what is in flash."""
        rows = self._storage.load(_FILE, [])
        # [kind, key, value], the last two in hex, in the order they came
        self._secrets = [row for row in rows if _is_secret(row)] if isinstance(rows, list) else []
        self.is_saved = True

    def set(self, kind, key, value, is_lasting=True):
        """Keep a secret, or forget it when value is None; return whether that was done.

        What is not lasting is undone by `restore`.
        """
        at = self._find(kind, key)
        if value is None and at is None:
            return False
        if at is not None:
            del self._secrets[at]
        if value is not None:
            self._secrets.append([kind, _text(key), _text(value)])
            del self._secrets[:-_MOST]
        self.is_saved = is_lasting
        if is_lasting:
            self._storage.save(_FILE, self._secrets)
        return True

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
