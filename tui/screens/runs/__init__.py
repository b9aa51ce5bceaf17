"""The screen of all runs: found, marked, changed, compared."""
