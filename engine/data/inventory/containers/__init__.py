"""Data sets that name their own labels: arrays, tables, shards, those of libraries and of the user."""
