"""Facts about architectures and data sets, free of torch.

Imports nothing above `text` and `errors`.
"""
