"""Cuts people out of recordings, to be sorted into folders of classes. Trains nothing."""
