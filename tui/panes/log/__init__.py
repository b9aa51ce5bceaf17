"""The log: what happened to the run, newest first."""
