"""The published data sets, and how they are downloaded. May import `folders` and `base`."""
