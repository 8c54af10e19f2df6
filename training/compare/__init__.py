"""Two models side by side on one set of pictures, and which to ship. Does not train or export."""
