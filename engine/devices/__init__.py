"""The differences between a CPU and a GPU: choice, precision, memory, timing, CUDA graphs.

May import `machine` and what lies below it.
"""
