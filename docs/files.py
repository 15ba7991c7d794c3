"""The tables of docs/files.md, from the code: kinds of files, profiles, columns."""

from markdown import markdown

from trunkline.exports import EXPORTS
from trunkline.readers import READERS
from trunkline.readers.profile import Profile, shipped_profiles
from trunkline.recordings.columns import ACC, GYR, TIME
from trunkline.report import spreadsheet

# What a kind is, and which extra of the package it needs.
ABOUT = {
    ".tlcap": ("capture: what a device sent, frame by frame ([protocol](protocol.md))", ""),
    ".parquet": ("Parquet: an export, or any table with a row a sample", "files"),
    ".csv": ("CSV: an export, a profile's, or any table with a header line", ""),
    ".tsv": ("`*_motion.tsv` or its folder: Motion-BIDS; else a CSV with tabs", ""),
    ".npz": ("numpy archive: an export, or arrays under the names below", ""),
    ".mat": ("MATLAB, version 7 or older: arrays under the names below", "files"),
    ".cwa": ("Axivity AX3 and AX6, as downloaded", "files"),
}


def kinds() -> str:
    """Return every kind of file: what it is, and whether it is read and written."""
    written = {suffix or ".tsv" for suffix, _ in EXPORTS.values()}
    rows = []
    for suffix in ABOUT | READERS:  # a kind that nobody told of is an error here
        what, extra = ABOUT[suffix]
        needs = f"`trunkline[{extra}]`" if extra else "–"
        is_read = "yes" if suffix in READERS else "no"
        rows.append([f"`{suffix}`", what, is_read, "yes" if suffix in written else "no", needs])
    return markdown(["name ends in", "what", "read", "written", "needs"], rows)


def profiles() -> str:
    """Return the shipped profiles, with where each layout is written down."""
    rows = []
    for name in shipped_profiles():
        profile = Profile.named(name)
        gyr = "no" if not profile.gyr else profile.gyr_unit or "say `--gyr-unit`"
        rows.append([f"`{name}`", profile.title, gyr, profile.source])
    return markdown(["profile", "what", "angular rate", "columns taken from"], rows)


def columns() -> str:
    """Return the columns of every export."""
    rows = [[f"`{name}`", unit, meaning] for name, unit, meaning in (TIME, *ACC, *GYR)]
    return markdown(["column", "unit", "meaning"], rows)


def results() -> str:
    """Return the columns of the tables of a report."""
    rows = [
        [f"`{name}.csv`", f"`{column}`", unit, meaning]
        for name, columns in spreadsheet.TABLES.items()
        for column, unit, meaning in columns
    ]
    return markdown(["file", "column", "unit", "meaning"], rows)


TABLES = {"kinds": kinds, "profiles": profiles, "columns": columns, "results": results}
