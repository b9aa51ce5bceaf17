"""The machine: GPUs and their numbers, processor, memory, control groups.

Free of torch; may import `protocol`.
"""
