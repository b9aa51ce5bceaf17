"""The training loop, a generator of events, and its parts: learner, evaluator, reporter, metrics.

May import `inspection` and what lies below it.
"""
