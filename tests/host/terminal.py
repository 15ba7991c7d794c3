"""What tests of the command line share: files to read, and what a refusal looks like."""

import numpy as np

HEADER = "time_s,ax_g,ay_g,az_g,gx_dps,gy_dps,gz_dps"
COUNT = 1200


def complaint(result):
    """The one sentence of a refusal."""
    code, out, err = result
    assert code == 2, (out, err)
    assert out == ""
    assert err.startswith("trunkline: Found ")
    assert err.count("\n") == 1
    assert err.endswith(".\n")
    assert "; expected " in err
    assert "; try: " in err
    return err


def still():
    rng = np.random.default_rng(0)
    acc = np.array([9.80665, 0, 0]) + rng.normal(0, 0.05, (COUNT, 3))
    return acc, rng.normal(0, 0.01, (COUNT, 3))


def rows():
    acc, gyr = still()
    table = np.hstack([np.arange(COUNT)[:, None] / 100, acc / 9.80665, np.degrees(gyr)])
    return [",".join(f"{value:.5f}" for value in row) for row in table]


def write_csv(lines, header=HEADER, name="log.csv"):
    with open(name, "w") as file:
        file.write("\n".join([*header.split("\n"), *lines, ""]))
    return name


def write_npz(**arrays):
    acc, gyr = still()
    np.savez("day.npz", **{"rate_hz": 100.0, "acc_m_s2": acc, "gyr_rad_s": gyr, **arrays})
    return "day.npz"
