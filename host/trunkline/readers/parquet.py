"""Read a Parquet file: an exported recording as it was, any other table by its columns."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trunkline.errors import InputError
from trunkline.readers.described import check_description
from trunkline.readers.mapping import DATETIME, Roles, mapping_of
from trunkline.recordings.columns import KEY, from_columns
from trunkline.recordings.quality import Quality
from trunkline.recordings.recording import Recording

_SECOND = np.timedelta64(1, "s")

if TYPE_CHECKING:
    import pyarrow as pa


def read_parquet(path: Path, strict: bool, options: Mapping[str, Any]) -> Recording:
    """Read a Parquet file.

    Args:
        path: The file.
        strict: Refuse rows whose time does not go forward.
        options: For an exported recording those of `columns.OPTIONS`; for another table the
            fields of `CsvMapping`.

    Raises:
        InputError: Not whole, or columns or units that cannot be told.
    """
    table = _table(path)
    description = _description(table, path.name)
    if description is not None:
        said = description.get("columns")
        ours = [name for name in table.column_names if isinstance(said, dict) and name in said]
        columns = {name: _numbers(table, name, path.name) for name in ours}
        return from_columns(columns, description, options, file=path.name)
    mapping = mapping_of(path.name, options)
    if mapping.profile is not None:
        raise InputError(
            found=f"a profile for {path.name!r}",
            expected="a CSV: profiles are for these",
            hint="name the columns with --time, --acc and --gyr",
        )
    roles = Roles(path.name, table.column_names, mapping)
    if roles.time and _is_date(table, roles.time):
        roles.mapping = replace(mapping, time_unit=DATETIME)
    columns = {name: _numbers(table, name, path.name) for name in roles.needed}
    return roles.recording(columns, Quality(), strict=strict)


def _table(path: Path) -> "pa.Table":
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:  # unlike read_table, it knows columns of one name
            table = file.read()
            table.column_names  # noqa: B018 - names that are no text come to light here
            return table
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(
            found=f"{path.name!r}, which is no whole Parquet file",
            expected="a Parquet file with one row a sample",
            hint="copy or export it again",
        ) from error


def _description(table: "pa.Table", name: str) -> dict[str, Any] | None:
    written = (table.schema.metadata or {}).get(KEY.encode())
    if written is None:
        return None
    try:
        return check_description(json.loads(written), name)
    except (ValueError, RecursionError):
        return None


def _is_date(table: "pa.Table", column: str) -> bool:
    kind = table.column(table.column_names.index(column)).type
    return str(kind).startswith("timestamp")


def _numbers(table: "pa.Table", column: str, file: str) -> NDArray[Any]:
    """Give a column as numbers, missing ones as not-a-number, dates as seconds."""
    import pyarrow as pa

    values = table.column(table.column_names.index(column)).combine_chunks()
    kind = values.type
    if pa.types.is_timestamp(kind):
        moments = values.to_numpy(zero_copy_only=False)
        known = moments[np.logical_not(np.isnat(moments))]
        return np.asarray((moments - known[0] if len(known) else moments - moments) / _SECOND)
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
        raise InputError(
            found=f"the column {column!r} of {file!r} of type {kind}",
            expected="numbers",
            hint="name other columns with --time, --acc and --gyr",
        )
    return np.asarray(values.to_numpy(zero_copy_only=False))
