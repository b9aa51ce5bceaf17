"""The published data sets and their download. May import `folders` and `base`."""
