"""A chip's own clock: off by the factory's trim, which the chip tells, and by what it does not."""

_TRIM_STEP = 13  # ten-thousandths


def common_divisor(a, b):
    while b:  # MicroPython's math has no gcd
        a, b = b, a % b
    return a


class Oscillator:
    """Real rate = nominal * (1 + 0.0013 * trim) * (1 + error_ppm / 1e6)."""

    def __init__(self, trim=0, error_ppm=0):
        self._real = (10**4 + _TRIM_STEP * trim) * (10**6 + error_ppm)
        self._nominal = 10**10

    def period_us(self, rate_mhz):
        """Microseconds a tick as a fraction in lowest terms, so that products stay small."""
        numerator, denominator = 10**9 * self._nominal, rate_mhz * self._real
        common = common_divisor(numerator, denominator)
        return numerator // common, denominator // common

    def ticks(self, rate_mhz, elapsed_us):
        """Whole ticks of a nominal rate within so much real time."""
        numerator, denominator = self.period_us(rate_mhz)
        return elapsed_us * denominator // numerator

    def timestamp(self, elapsed_us):
        """Ticks of a nominal 21.75 us."""
        return elapsed_us * 100 * self._real // (2175 * self._nominal) & 0xFFFFFFFF
