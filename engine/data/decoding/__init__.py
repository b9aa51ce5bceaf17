"""Decodes image files to pixels, in this process or in others.

Loads no torch, but for `resampling` and `cropping_process`. May import `stored`.
"""
