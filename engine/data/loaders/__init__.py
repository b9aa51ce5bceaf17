"""Loaders of training and evaluation batches, from memory or from disk.

May import `augmentation`, `decoding` and `base`.
"""
