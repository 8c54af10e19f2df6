"""Base networks from public registries: fetched once, verified, rebuilt. Does not train or quantise them."""
