"""The learning rate, past and planned: the pane, its explanation and its words."""
