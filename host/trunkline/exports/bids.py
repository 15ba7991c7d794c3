"""Write a recording as a Motion-BIDS dataset, or as one more subject or session of one.

    DATASET/  dataset_description.json  README.md  participants.tsv  participants.json
      sub-01/  [ses-01/]  sub-01_scans.tsv (where the start is known)
        motion/  sub-01_task-worn_tracksys-imu_motion.tsv  ..._motion.json
                 ..._channels.tsv  ..._channels.json

The channels are the columns of every export; what BIDS has no field for stands in `_motion.json`
under `Trunkline`, so that `load` gives the same recording back.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

from trunkline.errors import InputError, TrunklineError
from trunkline.exports.csv import write_json, write_rows
from trunkline.recordings.columns import (
    ACC,
    GYR,
    TIME,
    Column,
    explained,
    to_columns,
    to_description,
)
from trunkline.recordings.recording import Recording

BIDS_VERSION = "1.10.0"
DESCRIPTION_KEY = "Trunkline"
FRAME = "sensor"
# The letters of Recording.axes, in those of the field SpatialAxes.
_SPATIAL = str.maketrans("SIAP", "UDFB")
_PARTICIPANTS = "participants.tsv"


def write_bids(
    recording: Recording,
    path: Path,
    *,
    subject: str = "01",
    session: str | None = None,
    task: str = "worn",
) -> tuple[Path, ...]:
    """Write a recording into a Motion-BIDS dataset, which is made where there is none.

    Args:
        recording: What to write.
        path: The dataset's folder: a new one, or one that was written by this.
        subject: A pseudonym of letters and digits; never a name.
        session: Likewise; None: the subject has but one recording.
        task: What the wearer was asked to do; letters and digits.

    Returns:
        Every file that was written.

    Raises:
        InputError: A label BIDS does not take, or a folder, subject or session that is taken.
        TrunklineError: The disk takes no more; nothing half-written is left.
    """
    labels = {"sub": subject, "ses": session, "task": task}
    for key, label in labels.items():
        _check_label(key, label)
    person = path / f"sub-{subject}"
    target = person if session is None else person / f"ses-{session}"
    if (path / "dataset_description.json").is_file():
        with _new_folder(target) as place:
            _write_recording(recording, place, labels)
        _add_participant(path / _PARTICIPANTS, f"sub-{subject}")
    else:
        with _new_folder(path) as place:
            _write_dataset(recording, place)
            inside = place / target.relative_to(path)
            inside.mkdir(parents=True)
            _write_recording(recording, inside, labels)
            _add_participant(place / _PARTICIPANTS, f"sub-{subject}")
    return tuple(sorted(file for file in target.rglob("*") if file.is_file()))


def _write_dataset(recording: Recording, folder: Path) -> None:
    from trunkline import __version__

    simulated = {True: " (simulated)", False: "", None: " (origin not known)"}
    write_json(
        folder / "dataset_description.json",
        {
            "Name": "Trunk motion" + simulated[recording.is_simulated],
            "BIDSVersion": BIDS_VERSION,
            "DatasetType": "raw",
            "GeneratedBy": [{"Name": "trunkline", "Version": __version__}],
        },
    )
    (folder / "README.md").write_text(
        "# Trunk motion of one worn sensor\n\n"
        "Written by trunkline. Acceleration is specific force: it points up at rest. "
        "Whether a person wore the sensor stands in each `_motion.json` under "
        "`Trunkline.is_simulated`: `true` is simulated data.\n",
        encoding="utf-8",
    )
    write_json(
        folder / "participants.json",
        {"participant_id": {"Description": "A pseudonym; no key to it is in this dataset."}},
    )
    (folder / _PARTICIPANTS).write_text("participant_id\n", encoding="utf-8")


def _write_recording(recording: Recording, folder: Path, labels: dict[str, str | None]) -> None:
    who = "_".join(f"{key}-{labels[key]}" for key in ("sub", "ses") if labels[key])
    stem = f"{who}_task-{labels['task']}_tracksys-imu"
    motion = folder / "motion"
    motion.mkdir()
    columns = to_columns(recording)
    write_rows(motion / f"{stem}_motion.tsv", columns, "\t", has_header=False)
    write_json(motion / f"{stem}_motion.json", _sidecar(recording, str(labels["task"])))
    rows = [_channel(column, recording) for column in explained(recording)]
    head = "name\tcomponent\ttype\ttracked_point\tunits\tplacement\treference_frame\tdescription"
    text = "".join("\t".join(row) + "\n" for row in rows)
    (motion / f"{stem}_channels.tsv").write_text(f"{head}\n{text}", encoding="utf-8")
    write_json(motion / f"{stem}_channels.json", _frames(recording))
    if recording.start_utc is not None:
        start = recording.start_utc.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        scans = f"filename\tacq_time\nmotion/{stem}_motion.tsv\t{start}\n"
        (folder / f"{who}_scans.tsv").write_text(scans, encoding="utf-8")


def _sidecar(recording: Recording, task: str) -> dict[str, Any]:
    kinds = [_kind(column) for column in explained(recording)]
    said = {
        True: "Simulated: no person wore the sensor.",
        False: "A worn sensor was recorded.",
        None: "Whether a person wore the sensor is not known.",
    }
    return {
        "TaskName": task,
        "TaskDescription": said[recording.is_simulated],
        "SamplingFrequency": recording.rate_hz,
        "SamplingFrequencyEffective": recording.rate_hz,
        "TrackingSystemName": "IMU",
        "TrackedPointsCount": 1,
        "MotionChannelCount": len(kinds),
        "ACCELChannelCount": kinds.count("ACCEL"),
        "GYROChannelCount": kinds.count("GYRO"),
        "LATENCYChannelCount": kinds.count("LATENCY"),
        "MiscChannelCount": kinds.count("MISC"),
        "MissingValues": "none: samples that are missing have no row; the latency tells the gap",
        "SoftwareVersions": to_description(recording)["written_by"],
        DESCRIPTION_KEY: to_description(recording),
    }


def _kind(column: Column) -> str:
    if column == TIME:
        return "LATENCY"
    return "ACCEL" if column in ACC else "GYRO" if column in GYR else "MISC"


def _channel(column: Column, recording: Recording) -> list[str]:
    kind, where = _kind(column), recording.placement
    is_vector = kind in ("ACCEL", "GYRO")
    component = column.name.split("_")[1] if is_vector else "n/a"
    point, frame = (where, FRAME) if is_vector else ("n/a", "n/a")
    unit = column.unit or "n/a"
    return [column.name, component, kind, point, unit, point, frame, column.meaning]


def _frames(recording: Recording) -> dict[str, Any]:
    axes = recording.axes.translate(_SPATIAL)
    return {
        "reference_frame": {
            "Description": "The frame that the vectors are given in.",
            "Levels": {
                FRAME: {
                    "Description": "The sensor's own axes, which turn with the back; SpatialAxes "
                    "tells where they point on a wearer who stands upright.",
                    "SpatialAxes": axes,
                    "RotationRule": "right-hand",
                    "RotationOrder": "n/a",
                }
            },
        }
    }


def _add_participant(file: Path, participant: str) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    if participant in (line.split("\t")[0] for line in lines):
        return
    others = ["n/a"] * lines[0].count("\t")
    unfinished = file.with_name(file.name + ".part")
    unfinished.write_text("\n".join([*lines, "\t".join([participant, *others])]) + "\n", "utf-8")
    os.replace(unfinished, file)


def _check_label(key: str, label: str | None) -> None:
    if label is None or re.fullmatch(r"[0-9A-Za-z]+", label):
        return
    raise InputError(
        found=f"the label {label!r} for {key}",
        expected="letters and digits only, as BIDS asks",
        hint=f"{key}-01",
    )


@contextmanager
def _new_folder(path: Path) -> Iterator[Path]:
    """Give a folder to fill; behind the block it stands at `path`, or nothing does."""
    if path.exists():
        raise InputError(
            found=f"{str(path)!r}, which exists and is no dataset to add this to",
            expected="a new folder, subject or session: nothing is overwritten",
            hint="choose another folder, --subject or --session",
        )
    unfinished = path.with_name(path.name + ".part")
    try:
        unfinished.mkdir(parents=path.parent.name.startswith("sub-"))
    except OSError as error:
        raise InputError(
            found=f"{str(path)!r}: {error.strerror}",
            expected="a folder that can be written",
            hint="make the folder above it, or choose another",
        ) from error
    try:
        yield unfinished
        os.replace(unfinished, path)
    except OSError as error:
        raise TrunklineError(
            f"Found {str(path)!r}: {error.strerror or error}; expected room for the dataset; "
            "try: free some space and export again."
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
