"""The models: the architectures of the catalogue, those of libraries, and a user's own.

May import `run` and what lies below it, and `cnn_tui`.
"""
