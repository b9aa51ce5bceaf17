"""The base classes of panes: frame, x-axis, cursor, smoothing, past epochs, typed lines."""
