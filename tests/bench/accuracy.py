"""How far from the truth: on BROAD, with bias added, and on slow leans."""

from collections.abc import Callable, Iterator

import numpy as np

from . import contestants as by
from .broad import Trial, trials
from .motion import SMALL_BIAS_DPS, SPEEDS_DPS, UNIT_BIASES_DPS, FloatArray, error_deg, lean
from .table import Row

Filter = Callable[[float, FloatArray, FloatArray], FloatArray]
# 1 deg/s: along each axis, along the diagonals, and on all three axes at once.
ADDED_DPS = ((1, 0, 0), (0, -1, 0), (0, 0, 1), (0.577, -0.577, 0.577), (1, 1, 1), (-1, 1, -1))
DEVICE_RATE_HZ = 60.0


def scores(filter_: Filter, among: list[Trial], added_dps=(0, 0, 0)) -> FloatArray:
    """Score a filter on each trial, with a constant bias added to the gyroscope."""
    bias = np.radians(added_dps)
    return np.array([t.rmse_deg(filter_(t.rate_hz, t.gyr + bias, t.acc)) for t in among])


def on_broad() -> Iterator[Row]:
    """Compare on the 20 trials at native rate, with bias, and at the device's rate."""
    among = trials()
    for name, ours, peer in (
        ("online", by.online, by.vqf_online),
        ("offline", by.offline, by.vqf_offline),
    ):
        a, b = scores(ours, among), scores(peer, among)
        limit = b.mean() + 0.01
        yield Row(
            f"BROAD {name}, {len(among)} trials", "deg", a.mean(), b.mean(), limit, "VQF + 0.01"
        )
        yield Row(f"BROAD {name}, tuning half", "deg", a[::2].mean(), b[::2].mean())
        yield Row(f"BROAD {name}, held-out half", "deg", a[1::2].mean(), b[1::2].mean())
    yield worst_of_bias(among)
    slow = [trial.at_rate(DEVICE_RATE_HZ) for trial in among]
    a, b = scores(by.integer, slow).mean(), scores(by.vqf_online, slow).mean()
    yield Row("BROAD integers at 60 Hz, VQF at 60 Hz", "deg", a, b, b + 0.5, "VQF + 0.5")


def worst_of_bias(among: list[Trial]) -> Row:
    """Find how far 1 deg/s of bias, in the worst of its directions, moves the mean."""
    clean, clean_peer = scores(by.online, among).mean(), scores(by.vqf_online, among).mean()
    ours = [abs(scores(by.online, among, b).mean() - clean) for b in ADDED_DPS]
    worst = int(np.argmax(ours))
    peer = abs(scores(by.vqf_online, among, ADDED_DPS[worst]).mean() - clean_peer)
    return Row("BROAD online, change by 1 deg/s of bias", "deg", ours[worst], peer, 0.02, "0.02")


def largest_lean_error_deg(filter_: Filter, biases_dps, breaths_mg) -> float:
    """Give the largest error from the start of the lean on, over all speeds."""
    largest = 0.0
    for speed_dps in SPEEDS_DPS:
        for bias_dps in biases_dps:
            for breath_mg in breaths_mg:
                gyr, acc, up = lean(speed_dps, bias_dps=bias_dps, breath_mg=breath_mg)
                error = error_deg(filter_(100.0, gyr, acc), up)[6000:]
                largest = max(largest, float(error.max()))
    return largest


def on_leans() -> Iterator[Row]:
    """Compare on leans of 30 degrees at 0.3 to 1.9 deg/s."""
    clean, hard = ((SMALL_BIAS_DPS,), (0.0,)), (UNIT_BIASES_DPS, (4.0, 8.0))
    for what, ours, peer, (biases, breaths), limit in (
        ("slow leans online", by.online, by.vqf_online, clean, 0.3),
        ("slow leans offline", by.offline, by.vqf_offline, clean, 0.05),
        ("… online, breathing, 1 deg/s bias", by.online, by.vqf_online, hard, 0.6),
        ("… offline, breathing, 1 deg/s bias", by.offline, by.vqf_offline, hard, 0.6),
        ("slow leans, integers", by.integer, by.vqf_online, clean, 0.3),
    ):
        a, b = (largest_lean_error_deg(f, biases, breaths) for f in (ours, peer))
        yield Row(what + ", largest", "deg", a, b, limit, f"{limit:g}")
