"""Data sets: published ones, folders, decoding, augmentation, and loaders of batches.

May import `devices` and what lies below it.
"""
