"""Augmentation of whole batches on the device. May import `base`."""
