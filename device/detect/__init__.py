"""Detectors: the interpreter, its input, and reading models that can be trusted. Does not decide what boxes mean."""
