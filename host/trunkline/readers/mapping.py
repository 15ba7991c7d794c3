"""Which columns of a table are what, in which units; for every kind of file that has columns.

Rules:
- Names and units that a mapping gives win; what it leaves out is guessed from the header only
  where one reading is possible.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trunkline.errors import InputError
from trunkline.readers.csv_header import ACC_WORDS, GYR_WORDS, TIME_WORDS, parse_axis, parse_unit
from trunkline.readers.time_column import SECONDS, guess_time_unit, read_time_column, unwrapped
from trunkline.recordings.gaps import Gap
from trunkline.recordings.quality import Quality
from trunkline.recordings.recording import Recording
from trunkline.recordings.units import STANDARD_GRAVITY_M_S2

FloatArray = NDArray[np.float64]

DATETIME = "datetime"
ACC_UNITS = {
    "m/s2": 1.0,
    "g": STANDARD_GRAVITY_M_S2,
    "mg": STANDARD_GRAVITY_M_S2 / 1000.0,
}
GYR_UNITS = {"rad/s": 1.0, "deg/s": np.pi / 180.0, "mdeg/s": np.pi / 180_000.0}


@dataclass(frozen=True)
class CsvMapping:
    """Say which columns of a CSV or of another table hold what, and in which units.

    Attributes:
        time: Name of the time column; None: guess; "": use none.
        acc: Names of the three acceleration columns; None: guess.
        gyr: Names of the three columns of angular rate; None: guess; (): use none.
        acc_unit: "m/s2", "g" or "mg"; None: by the header, else by its size at rest.
        gyr_unit: "rad/s", "deg/s" or "mdeg/s"; None: by the header.
        time_unit: "s", "ms", "us" or "datetime"; None: by the header, else by the step.
        rate_hz: Samples a second, needed where there is no time column.
        placement: C7, T4, T12 or L5; None: by a comment, else T4.
        axes: Where x, y and z point as worn, in BIDS letters; None: by a comment, else SRA.
        name: A short name for reports; None: the file's.
        source: Where the recording comes from, in words; None: the file.
        profile: A shipped profile's name, or a `.toml` file that says columns and units.
        time_wraps_at: Where the time column begins anew at 0, in its own unit; None: nowhere.
    """

    time: str | None = None
    acc: Sequence[str] | None = None
    gyr: Sequence[str] | None = None
    acc_unit: str | None = None
    gyr_unit: str | None = None
    time_unit: str | None = None
    rate_hz: float | None = None
    placement: str | None = None
    axes: str | None = None
    name: str | None = None
    source: str | None = None
    profile: str | Path | None = None
    time_wraps_at: float | None = None


def mapping_of(file: str, options: Mapping[str, Any]) -> CsvMapping:
    """Make a mapping of the options of `load`.

    Raises:
        InputError: An option that is not known.
    """
    given = dict(options)
    mapping = given.pop("mapping", CsvMapping())
    known = {field.name for field in fields(CsvMapping)}
    unknown = sorted(set(given) - known)
    if unknown:
        raise InputError(
            found=f"option {unknown[0]!r} for {file!r}",
            expected="one of " + ", ".join(sorted(known)),
            hint="see CsvMapping",
        )
    merged: CsvMapping = replace(mapping, **given)
    return merged


class Roles:
    """Which columns of a header hold time, acceleration and angular rate.

    Attributes:
        time: The time column's name; None: there is none.
        acc: The names of the three columns of acceleration.
        gyr: The names of the three columns of angular rate; empty: none.
    """

    def __init__(self, file: str, header: Sequence[str], mapping: CsvMapping) -> None:
        """Find them.

        Raises:
            InputError: No columns that are surely acceleration, or names that are not there.
        """
        self.file, self.header, self.mapping = file, list(header), mapping
        self._units: dict[str, str] = {}
        self.acc = self._vector("acc", mapping.acc, ACC_WORDS, ACC_UNITS)
        self.gyr = self._vector("gyr", mapping.gyr, GYR_WORDS, GYR_UNITS)
        self.time = self._time()
        if not self.acc:
            raise self._unclear("acc", "ax,ay,az --acc-unit g")

    @property
    def needed(self) -> list[str]:
        """Name every column that is used."""
        return [*self.acc, *self.gyr, *([self.time] if self.time else [])]

    def recording(
        self, columns: Mapping[str, FloatArray], quality: Quality, *, strict: bool
    ) -> Recording:
        """Make a recording of the needed columns.

        Args:
            columns: By name; a time column of unit "datetime" is in seconds already.
            quality: What was counted so far.
            strict: Refuse rows whose time does not go forward.

        Raises:
            InputError: Units that cannot be told, no rate, or what `Recording` refuses.
        """
        mapping, rate_hz = self.mapping, self.mapping.rate_hz
        acc = np.column_stack([columns[name] for name in self.acc])
        gyr = np.column_stack([columns[name] for name in self.gyr]) if self.gyr else None
        gaps: tuple[Gap, ...] = ()
        if self.time:
            seconds = self._seconds(columns[self.time])
            timeline = read_time_column(seconds, rate_hz, quality, strict=strict)
            rate_hz, quality, gaps = timeline.rate_hz, timeline.quality, timeline.gaps
            acc = acc[timeline.is_kept]
            gyr = None if gyr is None else gyr[timeline.is_kept]
        if rate_hz is None:
            raise InputError(
                found=f"{self.file!r} with the columns {', '.join(self.header)}",
                expected="a time column or a rate",
                hint="say --time COLUMN or --rate 100",
            )
        acc_unit = mapping.acc_unit or self._unit(self.acc) or _guess_acc_unit(acc)
        return Recording.from_arrays(
            rate_hz,
            acc * _factor(ACC_UNITS, acc_unit, "acc_unit"),
            None if gyr is None else gyr * self._gyr_factor(),
            mapping.placement or "T4",
            axes=mapping.axes or "SRA",
            name=mapping.name or Path(self.file).stem,
            source=mapping.source or self.file,
            quality=quality,
            gaps=gaps,
        )

    def _seconds(self, times: FloatArray) -> FloatArray:
        mapping = self.mapping
        unit = mapping.time_unit or self._units.get(self.time or "") or guess_time_unit(times)
        seconds = times * _factor(SECONDS | {DATETIME: 1.0}, unit, "time_unit")
        if mapping.time_wraps_at is None:
            return seconds
        return unwrapped(seconds, mapping.time_wraps_at * SECONDS.get(unit, 1.0))

    def _gyr_factor(self) -> float:
        """Tell what brings the angular rate to rad/s; nothing but a name can say its unit."""
        unit = self.mapping.gyr_unit or self._unit(self.gyr)
        if unit is None:
            raise InputError(
                found=f"angular rates {', '.join(self.gyr)} without a unit",
                expected="one of " + ", ".join(GYR_UNITS),
                hint="say --gyr-unit deg/s",
            )
        return _factor(GYR_UNITS, unit, "gyr_unit")

    def _unit(self, names: Sequence[str]) -> str | None:
        """Tell the unit that the names of three columns say; None: they say none."""
        units = {self._units.get(name) for name in names}
        if len(units) == 1:
            return units.pop()
        raise InputError(
            found=f"the columns {', '.join(names)} in different units",
            expected="one unit for all three",
            hint="convert the columns to one, and name it behind each",
        )

    def _vector(
        self, what: str, named: Sequence[str] | None, words: str, units: Mapping[str, float]
    ) -> list[str]:
        if named is not None:
            return self._named(what, list(named))
        found: dict[str, list[str]] = {"x": [], "y": [], "z": []}
        for name in self.header:
            axis, unit = parse_axis(name, words)
            if axis and (unit is None or unit in units):
                found[axis].append(name)
                if unit:
                    self._units[name] = unit
        if any(len(names) > 1 for names in found.values()):
            raise self._unclear(
                what, ",".join(name for names in found.values() for name in names[:1])
            )
        chosen = [names[0] for names in found.values() if names]
        return chosen if len(chosen) == 3 else []

    def _named(self, what: str, names: list[str]) -> list[str]:
        if names and (len(names) != 3 or any(name not in self.header for name in names)):
            raise self._unclear(what, "three,of,these")
        for name in names:
            unit = parse_axis(name, ACC_WORDS if what == "acc" else GYR_WORDS)[1]
            if unit in (ACC_UNITS if what == "acc" else GYR_UNITS):
                self._units[name] = str(unit)
        return names

    def _time(self) -> str | None:
        if self.mapping.time is not None:
            if self.mapping.time and self.mapping.time not in self.header:
                raise self._unclear("time", "COLUMN")
            return self.mapping.time or None
        found = []
        for name in self.header:
            match = re.fullmatch(rf"({TIME_WORDS})(.*)", name.lower().strip())
            unit = parse_unit(match[2]) if match else "none"
            if match and (unit is None or unit in SECONDS):
                found.append(name)
                if unit:
                    self._units[name] = unit
        if len(found) > 1:
            raise self._unclear("time", found[0])
        return found[0] if found else None

    def _unclear(self, what: str, example: str) -> InputError:
        return InputError(
            found=f"the columns {', '.join(self.header)} in {self.file!r}",
            expected=f"columns that are surely {what}",
            hint=f"say --{what} {example}",
        )


def _guess_acc_unit(acc: FloatArray) -> str:
    with np.errstate(over="ignore"):
        median = float(np.nanmedian(np.linalg.norm(acc, axis=1))) if len(acc) else 0.0
    for unit, factor in ACC_UNITS.items():
        if 0.8 <= median * factor / STANDARD_GRAVITY_M_S2 <= 1.25:
            return unit
    return "m/s2"  # fits none: the recording says what was found


def _factor(units: Mapping[str, float], unit: str, what: str) -> float:
    if unit in units:
        return units[unit]
    raise InputError(
        found=f"{what} {unit!r}",
        expected="one of " + ", ".join(units),
        hint=f"--{what.replace('_', '-')} {next(iter(units))}",
    )
