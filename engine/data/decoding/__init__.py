"""Decodes image files to pixels, in this process or in others.

Loads no torch. May import `stored`.
"""
