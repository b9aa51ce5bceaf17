"""The run directory, written and read: lock, journal, command spool, history.

Free of torch; may import `protocol`.
"""
