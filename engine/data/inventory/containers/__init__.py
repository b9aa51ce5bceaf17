"""Data sets that name their own labels: arrays, tables, shards, sets of libraries and the user."""
