"""Training as a recorded experiment: recipe, loop, checkpoint, logs."""
