"""Trainings by real frameworks, each in an environment of its own, kept by a real recorder."""
