"""What all tests share: patience for the slow first call, and examples that can be run again."""

import os

from hypothesis import HealthCheck, settings

# A shared machine is slow now and then: a deadline would fail tests that are right. The examples
# are the same in each run, so that what CI says of a change is about the change;
# TRUNKLINE_EXPLORE=1 looks for new ones.
settings.register_profile(
    "trunkline",
    deadline=None,
    derandomize=not os.environ.get("TRUNKLINE_EXPLORE"),
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile("trunkline")
