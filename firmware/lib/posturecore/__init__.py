"""What device and host share: the protocol, the parameters and every decision. Written once.

The contract, held by tests/test_repo.py:
1. Modules here import `struct`, `binascii` and their own siblings, nothing else.
2. No I/O, no clock, no module state that changes. Time comes in as a count of samples or blocks.
3. Integers only, and every intermediate of the sample and block path stays inside ±2**30, so that
   CPython, numpy and every MicroPython compute the same bits. CRCs and 32-bit fields live on the
   per-frame path only.
4. The per-sample path allocates nothing. The per-block path may.

One sample is nine int16 in the sensor frame (x up, y right, z forward as worn):

    0 gyr x  1 gyr y  2 gyr z      35 mdps/LSB        (±1000 °/s)
    3 acc x  4 acc y  5 acc z      0.244 mg/LSB       (±8 g)
    6 up  x  7 up  y  8 up  z      0.061 mg/LSB       (gravity, pointing up: 16393 = 1 g)

    samples ─► blocks (100 ms) ─► angles ─► context ─► slouch, bends ─► coach ─► motor
                                               └──────────── episodes, cues ─► wire
"""
