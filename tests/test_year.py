"""A virtual year of boots, cuts, wraps, a full log and lost links loses nothing acknowledged.

Some days in `make test`; the year in `make soak`, in ten minutes at most.
"""

import asyncio
import json
import os
import shutil
import sys
import time

import pytest

from tests.firmware import parts  # noqa: F401 - puts the firmware on the path
from tests.two_ends import PASSKEY
from tests.year import LOG_BYTES, Year
from trunkline.simulator import firmware_path

sys.path.append(str(firmware_path()))

import compile as compiler

SOAK = "TRUNKLINE_SOAK"
SEED = "TRUNKLINE_SOAK_SEED"
MOST_S = 540


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The product as it is copied to a board, but for a smaller log."""
    folder = tmp_path_factory.mktemp("year")
    shutil.copytree(firmware_path(), folder / "firmware")
    device = folder / "firmware" / "device.py"
    text = device.read_text("utf-8")
    assert "_LOG_BYTES = 1024 * 1024\n" in text
    device.write_text(text.replace("_LOG_BYTES = 1024 * 1024\n", f"_LOG_BYTES = {LOG_BYTES}\n"))
    made = compiler.build(folder / "firmware", folder / "flash", "x64", board=None)
    assert made.complaints == []
    (folder / "flash" / "passkey.json").write_text(json.dumps(PASSKEY))
    return folder / "flash"


def test_some_days_lose_nothing_that_was_in_flash(installed, tmp_path):
    shutil.copytree(installed, tmp_path / "flash")
    year = Year(tmp_path / "flash", seed=8)
    assert asyncio.run(year.live(12)) == 12
    for what in ("cut", "reset", "hang", "wraps", "visits", "sensor faults"):
        assert year.counts[what], what
    assert year.held


@pytest.mark.skipif(SOAK not in os.environ, reason=f"ten minutes long; `make soak` sets {SOAK}=1")
def test_year_loses_nothing_that_was_in_flash(installed, tmp_path):
    shutil.copytree(installed, tmp_path / "flash")
    seed = int(os.environ.get(SEED) or time.time())
    year, end_s = Year(tmp_path / "flash", seed), time.monotonic() + MOST_S
    try:
        days = asyncio.run(year.live(365, lambda: time.monotonic() > end_s))
    finally:
        counts = ", ".join(f"{count} {what}" for what, count in sorted(year.counts.items()))
        print(f"\nseed {seed}: {counts}")
    print(f"{days} virtual days")
    assert days == 365
