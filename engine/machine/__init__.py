"""The machine: samples of its hardware, GPUs and their numbers, free memory, control groups.

Free of torch; may import `protocol` and what lies below it.
"""
