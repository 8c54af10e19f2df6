"""A machine with a kernel of its own, for what no test can do to the one it runs on: cameras to plug and to pull."""
