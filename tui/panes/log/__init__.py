"""The log of the events of a run: the pane and its words."""
