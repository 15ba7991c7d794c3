"""Bringing a database of an older schema version to this one, column by column.

1 to 2: episodes say their context, mean rate, twist, drop, style and confidence; sessions count
the time on the charger and without a link. What was not recorded then stays unknown.
2 to 3: cues say whether the wearer marked them as wrong.
3 to 4: there is a place for the records of devices, and for what they say is missing.
"""

from sqlalchemy import Connection, inspect

from trunkline.store.tables import Base

_ADDED = (
    ("episode", "context", "TEXT NOT NULL DEFAULT 'unknown'"),
    ("episode", "mean_rate_deg_s", "DOUBLE PRECISION NOT NULL DEFAULT 0"),
    ("episode", "twist_deg", "DOUBLE PRECISION"),
    ("episode", "drop_m", "DOUBLE PRECISION"),
    ("episode", "style", "TEXT NOT NULL DEFAULT 'unknown'"),
    ("episode", "confidence_pct", "BIGINT NOT NULL DEFAULT 0"),
    ("session", "charging_s", "DOUBLE PRECISION NOT NULL DEFAULT 0"),
    ("session", "link_lost_s", "DOUBLE PRECISION NOT NULL DEFAULT 0"),
    ("cue", "is_wrong", "BOOLEAN NOT NULL DEFAULT FALSE"),
)


def upgrade(connection: Connection) -> None:
    """Add the columns and tables that are missing, inside the caller's transaction."""
    for table, column, kind in _ADDED:
        if column not in {found["name"] for found in inspect(connection).get_columns(table)}:
            # Every word here is a constant of this file.
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")
    Base.metadata.create_all(connection)
