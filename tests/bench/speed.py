"""How fast, and in how much memory: 8 h at 100 Hz, ours and the peer's turn about."""

import time
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import vqf

from posturecore.params import complete
from trunkline.decide.blocks import BlockArray, make_blocks
from trunkline.decide.counts import to_counts
from trunkline.decide.neutral import Up, find_neutral
from trunkline.decide.replay import Replay
from trunkline.filter.gravity import gravity
from trunkline.wearer import simulate_desk_hour

from . import contestants as by
from .motion import desk
from .table import Row

RATE_HZ, HOURS = 100.0, 8
ROUNDS = 7


def seconds(calls: list[Callable[[], object]], rounds: int = ROUNDS) -> list[float]:
    """Give the shortest time of each call; they take turns, so that a busy spell hits all."""
    best = [float("inf")] * len(calls)
    for _ in range(rounds):
        for k, call in enumerate(calls):
            started = time.perf_counter()
            call()
            best[k] = min(best[k], time.perf_counter() - started)
    return best


def day() -> tuple[np.ndarray, np.ndarray]:
    """Give 8 h at 100 Hz of a day at a desk."""
    gyr, acc, _ = desk(900.0, RATE_HZ)
    repeats = round(HOURS * 3600 / 900)
    return np.tile(gyr, (repeats, 1)), np.tile(acc, (repeats, 1))


def peak_memory(filter_: Callable[..., object]) -> float:
    """Give the most memory a run holds beside its input, its output included, in inputs."""
    gyr, acc = day()
    filter_(RATE_HZ, gyr[:1000], acc[:1000])
    tracemalloc.start()
    filter_(RATE_HZ, gyr, acc)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak_bytes / (gyr.nbytes + acc.nbytes)


def of_filters() -> Iterator[Row]:
    """Compare in one process, each with its own form of output."""
    gyr, acc = day()
    step_s = 1 / RATE_HZ
    ours, peer = seconds(
        [
            lambda: by.online(RATE_HZ, gyr, acc),
            lambda: vqf.VQF(step_s).updateBatch(gyr, acc),
        ]
    )
    yield Row("8 h at 100 Hz, online", "s", ours, peer, peer / 8, "8 times as fast")
    ours, peer = seconds(
        [
            lambda: by.offline(RATE_HZ, gyr, acc),
            lambda: vqf.offlineVQF(gyr, acc, None, step_s),
        ]
    )
    yield Row("8 h at 100 Hz, offline", "s", ours, peer, peer / 15, "15 times as fast")
    for mode, filter_ in (("online", by.online), ("offline", by.offline)):
        yield Row(f"memory at most, {mode}", "inputs", peak_memory(filter_), None, 4.0, "4 inputs")


def of_the_rest() -> Iterator[Row]:
    """Time an 8-h desk day: simulated, and decided with each rule; limits are for 2 cores."""
    started = time.perf_counter()
    worn = simulate_desk_hour(seed=9, duration_s=HOURS * 3600.0)
    yield Row("8 h simulated", "s", time.perf_counter() - started, None, 12.0, "12 s")
    recording = worn.recording.in_sensor_frame()
    blocks = make_blocks(to_counts(recording, gravity(recording, mode="offline")))
    for rule, name, limit_s in ((0, "threshold", 0.5), (1, "dose", 2.0)):
        settings = complete({"slouch_rule": rule})
        found = find_neutral(blocks, settings)
        if found is None:
            raise RuntimeError("the simulated day has no upright stretch")
        (ours,) = seconds([partial(decide, settings, found[0], blocks)])
        yield Row(f"8 h decided, {name} rule", "s", ours, None, limit_s, f"{limit_s:g} s")


def decide(settings: dict[str, int], up: Up, blocks: BlockArray) -> None:
    """Replay blocks from a known pose."""
    replay = Replay(settings)
    replay.set_neutral(up)
    replay.blocks(blocks)
    replay.finish()
