"""Follows, lists and replays runs, and sends requests to engines. May import `drawing`."""
