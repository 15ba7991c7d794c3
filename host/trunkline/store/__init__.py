"""The store: wearers, sessions, episodes, cues and wear in a database, and devices' records."""

from trunkline.store.device_logs import DeviceLog, Gap
from trunkline.store.saved import SavedSession
from trunkline.store.store import Store
from trunkline.store.tables import SCHEMA_VERSION

__all__ = ["SCHEMA_VERSION", "DeviceLog", "Gap", "SavedSession", "Store"]
