"""Several trainings side by side: what differs in their settings, their results, seeds folded into
mean and deviation, and a paired test on the images that they were validated on.

Free of torch; may import `run` and what lies below it.
"""
