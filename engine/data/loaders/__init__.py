"""Batches for the training, from memory or from the disk. May import `augmentation` and `base`."""
