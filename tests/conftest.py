"""What all tests share: patience for the slow first call, and nothing else."""

from hypothesis import HealthCheck, settings

# A shared machine is slow now and then: a deadline would fail tests that are right.
settings.register_profile(
    "trunkline", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("trunkline")
