"""Named numbers over the epochs, such as the speed and the gradient norm: pane, drawing, words."""
