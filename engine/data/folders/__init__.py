"""Folders of images: their layout, their common format, their pixels. May import `base`."""
