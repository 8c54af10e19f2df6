"""What a shelf looks like, what was taken from it and put back. Knows no rule and no event."""
