"""Write a recording as a numpy archive."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from trunkline.exports.output import new_file
from trunkline.recordings.columns import KEY, times_s, to_description
from trunkline.recordings.recording import Recording


def write_npz(recording: Recording, path: Path) -> tuple[Path, ...]:
    """Write one compressed `.npz`: plain arrays for anybody, the description under `trunkline`.

    Raises:
        InputError: The path is taken or cannot be written.
        TrunklineError: The disk takes no more.
    """
    arrays: dict[str, Any] = dict(recording.extras)
    arrays |= {"rate_hz": recording.rate_hz, "time": times_s(recording)}
    arrays["acc_m_s2"] = recording.acc_m_s2
    if recording.gyr_rad_s is not None:
        arrays["gyr_rad_s"] = recording.gyr_rad_s
    description = to_description(recording) | {"extras": sorted(recording.extras)}
    arrays |= {"placement": recording.placement, "axes": recording.axes}
    arrays[KEY] = json.dumps(description, ensure_ascii=False)
    with new_file(path) as place, place.open("wb") as file:
        np.savez_compressed(file, **arrays)
    return (path,)
