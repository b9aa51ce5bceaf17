"""Reads the logs of other programs as events: TensorBoard's event files, CSV and JSON lines."""
