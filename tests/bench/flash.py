"""How long the device's log lasts: a simulated workday's records in the real log on littlefs2.

The day is simulated, and so is the flash; the decisions, the log and littlefs are the product's.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from posturecore import flash, frames, wire
from posturecore.minutes import Minutes
from posturecore.scales import NOMINAL_RATE_MHZ
from trunkline.decide.blocks import lay_out
from trunkline.decide.counts import to_stretches
from trunkline.decide.neutral import find_neutral
from trunkline.decide.replay import Replay, complete_settings
from trunkline.filter.gravity import gravity
from trunkline.simulator import firmware_path
from trunkline.wearer import simulate

from .table import Row

# Scenarios of a workday and seconds of each: about ten hours worn.
DESK = (("desk_day", 8 * 3600), ("commute", 50 * 60), ("household", 60 * 60))
HARD = (("warehouse", 60 * 60),) * 4 + (("care_work", 60 * 60),) * 4 + DESK[1:]
SIZE_BYTES = 1 << 20
DAYS = 30
SECTOR_ERASES = 100_000  # [M] what makers of such NOR flash promise
_HOUR_BLOCKS = 36_000
_SCRIPT = Path(__file__).parents[1] / "firmware" / "scripts" / "wear.py"
_RUN_VM = "import sys, micropython_unix as vm; sys.exit(vm.main())"

Record = tuple[int, tuple[int, ...], tuple[tuple[int, ...], ...]]


def of_log() -> Iterator[Row]:
    """Measure a simulated day at a desk and one of hard work."""
    for name, day in (("desk", DESK), ("hard work", HARD)):
        steps, worn_h = records_of(day)
        found = on_the_vm(steps)
        what = f"log, simulated day of {worn_h:.1f} h, {name}"
        used = found["used_a_day"]
        claim = (SIZE_BYTES / DAYS / 1000, f"{DAYS} days in 1 MiB") if day is DESK else (None, "")
        yield Row(f"{what}: flash a day", "kB", used / 1000, None, *claim)
        yield Row(f"{what}: records a day", "", sum(len(step) for step in steps))
        yield Row(f"{what}: erases a day", "4 KiB", found["erases_a_day"])
        yield Row(f"{what}: most of one block a day", "erases", found["most_erased_a_day"])
        yield Row(f"{what}: programmed a day", "kB", found["programmed_a_day"] / 1000)
        yield Row(f"{what}: until minutes thin out", "days", found["days_until_thinned"])
        yield Row(f"{what}: until nothing is kept", "days", found["days_until_full"])
        most = found["most_bytes"] / 1000
        yield Row(f"{what}: most of flash taken", "kB", most, None, SIZE_BYTES / 1000, "1 MiB")


def records_of(day: tuple[tuple[str, int], ...]) -> tuple[list[list[Record]], float]:
    """Give what the device would append, step by step, in the order of blocks; and hours worn."""
    due: list[tuple[int, Record]] = [(0, (flash.BOOT, (1, 0, 0, 0, 1, 60_000, 0, 0, 0), ()))]
    first = 0
    for scenario, duration_s in day:
        replay = decided(scenario, duration_s, first)
        for row in replay.decisions.episodes:
            due.append((row[4], (frames.EPISODE, row, ())))
        due += [(row[0], (frames.CUE, row, ())) for row in replay.decisions.cues]
        due += minutes_of(replay.decisions.verdicts.array().tolist(), first)
        first = replay.decider.at
    ledger = tuple((0,) for _ in replay.decider.ledger)
    for at in range(0, first, _HOUR_BLOCKS):
        due.append((at, (flash.LEDGER, (at, at * 100), ledger)))
        due.append((at, (flash.POWER, (at * 100, 2, 3900, at), ())))
    due.append((first, (frames.TIME_ANCHOR, (1, 0, 0, 0, 50, 60), ())))
    steps: dict[int, list[Record]] = {}
    for at, record in due:
        steps.setdefault(at, []).append(record)
    return [steps[at] for at in sorted(steps)], first / _HOUR_BLOCKS


def decided(scenario: str, duration_s: int, first: int) -> Replay:
    """Decide on a simulated stretch whose first block is `first`."""
    worn = simulate(scenario, duration_s=duration_s).recording.in_sensor_frame()
    up = gravity(worn, mode="offline", gaps=worn.gaps)
    blocks, _ = lay_out(to_stretches(worn, up))
    settings = complete_settings(None, worn.placement)
    replay = Replay(settings, first_block=first)
    neutral = find_neutral(blocks, settings)
    if neutral is None:
        raise RuntimeError(f"Found no upright stretch in {scenario}; expected one; try a seed.")
    replay.set_neutral(neutral[0])
    replay.blocks(blocks)
    replay.finish()
    return replay


def minutes_of(verdicts: list[tuple[int, ...]], first: int) -> list[tuple[int, Record]]:
    """Count minutes as the device does."""
    minutes, made = Minutes(NOMINAL_RATE_MHZ), []
    for at, row in enumerate(verdicts, first):
        record = minutes.block(at, at * 100, row[0], row[2])
        if record:
            made.append((at, (flash.MINUTES, *record)))
    last = minutes.finish()
    if last:
        made.append((first + len(verdicts), (flash.MINUTES, *last)))
    return made


def on_the_vm(steps: list[list[Record]]) -> dict[str, float]:
    """Write the day again and again on the VM's littlefs2; return what it counted."""
    lines = [
        b"".join(wire.pack_frame(frame, 0, values, items) for frame, values, items in step).hex()
        for step in steps
    ]
    folder = firmware_path()
    path = [folder / "boards" / "sim", folder, folder / "lib"]
    environment = {**os.environ, "MICROPYPATH": ":".join([*map(str, path), ".frozen"])}
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "day.hex"
        file.write_text("\n".join(lines) + "\n", "utf-8")
        command = [sys.executable, "-c", _RUN_VM, "-X", "heapsize=32m", str(_SCRIPT)]
        done = subprocess.run(
            [*command, str(file), str(SIZE_BYTES)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"wear.py ended with {done.returncode}: {done.stdout}{done.stderr}")
    return {key: float(value) for key, value in map(str.split, done.stdout.splitlines())}
