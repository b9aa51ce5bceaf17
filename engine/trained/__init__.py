"""A trained network in use: loaded from its checkpoint, it judges images.

May import `training`, `inspection` and what lies below them.
"""
