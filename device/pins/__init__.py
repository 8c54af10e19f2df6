"""The pins of the board: what they drive and what they read. Knows no camera, no disk and no network."""
