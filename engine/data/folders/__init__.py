"""Folders of images: their layout, common format and pixels. May import `base`."""
