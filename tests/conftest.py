"""What holds for all tests."""

from hypothesis import settings

# Machines here are busy: how long an example takes says nothing, and speed is measured in benchmarks/.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
