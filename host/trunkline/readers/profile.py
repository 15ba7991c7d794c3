"""Profiles: what the columns of a known program's CSV are, as small TOML files.

    title = "x-IMU3, Inertial.csv"       what it is, for people
    source = "…"                         where the layout is written down
    time = ["Timestamp (us)"]            names to look for, the first that is there; * is anything
    time_unit = "us"                     s, ms, us or datetime
    time_wraps_at = 4294967296           where the counter begins anew; left out: nowhere
    acc = [["…X", "…Y", "…Z"]]           three names, or several threes, the first that is there
    acc_unit = "g"                       left out: by its size at rest
    gyr = [["…X", "…Y", "…Z"]]           left out: none
    gyr_unit = "deg/s"                   left out: must be given
    unit_rows = 0                        rows behind the header that hold no samples

The header is the first line that has all these columns: what stands before it is skipped. Where a
sensor sits and how it is turned no file knows: that is said beside it.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from importlib import resources
from pathlib import Path
from typing import Any

from trunkline.errors import InputError
from trunkline.readers.mapping import CsvMapping

_SUFFIX = ".toml"


@dataclass(frozen=True)
class Profile:
    """What the columns of a known kind of CSV are.

    Attributes:
        title: What it is, for people.
        source: Where the layout is written down.
        time: Names of the time column to look for; * is anything.
        time_unit: s, ms, us or datetime.
        acc: Threes of names of acceleration to look for.
        acc_unit: m/s2, g or mg; None: by its size at rest.
        gyr: Threes of names of angular rate to look for; empty: none.
        gyr_unit: rad/s, deg/s or mdeg/s; None: no angular rate, or a unit that must be given.
        unit_rows: Rows behind the header that hold no samples.
        time_wraps_at: Where the time begins anew at 0, in its unit; None: nowhere.
    """

    title: str
    source: str
    time: Sequence[str]
    time_unit: str
    acc: Sequence[Sequence[str]]
    acc_unit: str | None = None
    gyr: Sequence[Sequence[str]] = ()
    gyr_unit: str | None = None
    unit_rows: int = 0
    time_wraps_at: float | None = None

    @classmethod
    def named(cls, name: str | Path) -> "Profile":
        """Read a shipped profile by its name, or one of your own by its path.

        Raises:
            InputError: No such profile, or one that is not whole.
        """
        if str(name).endswith(_SUFFIX):
            try:
                return cls._parse(Path(name).read_text(encoding="utf-8"), str(name))
            except (OSError, UnicodeDecodeError) as error:
                raise InputError(
                    found=f"{str(name)!r}, which cannot be read",
                    expected="a profile, a .toml file",
                    hint="check the path",
                ) from error
        if name not in shipped_profiles():
            raise InputError(
                found=f"profile {str(name)!r}",
                expected="one of " + ", ".join(shipped_profiles()),
                hint="one of these names, or the path of a .toml file",
            )
        return cls._parse(_folder().joinpath(f"{name}{_SUFFIX}").read_text("utf-8"), str(name))

    @classmethod
    def _parse(cls, text: str, name: str) -> "Profile":
        known = {field.name for field in fields(cls)}
        try:
            table: dict[str, Any] = tomllib.loads(text)
            unknown = sorted(set(table) - known)
            if unknown:
                raise ValueError(f"unknown key {unknown[0]}")
            profile = cls(**table)
            threes = [*profile.acc, *profile.gyr]
            names = [name for three in threes for name in three]
            if not profile.acc or any(len(three) != 3 for three in threes):
                raise ValueError("acc and gyr are lists of threes of names")
            if not isinstance(profile.time, list) or not isinstance(profile.unit_rows, int):
                raise ValueError("time is a list of names, unit_rows a whole number")
            if not all(isinstance(name, str) for name in (*names, *profile.time)):
                raise ValueError("names are text")
        except (tomllib.TOMLDecodeError, TypeError, ValueError) as error:
            raise InputError(
                found=f"profile {name!r}: {error}",
                expected="the keys " + ", ".join(field.name for field in fields(cls)),
                hint="see docs/files.md",
            ) from error
        return profile

    def find_header(self, rows: Sequence[Sequence[str]], file: str) -> int:
        """Find the row with this profile's columns among the first rows of a file.

        Raises:
            InputError: None has them.
        """
        for at, row in enumerate(rows):
            if self.fits(row):
                return at
        raise InputError(
            found=f"no header of {self.title} in the first {len(rows)} lines of {file!r}",
            expected="the columns " + ", ".join((*self.time[:1], *self.acc[0])),
            hint="another profile, or name the columns with --time, --acc and --gyr",
        )

    def fits(self, header: Sequence[str]) -> bool:
        """Tell whether a header has this profile's columns."""
        return bool(_first_there(self.acc, header) and self._time(header))

    def mapping(self, header: Sequence[str], given: CsvMapping) -> CsvMapping:
        """Name the columns of a header; what was given wins."""
        gyr = _first_there(self.gyr, header) or ()
        said: dict[str, Any] = {
            "time": self._time(header),
            "time_unit": self.time_unit,
            "time_wraps_at": self.time_wraps_at,
            "acc": _first_there(self.acc, header),
            "acc_unit": self.acc_unit,
            "gyr": gyr,
            "gyr_unit": self.gyr_unit,
            "source": self.title,
        }
        return replace(
            given, **{name: value for name, value in said.items() if getattr(given, name) is None}
        )

    def _time(self, header: Sequence[str]) -> str | None:
        return next((found for name in self.time if (found := _there(name, header))), None)


def shipped_profiles() -> tuple[str, ...]:
    """Name the profiles that come with Trunkline."""
    names = (entry.name for entry in _folder().iterdir())
    return tuple(sorted(name[: -len(_SUFFIX)] for name in names if name.endswith(_SUFFIX)))


def knowing(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Name the shipped profiles that find their header among the first rows of a file."""
    profiles = {name: Profile.named(name) for name in shipped_profiles()}
    return tuple(name for name, profile in profiles.items() if any(map(profile.fits, rows)))


def _folder() -> Any:
    return resources.files("trunkline").joinpath("profiles")


def _first_there(threes: Sequence[Sequence[str]], header: Sequence[str]) -> tuple[str, ...] | None:
    for three in threes:
        found = tuple(_there(name, header) for name in three)
        if all(found):
            return tuple(str(name) for name in found)
    return None


def _there(name: str, header: Sequence[str]) -> str | None:
    pattern = re.compile(re.escape(name).replace(r"\*", ".*"))
    return next((column for column in header if pattern.fullmatch(column)), None)
