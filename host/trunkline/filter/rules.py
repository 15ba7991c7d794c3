"""The filter's parameters, and what follows from them for a rate; nothing changes later."""

import math
from typing import NamedTuple

TAU_S = 3.0
# Accelerometer only: a low-pass at 0.8 Hz, the gravity cut-off of Adamowicz 2020.
TAU_ACC_ONLY_S = math.sqrt(2.0) / (2.0 * math.pi * 0.8)
BLOCK_S = 0.5
QUIET_GYR_RANGE_RAD_S = math.radians(3.0)
QUIET_ACC_RANGE_M_S2 = 0.7
LARGEST_BIAS_RAD_S = math.radians(2.0)
QUIET_BLOCKS = 3
# Bias uncertainty in (0.01 deg/s)², as in VQF: 0.5 deg/s at the start, 0.03 deg/s at rest,
# forgotten to 0.1 deg/s in 100 s.
START_VARIANCE = 50.0**2
REST_VARIANCE = 3.0**2
DRIFT_PER_S = 10.0**2 / 100.0


class Rules(NamedTuple):
    """What is computed once for a rate: coefficients, and when a block is quiet."""

    step_s: float
    b0: float
    a1: float
    a2: float
    start_count: int
    block_count: int
    gyr_range: float
    acc_range: float
    largest_bias: float
    quiet_blocks: int
    start_variance: float
    drift_variance: float
    rest_variance: float


def rules_for(rate_hz: float, tau_s: float) -> Rules:
    """Compute the coefficients for a rate and a time constant."""
    step_s = 1.0 / rate_hz
    c = math.tan(step_s / (math.sqrt(2.0) * tau_s))
    d = c * c + math.sqrt(2.0) * c + 1.0
    block_count = max(2, round(BLOCK_S * rate_hz))
    drift = DRIFT_PER_S * step_s
    return Rules(
        step_s=step_s,
        b0=c * c / d,
        a1=2.0 * (c * c - 1.0) / d,
        a2=(1.0 - math.sqrt(2.0) * c + c * c) / d,
        start_count=math.ceil(tau_s * rate_hz - 1e-9),
        block_count=block_count,
        gyr_range=QUIET_GYR_RANGE_RAD_S,
        acc_range=QUIET_ACC_RANGE_M_S2,
        largest_bias=LARGEST_BIAS_RAD_S,
        quiet_blocks=QUIET_BLOCKS,
        start_variance=START_VARIANCE,
        drift_variance=drift * block_count,
        rest_variance=(REST_VARIANCE**2 / drift + REST_VARIANCE) / block_count,
    )
