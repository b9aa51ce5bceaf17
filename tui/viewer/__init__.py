"""Follows a run and asks its engine. May import `drawing`."""
