"""Looks into a PyTorch model: its layer table, layer health, feature maps and kernels.

It needs the standard library and torch alone, Python 3.9 or later, and imports neither `engine` nor
`tui`. Importing this root loads no torch; its modules do. Nothing here waits for the device:
results that a device computes are returned as tensors on it.
"""
