"""Batches for the training, from memory or from disk. May import `augmentation` and `base`."""
