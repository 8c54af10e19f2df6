"""What holds for every test: the training suite only where TensorFlow is, and the same Hypothesis everywhere."""

import importlib.util
import os

import hypothesis

# The device's environment is to have no TensorFlow: the training suite runs in another one.
collect_ignore_glob = [] if importlib.util.find_spec("tensorflow") else ["training/*"]

# Shared machines stall now and then; a slow example is no fault of the code.
STALLS = [hypothesis.HealthCheck.too_slow]
hypothesis.settings.register_profile("default", deadline=None, suppress_health_check=STALLS)
# In CI the examples are the same in every run, so that a failure there is one of the change.
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, suppress_health_check=STALLS)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "default")
