"""Augmentation of whole batches on the device; may import `base`."""
