"""The ranks of one run under torchrun, and the share of each batch that a rank trains on.

May import `protocol`.
"""
