"""Read a CSV of samples: which columns, which units, and what to do with damaged rows.

Rules:
- Names and units that a mapping gives win; what it leaves out is guessed from the header only
  where one reading is possible.
- Comment lines before the header may say `# rate_hz: 100`, `# placement: T4`, `# axes: SRA`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trunkline.errors import InputError
from trunkline.filter_gaps import Gap
from trunkline.quality import Quality
from trunkline.readers.csv_header import ACC_WORDS, GYR_WORDS, TIME_WORDS, parse_axis, parse_unit
from trunkline.readers.time_column import SECONDS, guess_time_unit, read_time_column
from trunkline.recording import Recording
from trunkline.units import STANDARD_GRAVITY_M_S2

FloatArray = NDArray[np.float64]

ACC_UNITS = {
    "m/s2": 1.0,
    "g": STANDARD_GRAVITY_M_S2,
    "mg": STANDARD_GRAVITY_M_S2 / 1000.0,
}
GYR_UNITS = {"rad/s": 1.0, "deg/s": np.pi / 180.0, "mdeg/s": np.pi / 180_000.0}


@dataclass(frozen=True)
class CsvMapping:
    """Say which columns of a CSV hold what, and in which units.

    Attributes:
        time: Name of the time column; None: guess; "": use none.
        acc: Names of the three acceleration columns; None: guess.
        gyr: Names of the three columns of angular rate; None: guess; (): use none.
        acc_unit: "m/s2", "g" or "mg"; None: by the header, else by its size at rest.
        gyr_unit: "rad/s", "deg/s" or "mdeg/s"; None: by the header.
        time_unit: "s", "ms" or "us"; None: by the header, else by the step.
        rate_hz: Samples a second, needed where there is no time column.
        placement: C7, T4, T12 or L5; None: by a comment, else T4.
        axes: Where x, y and z point as worn, in BIDS letters; None: by a comment, else SRA.
        name: A short name for reports; None: the file's.
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


def read_csv(path: Path, strict: bool, options: Mapping[str, Any]) -> Recording:
    """Read a CSV with a header line; commas, semicolons or tabs.

    Args:
        path: The file.
        strict: Refuse damaged rows instead of leaving them out.
        options: Fields of `CsvMapping`, or `mapping`.

    Raises:
        InputError: Columns or units that cannot be told, or no row that can be read.
    """
    table = _Table(path, _mapping(path, options))
    mapping = table.mapping
    columns = [*table.acc, *table.gyr, *([table.time] if table.time else [])]
    values, quality = table.numbers(columns, strict)
    rate_hz = mapping.rate_hz
    gaps: tuple[Gap, ...] = ()
    if table.time:
        unit = mapping.time_unit or table.units.get(table.time) or guess_time_unit(values[:, -1])
        seconds = values[:, -1] * _factor(SECONDS, unit, "time_unit")
        timeline = read_time_column(seconds, rate_hz, quality, strict=strict)
        rate_hz, quality, gaps = timeline.rate_hz, timeline.quality, timeline.gaps
        values = values[timeline.is_kept]
    if rate_hz is None:
        raise InputError(
            found=f"{path.name!r} with the columns {', '.join(table.header)}",
            expected="a time column or a rate",
            hint="say --time COLUMN or --rate 100",
        )
    acc = values[:, :3]
    acc_unit = mapping.acc_unit or table.units.get(table.acc[0]) or _guess_acc_unit(acc)
    gyr = values[:, 3:6] * table.gyr_factor() if table.gyr else None
    return Recording.from_arrays(
        rate_hz,
        acc * _factor(ACC_UNITS, acc_unit, "acc_unit"),
        gyr,
        mapping.placement or "T4",
        axes=mapping.axes or "SRA",
        name=mapping.name or path.stem,
        source=path.name,
        quality=quality,
        gaps=gaps,
    )


class _Table:
    """The text of a CSV and which of its columns are what."""

    def __init__(self, path: Path, mapping: CsvMapping) -> None:
        lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
        lines = [line for line in lines if line.strip()]
        comments = [line for line in lines if line.lstrip().startswith("#")]
        lines = [line for line in lines if not line.lstrip().startswith("#")]
        self.path, self.mapping = path, _with_comments(mapping, comments)
        first = lines[0] if lines else ""
        self.delimiter = max(",;\t", key=first.count)
        self.header = [name.strip().strip('"') for name in first.split(self.delimiter)]
        self.lines = lines[1:]
        self.units: dict[str, str] = {}
        self.acc = self._vector("acc", mapping.acc, ACC_WORDS, ACC_UNITS)
        self.gyr = self._vector("gyr", mapping.gyr, GYR_WORDS, GYR_UNITS)
        self.time = self._time()
        if not self.acc:
            raise self._unclear("acc", "ax,ay,az --acc-unit g")

    def numbers(self, columns: list[str], strict: bool) -> tuple[FloatArray, Quality]:
        """Read some columns of every row that is whole."""
        indices = [self.header.index(name) for name in columns]
        width = len(self.header) - 1
        if self.delimiter != ",":
            self.lines = [line.replace(",", ".") for line in self.lines]
        if self.lines and all(line.count(self.delimiter) == width for line in self.lines):
            try:
                whole = np.loadtxt(
                    self.lines,
                    delimiter=self.delimiter,
                    usecols=indices,
                    ndmin=2,
                    comments=None,
                    dtype=np.float64,
                )
            except ValueError:
                pass  # some cell is no number: go row by row
            else:
                return whole, Quality()
        return self._row_by_row(indices, strict)

    def gyr_factor(self) -> float:
        """Tell what brings the angular rate to rad/s; nothing but a name can say its unit."""
        unit = self.mapping.gyr_unit or self.units.get(self.gyr[0])
        if unit is None:
            raise InputError(
                found=f"angular rates {', '.join(self.gyr)} without a unit",
                expected="one of " + ", ".join(GYR_UNITS),
                hint="say --gyr-unit deg/s",
            )
        return _factor(GYR_UNITS, unit, "gyr_unit")

    def _row_by_row(self, indices: list[int], strict: bool) -> tuple[FloatArray, Quality]:
        rows: list[list[float]] = []
        for number, line in enumerate(self.lines, start=2):
            row = _row(line.split(self.delimiter), indices, len(self.header))
            if row is not None:
                rows.append(row)
            elif strict:
                raise InputError(
                    found=f"{line[:60]!r} in row {number} of {self.path.name!r}",
                    expected=f"{len(self.header)} cells with numbers",
                    hint="repair the row, or load without strict to leave it out",
                )
        damaged = len(self.lines) - len(rows)
        if not rows:
            raise InputError(
                found=f"no row with numbers in {self.path.name!r}",
                expected="rows with numbers under the header " + ", ".join(self.header),
                hint="export the file again, or name other columns",
            )
        noun, were = ("row", "was") if damaged == 1 else ("rows", "were")
        warning = f"{damaged} damaged {noun} of {len(self.lines)} {were} left out"
        warnings = (warning,) if damaged else ()
        return np.array(rows), Quality(damaged_rows=damaged, warnings=warnings)

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
                    self.units[name] = unit
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
                self.units[name] = str(unit)
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
                    self.units[name] = unit
        if len(found) > 1:
            raise self._unclear("time", found[0])
        return found[0] if found else None

    def _unclear(self, what: str, example: str) -> InputError:
        return InputError(
            found=f"the columns {', '.join(self.header)} in {self.path.name!r}",
            expected=f"columns that are surely {what}",
            hint=f"say --{what} {example}",
        )


def _mapping(path: Path, options: Mapping[str, Any]) -> CsvMapping:
    given = dict(options)
    mapping = given.pop("mapping", CsvMapping())
    known = {field.name for field in fields(CsvMapping)}
    unknown = sorted(set(given) - known)
    if unknown:
        raise InputError(
            found=f"option {unknown[0]!r} for {path.name!r}",
            expected="one of " + ", ".join(sorted(known)),
            hint="see CsvMapping",
        )
    merged: CsvMapping = replace(mapping, **given)
    return merged


def _with_comments(mapping: CsvMapping, comments: list[str]) -> CsvMapping:
    said: dict[str, Any] = {}
    for line in comments:
        match = re.match(r"\s*#\s*(rate_hz|placement|axes)\s*[:=]\s*(\S+)", line)
        if match and getattr(mapping, match[1]) is None:
            said[match[1]] = match[2]
    if "rate_hz" in said:
        try:
            said["rate_hz"] = float(said["rate_hz"])
        except ValueError:
            del said["rate_hz"]
    return replace(mapping, **said)


def _row(cells: list[str], indices: list[int], width: int) -> list[float] | None:
    """Read the cells of a whole row; an empty cell is a missing number; None: damaged."""
    if len(cells) != width:
        return None
    try:
        return [float(cells[index].strip().strip('"') or "nan") for index in indices]
    except ValueError:
        return None


def _guess_acc_unit(acc: FloatArray) -> str:
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
