"""The user's own Python: loads a file that the user names, and keeps a copy of it in the run.

Knows nothing of models or data sets. Free of torch; may import `run` and what lies below it.
"""
