"""Decodes image files to pixels, in this process or in others.

Loads no torch, but for `resampling`. May import `stored`.
"""
