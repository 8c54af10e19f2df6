"""What the rules saw in the last day, kept so that changed rules can be tried on it. Decides nothing for the guard."""
