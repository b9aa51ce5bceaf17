"""Loss and accuracy over the epochs: the panes, their explanation and their words."""
