"""The configuration of a fleet, as it is shipped."""
