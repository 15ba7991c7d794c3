"""Which of the two motion sensors is fitted; needed once, at switch-on."""

from drivers.imu import LSM6DSV16X_ADDRESSES, MPU6050_ADDRESSES, SensorFault, first_of
from posturecore.faults import SENSOR_MISSING


def find_imu(i2c, board):
    """Return the driver of the sensor that answers, not yet started; raises SensorFault.

    The address says which driver; its `start` checks the identity. Only that one is imported:
    the other would take memory for nothing.
    """
    for _ in range(2):
        if _answers(i2c, LSM6DSV16X_ADDRESSES):
            from drivers.lsm6dsv16x import LSM6DSV16X

            return LSM6DSV16X(i2c, board.MOUNTING, board.free_bus, board.sleep_ms)
        if _answers(i2c, MPU6050_ADDRESSES):
            from drivers.mpu6050 import MPU6050

            return MPU6050(i2c, board.MOUNTING, board.free_bus, board.sleep_ms)
        i2c = board.free_bus()  # a reset in the middle of a transfer leaves the data line low
    raise SensorFault(
        SENSOR_MISSING,
        0,
        "Found nothing at 0x68 to 0x6B; expected an LSM6DSV16X or an MPU-6050; check the wiring.",
    )


def _answers(i2c, addresses):
    return first_of(i2c, addresses, bytearray(1)) is not None
