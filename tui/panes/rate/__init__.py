"""The learning rate, past and planned."""
