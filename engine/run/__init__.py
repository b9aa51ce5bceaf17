"""The folder of a run: paths, creation, search, locks, journal, history, command spool, replies,
predictions and tests with their measures; and how files for the user are written.

Free of torch; may import `protocol` and what lies below it.
"""
