"""Tests of training.classifier."""
