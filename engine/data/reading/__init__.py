"""Reads the images of an inventory: their common format and pixels. May import `inventory`."""
