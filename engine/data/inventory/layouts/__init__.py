"""Layouts: which names mean classes and splits."""
