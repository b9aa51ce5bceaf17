"""Races: many recipes tried on the same data, all of them to the end or the best of each rung.

What a race does next, and its leader board, are computed from `race.toml` and the journals of its
runs. Nothing else is kept, so an end of any process at any moment changes nothing.
"""
