"""The filter's inner loops, compiled by numba when first called and kept on disk.

All of them in this one file: numba looks for changes in a function's own file only.
Vectors are tuples (x, y, z). Memory of a stream, changed in place:

    levels  (3, 3)  the start's sum, then p;  r;  the last up
    counts  (3,)    samples of the start seen;  samples in the open block;  quiet blocks in a row
    bias    (4, 3)  gyroscope bias;  the last block's up;  its mean rate;  variance, then unused
    block   (6, 3)  the open block: sum, lowest, highest of gyr;  sum, lowest, highest of acc
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

from trunkline.filter.rules import Rules

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Vector = tuple[float, float, float]
Turn = tuple[Vector, Vector, Vector]

# sin t / t = 1 − t²/3! + t⁴/5! …; (1 − cos t) / t² = ½ − t²/4! + t⁴/6! …
_SIN = (-1.0 / 6.0, 1.0 / 120.0, -1.0 / 5040.0, 1.0 / 362880.0)
_COS = (-1.0 / 24.0, 1.0 / 720.0, -1.0 / 40320.0, 1.0 / 3628800.0)

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile at the first call, without fast-math: bits count."""
    # error_model: divisions as numpy does them, without a branch that raises ZeroDivisionError.
    fast = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    return cast(Callable[P, R], fast)


@compiled
def _turn(d0: float, d1: float, d2: float) -> Turn:
    # The rotation by minus d, as a matrix; sine and cosine by series: the same bits everywhere.
    # At 1000 deg/s and 25 Hz, three axes at once, a step is 1.2 rad: the term left out is 2e-7.
    t2 = d0 * d0 + d1 * d1 + d2 * d2
    s = 1.0 + t2 * (_SIN[0] + t2 * (_SIN[1] + t2 * (_SIN[2] + t2 * _SIN[3])))
    c = 0.5 + t2 * (_COS[0] + t2 * (_COS[1] + t2 * (_COS[2] + t2 * _COS[3])))
    same = 1.0 - c * t2
    w0, w1, w2 = s * d0, s * d1, s * d2
    e01, e02, e12 = c * d0 * d1, c * d0 * d2, c * d1 * d2
    return (
        (same + c * d0 * d0, e01 + w2, e02 - w1),
        (e01 - w2, same + c * d1 * d1, e12 + w0),
        (e02 + w1, e12 - w0, same + c * d2 * d2),
    )


@compiled
def _turned(turn: Turn, v: Vector) -> Vector:
    return (
        turn[0][0] * v[0] + turn[0][1] * v[1] + turn[0][2] * v[2],
        turn[1][0] * v[0] + turn[1][1] * v[1] + turn[1][2] * v[2],
        turn[2][0] * v[0] + turn[2][1] * v[1] + turn[2][2] * v[2],
    )


@compiled
def _low_pass(a: Vector, p: Vector, r: Vector, rules: Rules) -> tuple[Vector, Vector, Vector]:
    b0, b1, a1, a2 = rules.b0, 2.0 * rules.b0, rules.a1, rules.a2
    y = (b0 * a[0] + p[0], b0 * a[1] + p[1], b0 * a[2] + p[2])
    p = (
        b1 * a[0] - a1 * y[0] + r[0],
        b1 * a[1] - a1 * y[1] + r[1],
        b1 * a[2] - a1 * y[2] + r[2],
    )
    return y, p, (b0 * a[0] - a2 * y[0], b0 * a[1] - a2 * y[1], b0 * a[2] - a2 * y[2])


@compiled
def _settled(y: Vector, rules: Rules) -> tuple[Vector, Vector]:
    p, r = 1.0 - rules.b0, rules.b0 - rules.a2
    return (y[0] * p, y[1] * p, y[2] * p), (y[0] * r, y[1] * r, y[2] * r)


@compiled
def _run(
    gyr: FloatArray,
    acc: FloatArray,
    first: int,
    last: int,
    is_backward: bool,
    bias: FloatArray,
    rules: Rules,
    levels: FloatArray,
    counts: IntArray,
    is_unit: bool,
    out: FloatArray,
) -> None:
    """Low-pass samples [first, last) of acc with one bias; acc and out may be the same array.

    Backwards, sample i is reached from i + 1, by that sample's gyroscope step undone.
    """
    p = (levels[0, 0], levels[0, 1], levels[0, 2])
    r = (levels[1, 0], levels[1, 1], levels[1, 2])
    up = (levels[2, 0], levels[2, 1], levels[2, 2])
    b0, b1, b2 = bias[0], bias[1], bias[2]
    started = counts[0]
    ahead, step_s = (1, -rules.step_s) if is_backward else (0, rules.step_s)
    for n in range(last - first):
        at = last - 1 - n if is_backward else first + n
        i, j = np.uintp(at), np.uintp(at + ahead)  # unsigned: no look for i < 0
        turn = _turn(
            (gyr[j, 0] - b0) * step_s, (gyr[j, 1] - b1) * step_s, (gyr[j, 2] - b2) * step_s
        )
        a = (acc[i, 0], acc[i, 1], acc[i, 2])
        p = _turned(turn, p)
        if started < rules.start_count:
            # The start is a mean of what was seen so far, turned along.
            started += 1
            p = (p[0] + a[0], p[1] + a[1], p[2] + a[2])
            y = (p[0] / started, p[1] / started, p[2] / started)
            if started == rules.start_count:
                p, r = _settled(y, rules)
        else:
            y, p, r = _low_pass(a, p, _turned(turn, r), rules)
        if is_unit:
            length = np.sqrt(y[0] * y[0] + y[1] * y[1] + y[2] * y[2])
            if length > 1e-6:  # in free fall since the start there is no up: keep the last
                part = 1.0 / length
                up = (y[0] * part, y[1] * part, y[2] * part)
            y = up
        out[i, 0] = y[0]
        out[i, 1] = y[1]
        out[i, 2] = y[2]
    counts[0] = started
    for axis in range(3):
        levels[0, axis] = p[axis]
        levels[1, axis] = r[axis]
        levels[2, axis] = up[axis]


@compiled
def _gather(
    vectors: FloatArray, first: int, last: int, is_new: bool, block: FloatArray, at: int
) -> None:
    """Add samples [first, last) to a block's sum, lowest and highest in rows at to at + 2."""
    for axis in range(3):
        total, low, high = block[at, axis], block[at + 1, axis], block[at + 2, axis]
        if is_new:
            total = 0.0
            low = high = vectors[first, axis]
        for i in range(first, last):
            value = vectors[i, axis]
            total += value
            low, high = min(low, value), max(high, value)
        block[at, axis], block[at + 1, axis], block[at + 2, axis] = total, low, high


@compiled
def _judge_block(
    block: FloatArray, rules: Rules, quiet: int, last: FloatArray, seen: FloatArray
) -> int:
    """Count the quiet blocks in a row with this one, and set `seen` to the bias it shows.

    `last` holds the block before: where its acceleration pointed, and its mean rate. From that
    block's middle to this one's, up went by du = −ω × up · T, so what tilted is ω = −up × du / T:
    the gyroscope's mean less that is bias. Only a turn about the vertical is taken for bias.
    """
    count = rules.block_count
    a0, a1, a2 = block[3, 0] / count, block[3, 1] / count, block[3, 2] / count
    length = max(np.sqrt(a0 * a0 + a1 * a1 + a2 * a2), 1e-6)
    up = (a0 / length, a1 / length, a2 / length)
    was = (last[0, 0], last[0, 1], last[0, 2])
    is_quiet = True
    for axis in range(3):
        rate = block[0, axis] / count
        is_quiet &= block[2, axis] - block[1, axis] < rules.gyr_range
        is_quiet &= block[5, axis] - block[4, axis] < rules.acc_range
        is_quiet &= abs(rate) < rules.largest_bias
        j, k = (axis + 1) % 3, (axis + 2) % 3
        tilted = up[j] * (up[k] - was[k]) - up[k] * (up[j] - was[j])
        seen[axis] = (rate + last[1, axis]) / 2.0 + tilted / (count * rules.step_s)
        last[0, axis], last[1, axis] = up[axis], rate
    return quiet + 1 if is_quiet else 0


@compiled
def follow(
    gyr: FloatArray,
    acc: FloatArray,
    rules: Rules,
    levels: FloatArray,
    counts: IntArray,
    bias: FloatArray,
    block: FloatArray,
    up: FloatArray,
) -> None:
    """Continue a stream: low-pass to the end of each block, then learn the bias from it."""
    seen = np.empty(3)
    i = 0
    while i < len(acc):
        filled = counts[1]
        end = min(len(acc), i + rules.block_count - filled)
        _run(gyr, acc, i, end, False, bias[0], rules, levels, counts, True, up)
        _gather(gyr, i, end, filled == 0, block, 0)
        _gather(acc, i, end, filled == 0, block, 3)
        counts[1] = filled + end - i
        i = end
        if counts[1] < rules.block_count:
            break
        counts[1] = 0
        counts[2] = _judge_block(block, rules, counts[2], bias[1:3], seen)
        if bias[3, 0] < rules.start_variance:
            bias[3, 0] += rules.drift_variance
        if counts[2] >= rules.quiet_blocks:
            gain = bias[3, 0] / (rules.rest_variance + bias[3, 0])
            bias[3, 0] -= gain * bias[3, 0]
            for axis in range(3):
                bias[0, axis] += gain * (seen[axis] - bias[0, axis])


@compiled
def rest_blocks(gyr: FloatArray, acc: FloatArray, rules: Rules) -> tuple[FloatArray, BoolArray]:
    """Give the bias that every whole block shows, and whether it may teach."""
    n = rules.block_count
    total = len(acc) // n
    seen, is_rest = np.empty((total, 3)), np.empty(total, np.bool_)
    last, block = np.zeros((2, 3)), np.empty((6, 3))
    quiet = 0
    for k in range(total):
        _gather(gyr, k * n, (k + 1) * n, True, block, 0)
        _gather(acc, k * n, (k + 1) * n, True, block, 3)
        quiet = _judge_block(block, rules, quiet, last, seen[k])
        is_rest[k] = quiet >= rules.quiet_blocks
    return seen, is_rest


@compiled
def smooth_bias(seen: FloatArray, is_rest: BoolArray, rules: Rules) -> FloatArray:
    """Find the bias of every block that fits its rest blocks and drifts as little as it may.

    Least squares of a random walk, with a weak pull to zero: a tridiagonal system, solved by
    elimination downwards and substitution upwards.
    """
    total = len(seen)
    link = 1.0 / rules.drift_variance
    solution, ratio = np.empty((total, 3)), np.empty(total)
    before = np.zeros(3)
    ratio_before = 0.0
    for k in range(total):
        weight = 1.0 / rules.rest_variance if is_rest[k] else 0.0
        links = link if k == 0 or k == total - 1 else 2.0 * link
        pivot = 1e-3 / rules.start_variance + weight + links - link * ratio_before
        ratio_before = ratio[k] = link / pivot
        for axis in range(3):
            carried = link * before[axis] if k else 0.0
            before[axis] = solution[k, axis] = (weight * seen[k, axis] + carried) / pivot
    for k in range(total - 2, -1, -1):
        for axis in range(3):
            solution[k, axis] += ratio[k] * solution[k + 1, axis]
    return solution


@compiled
def forward_backward(
    gyr: FloatArray, acc: FloatArray, bias: FloatArray, rules: Rules, out: FloatArray
) -> None:
    """Low-pass forwards, then backwards, with the bias of each sample's block: no lag."""
    count, blocks, n = len(acc), len(bias), rules.block_count
    levels, counts = np.zeros((3, 3)), np.zeros(3, np.int64)
    levels[2, 0] = 1.0
    for k in range(blocks):
        end = (k + 1) * n if k < blocks - 1 else count
        _run(gyr, acc, k * n, end, False, bias[k], rules, levels, counts, False, out)
    y = (out[count - 1, 0], out[count - 1, 1], out[count - 1, 2])
    p, r = _settled(y, rules)
    counts[0] = rules.start_count
    length = np.sqrt(y[0] * y[0] + y[1] * y[1] + y[2] * y[2])
    for axis in range(3):
        levels[0, axis], levels[1, axis] = p[axis], r[axis]
        levels[2, axis] = y[axis] / length if length > 1e-6 else levels[2, axis]
        out[count - 1, axis] = levels[2, axis]
    for k in range(blocks - 1, -1, -1):
        end = (k + 1) * n - 1 if k < blocks - 1 else count - 1
        _run(gyr, out, max(k * n - 1, 0), end, True, bias[k], rules, levels, counts, True, out)
