"""What may be wrong between this computer and a device, looked at in order, each with a remedy."""

from collections.abc import Callable

from trunkline.doctor.check import LEVELS, Check
from trunkline.doctor.device import check_device
from trunkline.doctor.host import check_bluetooth, check_host

__all__ = ["LEVELS", "Check", "examine"]


async def examine(where: str, now_utc_ms: Callable[[], int]) -> tuple[Check, ...]:
    """Look at this computer, and at a device; it is told the time, else nothing is changed.

    Args:
        where: The device, as `connect` takes it. "": this computer only.
        now_utc_ms: This computer's clock, ms since 1970.

    Raises:
        InputError: Nowhere that can be reached, or a recording.
    """
    checks = check_host(where)
    if where.startswith("ble:") or not where:
        checks += (await check_bluetooth(is_needed=bool(where)),)
    is_ready = not any(check.level == "fail" for check in checks)
    if where and is_ready:
        checks += await check_device(where, now_utc_ms)
    return checks
