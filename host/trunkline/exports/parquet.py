"""Write a recording as Parquet: columns in SI units, the description in the file's metadata."""

import json
from pathlib import Path

from trunkline.exports.output import new_file
from trunkline.recordings.columns import KEY, explained, to_columns, to_description
from trunkline.recordings.recording import Recording


def write_parquet(recording: Recording, path: Path) -> tuple[Path, ...]:
    """Write one Parquet file; each column's unit and meaning stand in its field's metadata.

    Raises:
        InputError: The path is taken or cannot be written.
        TrunklineError: The disk takes no more.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = to_columns(recording)
    units = {name: (unit, meaning) for name, unit, meaning in explained(recording)}
    schema = pa.schema(
        [
            pa.field(
                name,
                pa.from_numpy_dtype(values.dtype),
                metadata={"unit": units[name][0], "meaning": units[name][1]},
            )
            for name, values in columns.items()
        ],
        metadata={KEY: json.dumps(to_description(recording), ensure_ascii=False)},
    )
    table = pa.Table.from_arrays([pa.array(values) for values in columns.values()], schema=schema)
    with new_file(path) as place:
        pq.write_table(table, place, compression="zstd")
    return (path,)
