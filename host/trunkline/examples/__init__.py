"""Recordings of real people that come with Trunkline; CREDITS.md says whose they are."""

from pathlib import Path

from trunkline.errors import InputError

__all__ = ["NAMES", "path"]

NAMES = ("mobgap_ha001_test11_l5",)


def path(name: str) -> Path:
    """Find the file of an example, for `trunkline.readers.load`.

    Args:
        name: One of `NAMES`, with or without ".npz".

    Raises:
        InputError: No such example.
    """
    stem = name.removesuffix(".npz")
    if stem not in NAMES:
        raise InputError(
            found=f"example {name!r}", expected="one of " + ", ".join(NAMES), hint="see NAMES"
        )
    return Path(__file__).with_name(f"{stem}.npz")
