"""The ranks of one run under torchrun: their orders, their collectives, their share of a batch.

May import `protocol` and what lies below it.
"""
