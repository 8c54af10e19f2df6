"""Rules: tracks and motion in, events out; each says why."""
