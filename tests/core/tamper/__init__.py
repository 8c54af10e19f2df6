"""Tests of what tells tampering."""
