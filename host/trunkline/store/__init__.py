"""The store: wearers, sessions, episodes, cues and wear in a database."""

from trunkline.store.saved import SavedSession
from trunkline.store.store import Store
from trunkline.store.tables import SCHEMA_VERSION

__all__ = ["SCHEMA_VERSION", "SavedSession", "Store"]
