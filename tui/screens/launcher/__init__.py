"""The launcher: lists of runs, architectures, data, recipes and devices, and the new run."""
