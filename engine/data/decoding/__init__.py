"""Decoding image files to pixels, in this process or in others.

Free of torch; imports no other room of `data`.
"""
