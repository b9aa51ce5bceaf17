"""Named numbers over the epochs: the speed, the gradient norm, and whatever else a run measures."""
