"""The load of the machine: the pane, its rows, its explanation and its words."""
