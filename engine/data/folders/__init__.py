"""Folders of images: their layout, common format and pixels; may import `base`."""
