"""Data sets: published ones and the user's, decoding, augmentation, and loaders of batches.

May import `devices` and what lies below it.
"""
