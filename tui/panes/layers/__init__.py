"""The table of layers and their health: pane, rows, stage tree, diagnosis, explanation, words."""
