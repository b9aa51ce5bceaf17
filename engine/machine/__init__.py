"""The machine: CPU cores, memory, control groups, GPUs and their numbers.

Free of torch; may import `protocol`.
"""
