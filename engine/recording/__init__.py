"""The recorder: a process that keeps the run of somebody's own training script.

It reads the script's lines, and does for the run what an engine does: lock, journal, heartbeat,
hardware samples, commands and replies. Free of torch; may import `run`, `machine` and what lies
below them.
"""
