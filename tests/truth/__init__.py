"""Scenes with exact truth, and tests of how the truth is told."""
