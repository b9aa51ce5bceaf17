"""The published data sets and their download; may import `folders` and `base`."""
