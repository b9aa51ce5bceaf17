"""The folder of a run: paths, creation, search, locks, journal, history, command spool, replies.

Free of torch; may import `protocol` and what lies below it.
"""
