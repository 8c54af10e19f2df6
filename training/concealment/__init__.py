"""Fits the small classifiers of concealment to labelled clips, and tries them on takes left out."""
