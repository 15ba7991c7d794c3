"""Both sensors on the virtual board: the drivers on the real VM, and every fault it can inject."""

import contextlib
from pathlib import Path

import pytest

from posturecore.faults import SENSOR_CLONE
from trunkline.simulator import VirtualAir, VirtualBoard, write_tape

SCRIPT = Path(__file__).parent / "scripts" / "sensor_firmware.py"
SENSORS = ["lsm6dsv16x", "mpu6050"]


@contextlib.asynccontextmanager
async def board_with(tmp_path, sensor, tape=None, **env):
    env["TRUNKLINE_SIM_IMU"] = sensor
    async with VirtualBoard(VirtualAir(), tape, tmp_path, firmware=SCRIPT, env=env) as board:
        yield board


def last(board, word):
    """The numbers of the last line that begins so."""
    lines = [line for line in board.printed if line.startswith(word)]
    assert lines, board.printed
    return [int(part) for part in lines[-1].split()[1:] if part.lstrip("-").isdigit()]


@pytest.mark.parametrize(
    ("sensor", "line", "rate_hz"),
    [
        ("lsm6dsv16x", "started LSM6DSV16X 60000 0 112", 60),
        ("mpu6050", "started MPU-6050 58824 0 104", 58.824),
    ],
)
async def test_sensor_is_found_tested_and_read(tmp_path, sensor, line, rate_hz):
    async with board_with(tmp_path, sensor) as board:
        await board.play(10_000)
        assert board.printed[:2] == ["self-test 0", line]
        second, samples, failed, freed = last(board, "at")
    assert (failed, freed) == (0, 0)
    assert abs(samples - rate_hz * (second - 0.5)) < 25  # a batch, and the self-test's 0.6 s
    assert not [line for line in board.printed if "has_" in line]


@pytest.mark.parametrize("sensor", SENSORS)
@pytest.mark.parametrize(
    ("fault", "value", "tells", "counts"),
    [
        pytest.param("nak", 2, "error [Errno 19] ENODEV", (2, 0), id="nak"),
        pytest.param("stuck_bus", 12, "error [Errno 110] ETIMEDOUT", (6, 2), id="stuck"),
        pytest.param("brown_out", 0, "has_reset", (0, 0), id="brown-out"),
        pytest.param("overrun", 4000, "has_overrun", (0, 0), id="overrun"),
    ],
)
async def test_fault_is_told_and_samples_come_again(tmp_path, sensor, fault, value, tells, counts):
    async with board_with(tmp_path, sensor) as board:
        await board.play(5_000)
        await board.inject(fault, value)
        await board.play(12_000)
        _, before, *_ = last(board, "at")
        assert tells in board.printed
        await board.play(17_000)
        _, samples, *failures = last(board, "at")
    assert tuple(failures) == counts
    assert samples - before > 280


@pytest.mark.parametrize("sensor", SENSORS)
async def test_sensor_that_was_unplugged_comes_back(tmp_path, sensor):
    async with board_with(tmp_path, sensor) as board:
        await board.play(3_000)
        await board.inject("missing", 1)
        await board.play(4_000)
        assert board.printed[-1] == "error [Errno 19] ENODEV"
        await board.inject("missing", 0)
        await board.play(8_000)
        assert sum("has_reset" in line for line in board.printed) == 1
        assert last(board, "at")[1] > 350  # 3 s before and 4 s after


@pytest.mark.parametrize("sensor", SENSORS)
async def test_motion_ends_a_long_wait(tmp_path, sensor):
    acc = [[4098, 0, 0]] * 1200 + [[4098, 900, 0]] * 60 + [[4098, 0, 0]] * 60
    tape = write_tape(tmp_path / "t", [[0, 0, 0]] * 1320, acc, [[16393, 0, 0]] * 1320)
    async with board_with(tmp_path, sensor, tape, REST="1") as board:
        await board.play(15_000)
        assert board.printed[-1] == "resting"
        await board.play(40_000)
        moved = [line for line in board.printed if line.startswith("moved")]
    assert moved
    assert 20_000 <= int(moved[0].split()[1]) <= 21_000


async def test_clone_on_the_board_is_a_warning(tmp_path):
    async with board_with(tmp_path, "mpu6050") as board:
        await board.play(2_000)
        await board.inject("wrong_chip", 0x70)
        await board.inject("brown_out")
        await board.play(4_000)
    assert f"started MPU-6050 58824 {SENSOR_CLONE} {0x70}" in board.printed


async def test_wrong_chip_on_the_board_is_a_fault(tmp_path):
    async with board_with(tmp_path, "lsm6dsv16x") as board:
        await board.play(2_000)
        await board.inject("wrong_chip", 0x6C)
        await board.inject("brown_out")
        await board.play(4_000)
        faults = [line for line in board.printed if line.startswith("fault")]
    assert faults == ["fault 2 108 Found identity 0x6c at 0x6a; expected 0x70, an LSM6DSV16X."]
