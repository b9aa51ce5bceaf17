"""Image files to pixels, in this process or in others.

Free of torch; imports nothing else of `data`.
"""
