"""Answers requests to look into a model, and turns what `cnn_tui` finds into events.

May import `data` and what lies below it.
"""
