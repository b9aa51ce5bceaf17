"""A report on a run, or on several side by side, as one file that a browser shows.

May import `trained`, `training`, `inspection` and what lies below them.
"""
