"""Self-tests: each chip pushes its own masses, and the outputs must move by what its maker says.

LSM6DSV16X: procedure, scales, settling times and limits of ST's example lsm6dsv16x_self_test.c
(STMems_Standard_C_drivers). MPU-6050: register map RM-MPU-6000A, self-test registers: within 14 %
of the factory's own response; formula as in the public drivers that quote it. An axis without a
factory value, and a clone, which has another formula, must only move at all: [D].
"""

_SETTLE_MS = 100
_READINGS = 5

_CTRL10 = 0x19  # ST_XL in bits 1:0 (1 positive, 2 negative), ST_G in bits 3:2 (1 positive)
# First bit, settings (full scale and rate), self-test on, output register, ms between readings,
# least and most. Gyroscope: 2000 dps, 240 Hz, 150 to 700 dps at 70 mdps; accelerometer: 4 g,
# 60 Hz, 50 to 1700 mg at 0.122 mg.
_LSM6DSV16X = (
    (0, ((0x15, 0x04), (0x11, 0x07)), 0x04, 0x22, 5, 2143, 10000),
    (3, ((0x17, 0x01), (0x10, 0x05)), 0x02, 0x28, 20, 410, 13934),
)

_MPU6050_SETTINGS = ((0x6B, 0x01), (0x1A, 0x04), (0x19, 0x10))
_GYRO_CONFIG, _ACCEL_CONFIG, _SELF_TEST = 0x1B, 0x1C, 0xE0
_FS_250_DPS, _FS_8_G = 0x00, 0x10
_SELF_TEST_X, _ACCEL_XOUT, _GYRO_XOUT = 0x0D, 0x3B, 0x43
_PERIOD_MS = 20
_SOME_GYR, _SOME_ACC = 1310, 819  # 10 dps at 131, 0.2 g at 4096 counts


def lsm6dsv16x(imu, sleep_ms):
    """Return the axes that failed, as bits: gyr x y z, acc x y z."""
    failed = 0
    for first, settings, drive, output, period_ms, least, most in _LSM6DSV16X:
        imu.set_registers(settings)
        still = _settled(imu, output, False, sleep_ms, period_ms)
        imu.set_register(_CTRL10, drive)
        driven = _settled(imu, output, False, sleep_ms, period_ms)
        imu.set_register(_CTRL10, 0)
        for axis in range(3):
            if not least <= abs(driven[axis] - still[axis]) <= most:
                failed |= 1 << (first + axis)
    return failed


def mpu6050(imu, sleep_ms):
    """Return the axes that failed, as bits: gyr x y z, acc x y z."""
    imu.set_registers(_MPU6050_SETTINGS)
    trims = (0,) * 6 if imu.warning else mpu6050_trims(imu)
    _drive(imu, 0)
    still = _settled(imu, _GYRO_XOUT, True, sleep_ms, _PERIOD_MS)
    still += _means(imu, _ACCEL_XOUT, True, sleep_ms, _PERIOD_MS)
    _drive(imu, _SELF_TEST)
    driven = _settled(imu, _GYRO_XOUT, True, sleep_ms, _PERIOD_MS)
    driven += _means(imu, _ACCEL_XOUT, True, sleep_ms, _PERIOD_MS)
    _drive(imu, 0)
    failed = 0
    for k in range(6):
        response = abs(driven[k] - still[k])
        if trims[k]:
            is_good = 100 * abs(response - trims[k]) <= 14 * trims[k]
        else:
            is_good = response >= (_SOME_GYR if k < 3 else _SOME_ACC)
        if not is_good:
            failed |= 1 << k
    return failed


def mpu6050_trims(imu):
    """Return the factory's responses in counts, gyr x y z, acc x y z; 0 where there is none."""
    x, y, z = [imu.read_register(_SELF_TEST_X + axis) for axis in range(3)]
    low = imu.read_register(_SELF_TEST_X + 3)
    gyr = [_grown(209600, code & 0x1F, 46000) for code in (x, y, z)]  # 25 * 131, 1.046 a step
    codes = (x >> 3 & 0x1C | low >> 4 & 3, y >> 3 & 0x1C | low >> 2 & 3, z >> 3 & 0x1C | low & 3)
    # 4096 * 0.34 and (0.92 / 0.34)**(1 / 30) a step
    return tuple(gyr + [_grown(89129, code, 33738) for code in codes])


def _grown(start, code, growth):
    """Return start / 64, grown by so many millionths for each step above 1."""
    if code == 0:
        return 0
    for _ in range(code - 1):
        start += (start >> 4) * growth // 62500
    return start + 32 >> 6


def _drive(imu, bits):
    imu.set_register(_GYRO_CONFIG, bits | _FS_250_DPS)
    imu.set_register(_ACCEL_CONFIG, bits | _FS_8_G)


def _settled(imu, output, is_big_endian, sleep_ms, period_ms):
    sleep_ms(_SETTLE_MS)
    return _means(imu, output, is_big_endian, sleep_ms, period_ms)


def _means(imu, output, is_big_endian, sleep_ms, period_ms):
    buffer = bytearray(6)
    sums = [0, 0, 0]
    for _ in range(_READINGS):
        sleep_ms(period_ms)
        imu.read_into(output, buffer)
        for axis in range(3):
            low, high = buffer[2 * axis], buffer[2 * axis + 1]
            value = low << 8 | high if is_big_endian else high << 8 | low
            sums[axis] += value - 65536 if value > 32767 else value
    return [total // _READINGS for total in sums]
