"""Checkpoints: their format, their files, and the thread that writes them.

May import `run` and what lies below it.
"""
