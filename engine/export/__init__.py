"""Files of a trained network, and of the numbers of a run, for other programs.

May import `trained`, `training`, `inspection` and what lies below them.
"""
