"""The folder of a run, written and read: paths, lock, journal, command spool, history.

Free of torch; may import `protocol`.
"""
