"""Facts about architectures and data sets, without torch.

Imports nothing above `text` and `errors`.
"""
