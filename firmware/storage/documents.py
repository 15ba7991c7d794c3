"""Small files that survive a power cut: written beside, then renamed over."""

import json
import os

_MISSING = 2  # ENOENT


class Storage:
    """JSON documents in one directory. A damaged or missing one reads as the default."""

    def __init__(self, root):
        self.damaged = 0
        self._root = root.rstrip("/") + "/"

    def has(self, name):
        """Tell whether there is such a document, readable or not."""
        try:
            os.stat(self._root + name)
        except OSError as error:
            return error.errno != _MISSING
        return True

    def load(self, name, default):
        """Return the document, or `default` when there is none that can be read."""
        try:
            with open(self._root + name) as file:
                return json.load(file)
        except OSError:
            return default
        except ValueError:
            self.damaged += 1
            return default

    def save(self, name, document):
        """Replace the document; after a power cut the old or the new one is there, never half."""
        path = self._root + name
        with open(path + ".new", "w") as file:
            json.dump(document, file)
        os.rename(path + ".new", path)
