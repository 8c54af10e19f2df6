"""What makes recordings evidence: the device's key, its chain, and what a third party gets of it."""
