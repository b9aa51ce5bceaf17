"""The table of layers and their health."""
