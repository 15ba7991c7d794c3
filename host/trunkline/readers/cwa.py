"""Read what an Axivity AX3 or AX6 recorded (`.cwa`), with actfast.

The device's clock knows no time zone, so the start is not known in UTC. Only blocks carry times:
their samples are spread evenly up to the next block, which is at the real rate. A block that is
missing is a gap.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trunkline.errors import InputError
from trunkline.readers.mapping import CsvMapping, Roles
from trunkline.recordings.quality import Quality
from trunkline.recordings.recording import Recording

# A device that is this far off its nominal rate has lost a block.
_RATE_TOLERANCE = 0.1
_OPTIONS = ("placement", "axes", "name", "source")
_BLOCK_BYTES = 512

FloatArray = NDArray[np.float64]
_ACC, _GYR = ("acc_x", "acc_y", "acc_z"), ("gyr_x", "gyr_y", "gyr_z")


def read_cwa(path: Path, strict: bool, options: Mapping[str, Any]) -> Recording:
    """Read acceleration, and the angular rate of an AX6.

    Args:
        path: The file.
        strict: Refuse damaged blocks instead of leaving them out.
        options: `placement`, `axes`, `name`, `source`.

    Raises:
        InputError: Not such a file, or one without samples.
    """
    unknown = sorted(set(options) - set(_OPTIONS))
    if unknown:
        raise InputError(
            found=f"option {unknown[0]!r} for {path.name!r}",
            expected="one of " + ", ".join(_OPTIONS),
            hint="leave it out: the file says its columns, units and rate",
        )
    read = _read(path, strict)
    samples = read["timeseries"].get("high_frequency", {})
    times = samples.get("datetime", np.empty(0))
    if len(times) < 3:
        raise InputError(
            found=f"{path.name!r} with {len(times)} samples",
            expected="a recording",
            hint="download it from the device again",
        )
    blocks = read["timeseries"].get("low_frequency", {}).get("datetime", times[:1])
    columns = {"time": spread((times - times[0]) / 1e9, (blocks - times[0]) / 1e9)}
    columns |= {name: samples["acceleration"][:, k] for k, name in enumerate(_ACC)}
    has_gyr = "gyroscope" in samples
    if has_gyr:
        columns |= {name: samples["gyroscope"][:, k] for k, name in enumerate(_GYR)}
    device = read["metadata"].get("device", {})
    mapping = CsvMapping(
        time="time",
        time_unit="s",
        acc=_ACC,
        acc_unit="g",
        gyr=_GYR if has_gyr else (),
        gyr_unit="deg/s",
        placement=options.get("placement"),
        axes=options.get("axes"),
        name=options.get("name"),
        source=options.get("source", f"Axivity {device.get('hardware_type', 'device')}"),
    )
    quality = _quality(path, read["warnings"])
    return Roles(path.name, list(columns), mapping).recording(
        {name: np.asarray(values, dtype=np.float64) for name, values in columns.items()},
        quality,
        strict=strict,
    )


def spread(times_s: FloatArray, starts_s: FloatArray) -> FloatArray:
    """Spread the samples of each block evenly up to the next block.

    Args:
        times_s: Time of each sample at the nominal rate within its block, (N,).
        starts_s: Time of each block's first sample.

    Returns:
        The times at the real rate; before a gap, and in the last block, that of the others.
    """
    firsts = np.flatnonzero(np.isin(times_s, starts_s))
    if len(firsts) != len(starts_s) or len(firsts) < 2:
        return times_s  # blocks that overlap: the file's own times are as good as any
    counts = np.diff(firsts, append=len(times_s))
    nominal_s = float(np.median(np.diff(times_s)))
    steps_s = np.append(np.diff(times_s[firsts]), np.inf) / counts
    is_whole = np.abs(steps_s / nominal_s - 1.0) < _RATE_TOLERANCE
    steps_s[~is_whole] = np.median(steps_s[is_whole]) if is_whole.any() else nominal_s
    within = np.arange(len(times_s)) - np.repeat(firsts, counts)
    even: FloatArray = np.repeat(times_s[firsts], counts) + within * np.repeat(steps_s, counts)
    return even


def _read(path: Path, strict: bool) -> Any:
    import actfast

    try:
        with path.open("rb") as file:
            if file.read(2) != b"MD":
                raise ValueError("it does not begin with MD")
        return actfast.read(path, lenient=not strict)
    except (ValueError, OSError) as error:
        raise InputError(
            found=f"{path.name!r}, which cannot be read: {error}",
            expected="a whole .cwa file of an Axivity AX3 or AX6",
            hint="leave out --strict, or download it from the device again",
        ) from error


def _quality(path: Path, warnings: list[str]) -> Quality:
    damaged = len(warnings)
    said = [f"{damaged} damaged blocks were left out: {warnings[0]}"] if warnings else []
    if path.stat().st_size % _BLOCK_BYTES:
        damaged += 1
        said.append("the last block is cut short and was left out")
    return Quality(damaged_rows=damaged, warnings=tuple(said))
