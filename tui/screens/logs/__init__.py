"""The list of the logs below a folder, to choose one from."""
