"""Whether a camera still sees its scene: covered, turned, out of focus, in the dark. Knows no rule and no clock."""
