"""Proposes labels by a model that is there already, for a person to correct. Does not train."""
