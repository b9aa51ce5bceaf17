"""The training loop, a generator of events, and its parts.

May import `inspection` and what lies below it.
"""
