"""The engine: it trains in a process of its own and speaks in events.

Lower rooms never import higher ones.
"""
