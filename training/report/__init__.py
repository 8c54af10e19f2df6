"""Pages that show what was measured: one file each, which needs nothing from elsewhere. Does not measure."""
