"""The filtering core beside its peers, measured in one run: `python -m tests.bench`."""
