"""Read a CSV of samples: whole rows become numbers, damaged ones are left out and counted.

Rules:
- Comment lines before the header may say `# rate_hz: 100`, `# placement: T4`, `# axes: SRA`.
- Beside an exported CSV stands its description (`NAME.json`): then the same recording comes back.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trunkline.errors import InputError
from trunkline.readers.described import find_description, read_whole
from trunkline.readers.mapping import DATETIME, CsvMapping, Roles, mapping_of
from trunkline.recordings.columns import OPTIONS, check_options, from_columns, origin
from trunkline.recordings.quality import Quality
from trunkline.recordings.recording import Recording

FloatArray = NDArray[np.float64]

_HEAD_LINES = 100  # a header stands among these


def read_csv(path: Path, strict: bool, options: Mapping[str, Any]) -> Recording:
    """Read a CSV with a header line; commas, semicolons or tabs.

    Args:
        path: The file.
        strict: Refuse damaged rows instead of leaving them out.
        options: Fields of `CsvMapping`, or `mapping`.

    Raises:
        InputError: Columns or units that cannot be told, or no row that can be read.
    """
    description = find_description(path)
    if description is None:
        return _read_table(path, strict, options)
    check_options(options, OPTIONS, path.name)
    whole = read_whole(path, description)
    if whole is not None:
        return from_columns(whole, description, options, file=path.name)
    said = {name: str(description[name]) for name in OPTIONS if name in description}
    recording = _read_table(path, strict, {**said, **options})
    warning = "not every sample of its description is there: times are the time column's"
    return replace(
        recording,
        is_simulated=origin(description),
        quality=replace(
            recording.quality, warnings=(*recording.quality.warnings, f"{path.name}: {warning}")
        ),
    )


def _read_table(path: Path, strict: bool, options: Mapping[str, Any]) -> Recording:
    mapping = mapping_of(path.name, options)
    table = CsvTable(path, mapping)
    try:
        roles = Roles(path.name, table.header, table.mapping)
    except InputError as error:
        raise table.advised(error) from None
    columns, quality = table.numbers(roles.needed, roles.time, strict=strict)
    if roles.time and table.is_datetime(roles.time):
        roles.mapping = replace(roles.mapping, time_unit=DATETIME)
    return roles.recording(columns, quality, strict=strict)


class CsvTable:
    """The text of a CSV: its header, and the rows behind it.

    Attributes:
        header: The names of the columns.
        mapping: What is said of them, by the caller, a profile or comments.
    """

    def __init__(self, path: Path, mapping: CsvMapping) -> None:
        """Read the text.

        Raises:
            InputError: A profile that does not fit.
        """
        lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
        lines = [line for line in lines if line.strip()]
        comments = [line for line in lines if line.lstrip().startswith("#")]
        lines = [line for line in lines if not line.lstrip().startswith("#")]
        has_hint = bool(lines) and bool(re.fullmatch(r'"?sep=.?"?', lines[0].strip()))
        lines = lines[has_hint:]  # a hint for Excel, before the header
        self._path, self.mapping = path, _with_comments(mapping, comments)
        self._head = [_cells(line) for line in lines[:_HEAD_LINES]]
        if mapping.profile is None:
            at, behind = 0, 1
        else:
            from trunkline.readers.profile import Profile  # few files need one

            profile = Profile.named(mapping.profile)
            at = profile.find_header(self._head, path.name)
            self.mapping = profile.mapping(_cells(lines[at]), self.mapping)
            behind = 1 + profile.unit_rows
        first = lines[at] if lines else ""
        self._delimiter = _delimiter(first)
        self.header = _cells(first)
        self._lines = lines[at + behind :]
        self._first_row = 1 + has_hint + at + behind

    def advised(self, error: InputError) -> InputError:
        """Give an error whose hint is the profile that knows this file; else the error itself."""
        from trunkline.readers.profile import knowing  # only those who need it

        names = () if self.mapping.profile else knowing(self._head)
        hint = f"say --profile {names[0]}, whose columns these are" if names else error.hint
        return InputError(found=error.found, expected=error.expected, hint=hint)

    def is_datetime(self, column: str) -> bool:
        """Tell whether a column holds dates with a time of day."""
        if self.mapping.time_unit is not None:
            return self.mapping.time_unit == DATETIME
        at = self.header.index(column)
        first = self._lines[0].split(self._delimiter) if self._lines else []
        return len(first) > at and bool(re.match(r'\s*"?\d{4}-\d\d-\d\d[T ]', first[at]))

    def numbers(
        self, columns: Sequence[str], time: str | None, *, strict: bool
    ) -> tuple[dict[str, FloatArray], Quality]:
        """Read some columns of every row that is whole.

        Args:
            columns: Their names.
            time: Which of them is the time; dates become seconds.
            strict: Refuse a damaged row.

        Raises:
            InputError: No row that is whole, or `strict` and one that is not.
        """
        has_dates = time is not None and self.is_datetime(time)
        if self._delimiter != ",":
            self._lines = [line.replace(",", ".") for line in self._lines]
        rows, quality = None if has_dates else self._at_once(columns), Quality()
        if rows is None:
            rows, quality = self._row_by_row(columns, time if has_dates else None, strict)
        return {name: rows[:, k] for k, name in enumerate(columns)}, quality

    def _at_once(self, columns: Sequence[str]) -> FloatArray | None:
        width = len(self.header) - 1
        if not self._lines or any(line.count(self._delimiter) != width for line in self._lines):
            return None
        try:
            return np.loadtxt(
                self._lines,
                delimiter=self._delimiter,
                usecols=[self.header.index(name) for name in columns],
                ndmin=2,
                comments=None,
                dtype=np.float64,
            )
        except ValueError:
            return None  # some cell is no number: go row by row

    def _row_by_row(
        self, columns: Sequence[str], dates: str | None, strict: bool
    ) -> tuple[FloatArray, Quality]:
        readers = [
            (self.header.index(name), _seconds if name == dates else _number) for name in columns
        ]
        rows: list[list[float]] = []
        for number, line in enumerate(self._lines, start=self._first_row):
            row = _row(line.split(self._delimiter), readers, len(self.header))
            if row is not None:
                rows.append(row)
            elif strict:
                raise InputError(
                    found=f"{line[:60]!r} in row {number} of {self._path.name!r}",
                    expected=f"{len(self.header)} cells with numbers",
                    hint="repair the row, or load without strict to leave it out",
                )
        damaged = len(self._lines) - len(rows)
        if not rows:
            raise InputError(
                found=f"no row with numbers in {self._path.name!r}",
                expected="rows with numbers under the header " + ", ".join(self.header),
                hint="export the file again, or name other columns",
            )
        noun, were = ("row", "was") if damaged == 1 else ("rows", "were")
        warning = f"{damaged} damaged {noun} of {len(self._lines)} {were} left out"
        warnings = (warning,) if damaged else ()
        return np.array(rows), Quality(damaged_rows=damaged, warnings=warnings)


def _delimiter(header: str) -> str:
    return max(",;\t", key=header.count)


def _cells(header: str) -> list[str]:
    return [name.strip().strip('"') for name in header.split(_delimiter(header))]


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


def _row(
    cells: list[str], readers: Sequence[tuple[int, Callable[[str], float]]], width: int
) -> list[float] | None:
    """Read the cells of a whole row; None: damaged."""
    if len(cells) != width:
        return None
    try:
        return [read(cells[index].strip().strip('"')) for index, read in readers]
    except ValueError:
        return None


def _number(text: str) -> float:
    return float(text or "nan")  # an empty cell is a missing number


def _seconds(text: str) -> float:
    moment = datetime.fromisoformat(text)
    # Without a zone the zone is not known; any one gives the right differences.
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
