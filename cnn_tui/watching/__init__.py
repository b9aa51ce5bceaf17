"""Lets a person's own training script be watched, paused, saved and steered.

`channel` speaks to the recorder, a process of its own that keeps the run; `watched_run` is what the
script holds. `watched_model` does what a person asks of it, on the thread that trains, between two
steps. Nothing here loads torch before the script does.
"""
