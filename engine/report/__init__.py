"""A report on a run, as one file that a browser shows.

May import `trained`, `training`, `inspection` and what lies below them.
"""
