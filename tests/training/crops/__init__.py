"""Tests of training.crops."""
