"""Looks into a model while it trains or afterwards. May import `data` and what lies below it."""
