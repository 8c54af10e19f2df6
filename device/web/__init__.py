"""The local page and its API: who may look and arm, what has happened, and what is drawn on the picture."""
