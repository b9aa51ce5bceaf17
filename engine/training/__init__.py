"""The training loop, a generator of events, and what it is made of.

May import `inspection` and what lies below it.
"""
