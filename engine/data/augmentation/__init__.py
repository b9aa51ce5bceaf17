"""Augmentation of whole batches on the device: geometry, colour, masks, mixing.

May import `base` and `decoding`.
"""
