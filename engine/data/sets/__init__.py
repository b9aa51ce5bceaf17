"""The published data sets and their download. May import `reading` and `base`."""
