"""How a detector learns: its network with other classes, which cell answers for which box, and what an error costs."""
