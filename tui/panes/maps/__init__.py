"""Feature maps and kernels: the pane, its rows, its explanation and its words."""
