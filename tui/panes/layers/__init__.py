"""The table of layers and their health: pane, rows, columns, stage tree, diagnosis and words."""
