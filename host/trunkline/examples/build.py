"""Build the example from mobgap's source distribution: python -m trunkline.examples.build SDIST.

The distribution is mobgap 1.2.0 on PyPI: `pip download --no-binary :all: --no-deps mobgap==1.2.0`.
"""

import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trunkline.errors import InputError
from trunkline.examples import path
from trunkline.filter.gravity import gravity
from trunkline.readers import load
from trunkline.recordings.recording import Recording
from trunkline.recordings.units import STANDARD_GRAVITY_M_S2

ROOT = "mobgap-1.2.0"
CLIP = f"{ROOT}/example_data/data_csv/HA/001/TimeMeasure1_Test11_Trial1.csv"
RATE_HZ = 100.0
# The INDIP reference (pressure insoles and foot IMUs), from example_data/data/lab/HA/001/data.mat:
# data.TimeMeasure1.Test11.Trial1.Standards.INDIP.ContinuousWalkingPeriod, Start and End.
WALKING_START_END_S = (
    (6.33, 9.88),
    (28.65, 33.25),
    (38.54, 50.85),
    (76.42, 86.21),
    (94.52, 99.32),
    (119.9, 125.17),
)
# Steps shake the back by this much within a second; turning about in a kitchen does not.
BRISK_SD_M_S2 = 1.0


def build(sdist: Path, target: Path) -> None:
    """Write the clip and, beside it, its licence.

    Args:
        sdist: mobgap-1.2.0.tar.gz.
        target: The .npz to write.

    Raises:
        InputError: Another archive.
    """
    try:
        with tarfile.open(sdist) as archive:
            text, licence = (_member(archive, name) for name in (CLIP, f"{ROOT}/LICENSE"))
    except (OSError, KeyError, tarfile.TarError) as error:
        raise InputError(
            found=f"{sdist.name!r}, which cannot be used ({error})",
            expected="the source distribution of mobgap 1.2.0",
            hint="download mobgap-1.2.0.tar.gz from PyPI",
        ) from error
    with tempfile.TemporaryDirectory() as folder:
        csv = Path(folder, "clip.csv")
        csv.write_bytes(text)
        recording = load(csv, rate_hz=RATE_HZ, acc_unit="g", gyr_unit="deg/s", placement="L5")
    if recording.gyr_rad_s is None:
        raise InputError(found="no gyroscope", expected="six columns", hint="use mobgap 1.2.0")
    np.savez_compressed(
        target,
        rate_hz=RATE_HZ,
        acc_g=(recording.acc_m_s2 / STANDARD_GRAVITY_M_S2).astype(np.float32),
        gyr_deg_s=np.degrees(recording.gyr_rad_s).astype(np.float32),
        placement="L5",
        axes="SRA",
        source="mobgap 1.2.0 example data, HA 001, Test 11 (Mobilise-D), Apache-2.0",
        is_simulated=False,
        walking_start_end_s=np.array(WALKING_START_END_S),
        neutral_up=neutral_up(recording),
    )
    target.with_name("LICENSE-mobgap-Apache-2.0.txt").write_bytes(licence)


def neutral_up(recording: Recording) -> NDArray[np.float64]:
    """Find where up is in the sensor while the wearer walks upright, (3,).

    The median of gravity over the whole seconds of reference walking with brisk steps.
    """
    up = gravity(recording)
    size = np.linalg.norm(recording.acc_m_s2, axis=1)
    second = round(recording.rate_hz)
    brisk = []
    for start_s, end_s in WALKING_START_END_S:
        first, last = round(start_s * second), round(end_s * second)
        for i in range(first, last - second + 1, second):
            if size[i : i + second].std() >= BRISK_SD_M_S2:
                brisk.append(up[i : i + second])
    middle: NDArray[np.float64] = np.median(np.concatenate(brisk), axis=0)
    return middle / np.linalg.norm(middle)


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    if file is None:
        raise KeyError(f"{name} is no file")
    return file.read()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Usage: python -m trunkline.examples.build mobgap-1.2.0.tar.gz")
    build(Path(sys.argv[1]), path("mobgap_ha001_test11_l5"))
