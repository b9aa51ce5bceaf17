"""Inspects any PyTorch model: its layer table and depth, receptive fields, layer health, feature
maps, kernels, and where its numbers stop being finite.

It needs only the standard library and torch, on Python 3.9 or later, and imports neither `engine`
nor `tui`. `import cnn_tui` loads no torch; its modules do. Only `non_finite` waits for the device.
The other modules return results as tensors on the device.
"""
