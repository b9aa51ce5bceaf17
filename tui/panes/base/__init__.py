"""What all panes share: frame, x-axis, cursor, past epochs."""
