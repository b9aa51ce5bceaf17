"""Data that name their classes themselves: arrays, tables, shards, libraries, own data sets."""
